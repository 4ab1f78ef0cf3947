"""The commands of a RUN, in whichever form it is written."""

from __future__ import annotations

from collections.abc import Mapping

from zr4lint.dockerfile import Heredoc as DockerHeredoc
from zr4lint.dockerfile import Instruction, JsonString
from zr4lint.model.source import MappedText
from zr4lint.shell import Command, Reach, Word, parse_script
from zr4lint.shell.commands import Heredoc
from zr4lint.shell.wrappers import nested_script, program

_SHELLS = ("sh", "bash", "dash", "ash", "zsh", "ksh")


def run_commands(
    instruction: Instruction,
    shell: tuple[str, ...],
    text: str,
    *,
    sh_is_dash: bool = False,
    variables: Mapping[str, str | None] | None = None,
) -> tuple[Command, ...]:
    """All commands of a RUN in a file's `text`; `variables` are those it sees.

    There are none where the shell, or the first line of a heredoc, is not one whose language is read, or where the
    shell has no option that makes it read a command.
    """
    if instruction.json is not None:
        return _exec_form(instruction, sh_is_dash=sh_is_dash)
    name = shell[0].rpartition("/")[2] if shell else ""
    if name not in _SHELLS or not any(o[:1] == "-" and o[:2] != "--" and "c" in o for o in shell[1:]):
        return ()
    in_sh = name in ("sh", "dash")
    script = instruction.arguments
    heredocs = [h for h in (_located(script, heredoc, text) for heredoc in instruction.heredocs) if h is not None]
    if len(heredocs) == 1 and not (script.text[: heredocs[0].start] + script.text[heredocs[0].end :]).strip():
        body = heredocs[0].body
        first = body.text.partition("\n")[0]
        if first.startswith("#!") and not any(name in first for name in _SHELLS):
            return ()
        if first.startswith("#!"):
            in_sh = first.rpartition("/")[2].split()[:1] in (["sh"], ["dash"])
        return parse_script(body, sh_is_dash=sh_is_dash, in_sh=in_sh, variables=variables)
    return parse_script(script, heredocs, sh_is_dash=sh_is_dash, in_sh=in_sh, variables=variables)


def _exec_form(instruction: Instruction, *, sh_is_dash: bool) -> tuple[Command, ...]:
    words = tuple(Word(_mapped(s), (), s.span, True) for s in instruction.json or ())
    command = Command(words, (), (), instruction.span, "", Reach.ALWAYS, (), None)
    nested = nested_script(command)
    if nested is None:
        return (command,)
    return parse_script(nested, sh_is_dash=sh_is_dash, in_sh=program(words[0]) in ("sh", "dash"))


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
            body = MappedText(heredoc.body.of(text), (0,), (heredoc.body.start,))
            return Heredoc(start, stop, body)
    return None
