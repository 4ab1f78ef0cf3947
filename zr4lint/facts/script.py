"""The commands of a RUN, in whichever form it is written."""

from __future__ import annotations

from zr4lint.dockerfile import Heredoc as DockerHeredoc
from zr4lint.dockerfile import Instruction, JsonString
from zr4lint.shell import Command, Reach, Word, parse_script
from zr4lint.shell.parse import Heredoc
from zr4lint.shell.wrappers import nested_script
from zr4lint.source import MappedText

_SHELLS = ("sh", "bash", "dash", "ash", "zsh", "ksh")


def run_commands(instruction: Instruction, shell: tuple[str, ...], text: str) -> tuple[Command, ...]:
    """All commands of a RUN in a file's `text`.

    There are none where the shell, or the first line of a heredoc, is not one whose language is read.
    """
    if instruction.json is not None:
        return _exec_form(instruction)
    if not shell or shell[0].rpartition("/")[2] not in _SHELLS:
        return ()
    script = instruction.arguments
    heredocs = [h for h in (_located(script, heredoc, text) for heredoc in instruction.heredocs) if h is not None]
    if len(heredocs) == 1 and not (script.text[: heredocs[0].start] + script.text[heredocs[0].end :]).strip():
        body = heredocs[0].body
        first = body.text.partition("\n")[0]
        if first.startswith("#!") and not any(name in first for name in _SHELLS):
            return ()
        return parse_script(body)
    return parse_script(script, heredocs)


def _exec_form(instruction: Instruction) -> tuple[Command, ...]:
    words = tuple(Word(_mapped(s), (), s.span, True) for s in instruction.json or ())
    command = Command(words, (), (), instruction.span, "", Reach.ALWAYS, (), None)
    nested = nested_script(command)
    return parse_script(nested) if nested is not None else (command,)


def _mapped(string: JsonString) -> MappedText:
    """The value of a JSON string; character for character in the file where it holds no escapes."""
    start = string.span.start + 1
    if string.span.end - string.span.start - 2 == len(string.value):
        return MappedText(string.value, (0,), (start,))
    return MappedText(string.value, tuple(range(len(string.value))) or (0,), (start,) * (len(string.value) or 1))


def _located(script: MappedText, heredoc: DockerHeredoc, text: str) -> Heredoc | None:
    """A heredoc with its marker's place in the script's text."""
    for piece, offset in enumerate(script.offsets):
        end = script.starts[piece + 1] if piece + 1 < len(script.starts) else len(script.text)
        if offset <= heredoc.marker.start < offset + end - script.starts[piece]:
            start = script.starts[piece] + heredoc.marker.start - offset
            stop = start + heredoc.marker.end - heredoc.marker.start
            body = MappedText(text[heredoc.body.start : heredoc.body.end], (0,), (heredoc.body.start,))
            return Heredoc(start, stop, body)
    return None
