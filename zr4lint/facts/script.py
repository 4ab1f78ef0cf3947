"""Parses the commands of a RUN in either form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.model.deadline import NO_DEADLINE, Deadline
from zr4lint.model.source import MappedText
from zr4lint.shell import Command, Dialect, ParsedScript, Reach, Word, parse_script
from zr4lint.shell.commands import Heredoc
from zr4lint.shell.wrappers import (
    has_extended_pattern,
    nested_script,
    options_of,
    program,
    shebang_exits_on_failure,
)

if TYPE_CHECKING:
    from zr4lint.dockerfile import Heredoc as DockerHeredoc
    from zr4lint.dockerfile import Instruction, JsonString
    from zr4lint.shell.expansion import Environment
    from zr4lint.shell.found_files import Files

_SHELLS = ("sh", "bash", "dash", "ash", "zsh", "ksh")


def run_commands(
    instruction: Instruction,
    shell: tuple[str, ...],
    text: str,
    *,
    sh_dialect: Dialect = Dialect.SH,
    variables: Environment | None = None,
    files: Files | None = None,
    deadline: Deadline = NO_DEADLINE,
) -> ParsedScript:
    """Return all commands of a RUN in a file's `text`; `variables` and `files` are those it sees.

    Return no commands if the shell, or the one in a heredoc's first line, is not supported, has no option to read a
    command, or has one to run none.
    """
    if instruction.json is not None:
        return _exec_form(instruction, files, sh_dialect=sh_dialect, deadline=deadline)
    shell = shell[1:] if shell[:1] in (("env",), ("/usr/bin/env",)) else shell
    name = shell[0].rpartition("/")[2] if shell else ""
    options = [o[1:] for o in shell[1:] if o[:1] == "-" and o[:2] != "--"]
    if name not in _SHELLS or not any("c" in o for o in options) or any("n" in o for o in options):
        return ParsedScript(())
    if "c" not in shell[-1]:
        return ParsedScript(())  # the shell's script is another word, and the RUN's words are only its `$0`
    if "extglob" in shell and has_extended_pattern(instruction.arguments.text):
        return ParsedScript(())
    given = options_of(shell[1:])
    script = instruction.arguments
    heredocs = [h for h in (_located(script, heredoc, text) for heredoc in instruction.heredocs) if h is not None]
    if len(heredocs) == 1 and not (script.text[: heredocs[0].start] + script.text[heredocs[0].end :]).strip():
        script = heredocs[0].body
        heredocs = []
        first = script.text.partition("\n")[0]
        if first.startswith("#!"):
            name = next((n for n in first.replace("/", " ").split() if n in _SHELLS), "")
            given = frozenset("e" if shebang_exits_on_failure(first) else "")
            if not name:
                return ParsedScript(())
    return parse_script(
        script,
        heredocs,
        dialect=_dialect(name, sh_dialect=sh_dialect),
        variables=variables,
        arguments=(),
        files=files,
        options=given,
        fails_the_run=instruction.keyword == "RUN",
        deadline=deadline,
    )


def _dialect(name: str, *, sh_dialect: Dialect) -> Dialect:
    """Return the dialect of a shell by its name; `sh_dialect` is that of /bin/sh."""
    if name == "sh":
        return sh_dialect
    if name == "dash":
        return Dialect.DASH
    return Dialect.SH if name == "ash" else Dialect.BASH


def _exec_form(
    instruction: Instruction, files: Files | None, *, sh_dialect: Dialect, deadline: Deadline
) -> ParsedScript:
    words = tuple(Word(_mapped(s), (), s.span, True) for s in instruction.json or ())
    command = Command(words, (), (), instruction.span, "", Reach.ALWAYS, (), None)
    nested = nested_script(command)
    if nested is None:
        return ParsedScript((command,))
    dialect = _dialect(program(words[0]), sh_dialect=sh_dialect)
    return parse_script(
        nested,
        dialect=dialect,
        files=files,
        options=options_of([word.literal for word in words[1:]]),
        fails_the_run=instruction.keyword == "RUN",
        deadline=deadline,
    )


def _mapped(string: JsonString) -> MappedText:
    """Return the value of a JSON string, mapped one to one to the file if it has no escapes."""
    start = string.span.start + 1
    if string.span.end - string.span.start - 2 == len(string.value):
        return MappedText(string.value, (0,), (start,))
    return MappedText.at_one_place(string.value, start)


def _located(script: MappedText, heredoc: DockerHeredoc, text: str) -> Heredoc | None:
    """Return a heredoc with its marker's place in the script's text, or None."""
    for piece, offset in enumerate(script.offsets):
        end = script.starts[piece + 1] if piece + 1 < len(script.starts) else len(script.text)
        if offset <= heredoc.marker.start < offset + end - script.starts[piece]:
            start = script.starts[piece] + heredoc.marker.start - offset
            stop = start + heredoc.marker.end - heredoc.marker.start
            body = MappedText(heredoc.body.of(text), (0,), (heredoc.body.start,))
            return Heredoc(start, stop, body)
    return None
