"""Remarks from reading a file, made before any rule runs."""

from __future__ import annotations

from msgspec import Struct

from zr4lint.model.finding import Fix
from zr4lint.model.source import Span


class Remark(Struct, frozen=True):
    """A remark on a file, reported under one of zr4lint's own rules.

    Of the remarks with the same code and the same `topic` only the first of a file is told; those with the topic ""
    are told one by one. `fix` mends it; else `part` says what may be taken out for that: the "command", or the "word",
    at `span`, or at `around` where only a part of it is at fault.
    """

    code: str
    span: Span
    message: str
    notes: tuple[str, ...] = ()
    help: str | None = None
    topic: str = ""
    fix: Fix | None = None
    part: str = ""
    around: Span | None = None


DOCKER_SYNTAX = "ZL000"
TOO_LARGE = "ZL005"
SHELL_SYNTAX = "ZL006"
COMMAND_FAILS = "ZL007"


def too_large(span: Span, thing: str, limit: str) -> Remark:
    """A remark that a thing is not followed because it is over a budget."""
    message = f"{thing} is not followed beyond {limit}"
    return Remark(TOO_LARGE, span, message, ("Rules treat what is not followed as unknown.",), topic=thing)
