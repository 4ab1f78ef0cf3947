"""The table of readers by program, and the facts of a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from zr4lint.facts.command_facts import Ran, Redirected
from zr4lint.facts.commands.call import Call
from zr4lint.facts.fact import Fact
from zr4lint.shell import Redirection, expand

Reader = Callable[[Call], Iterable[Fact]]
_R = TypeVar("_R", bound=Reader)

_READERS: dict[str, Reader] = {}


def reads(*programs: str) -> Callable[[_R], _R]:
    """Register a function as the reader of these programs. It gets a call and yields its facts in order.

    A name includes the names with a version after it: "python" includes python3 and python3.10.
    """

    def register(function: _R) -> _R:
        for program in programs:
            if program in _READERS:
                raise TypeError(f"program {program!r} has two readers")
            _READERS[program] = function
        return function

    return register


def follow(call: Call) -> Iterator[Fact]:
    """Yield the facts of a call: `Ran`, and those of its program's reader."""
    command = call.command
    redirections = tuple(_redirected(call, redirection) for redirection in command.redirections)
    yield Ran(
        call.at(),
        call.program,
        tuple(call.arguments),
        call.variables,
        call.folder,
        redirections,
        command.wrappers,
        command.pipes,
    )
    reader = _READERS.get(call.program) or _READERS.get(call.program.rstrip("0123456789."))
    if reader is not None:
        yield from reader(call)


def _redirected(call: Call, redirection: Redirection) -> Redirected:
    value = expand(redirection.target, call.scope.variables) if redirection.target is not None else None
    return Redirected(redirection.operator, call.path(value), redirection.span)
