"""Finds the file whose text a command prints, as it is or edited."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import Ran
from zr4lint.shell import Argument, Pipe, expand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zr4lint.facts.commands.call import Call

_FILTERS = frozenset({
    "awk", "cat", "col", "dos2unix", "envsubst", "expand", "gawk", "grep", "iconv", "mawk", "perl", "sed", "tac", "tr",
    "unexpand",
})  # fmt: skip
"""Programs that print their input line by line, as it is or edited."""
_ONLY_FILES = frozenset({"cat", "expand", "tac", "unexpand"})
"""Filters whose operands are all files."""
_NO_FILES = frozenset({"col", "envsubst", "tr"})
"""Filters whose operands are no files."""


def filtered(call: Call) -> str | None:
    """Return the path of the file whose text a filter prints, or None; its last operand is taken for a file."""
    if call.program not in _FILTERS:
        return None
    pipe = call.command.pipes[-1] if call.command.pipes else None
    if pipe is not None and pipe.index:
        return _piped(call, pipe)
    for redirection in reversed(call.command.redirections):
        if redirection.operator == "<" and redirection.target is not None:
            return call.path(expand(redirection.target, call.scope.variables))
    return call.path(_operand(call.program, call.arguments))


def _operand(program: str, arguments: Iterable[Argument]) -> str | None:
    """Return the last operand of a filter if it may be a file, or None."""
    words = [argument.value or "-" for argument in arguments]  # with the program as the first word
    options = sum(word.startswith("-") for word in words)
    first = 1 if program in _ONLY_FILES or options else 2  # otherwise a script or a pattern comes first
    is_file = program not in _NO_FILES and len(words) - options > first and not words[-1].startswith("-")
    return words[-1] if is_file else None


def _piped(call: Call, pipe: Pipe) -> str | None:
    """Return the path of the file that the first command of a pipeline of filters prints, or None."""
    own = takewhile(lambda fact: fact.at.instruction is call.instruction, reversed(call.script.reading.facts))
    for fact in own:
        before = fact.pipes[-1] if isinstance(fact, Ran) and fact.pipes else None
        if not isinstance(fact, Ran) or before is None or before.number != pipe.number:
            continue
        if fact.program not in _FILTERS:
            return None
        if not before.index:
            inputs = [redirection.path for redirection in fact.redirections if redirection.operator == "<"]
            return inputs[-1] if inputs else call.path(_operand(fact.program, fact.arguments))
    return None
