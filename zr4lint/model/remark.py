"""Remarks from parsing a file, made before any rule runs."""

from __future__ import annotations

from msgspec import Struct

from zr4lint.model.finding import Fix
from zr4lint.model.source import Span


class Remark(Struct, frozen=True, gc=False):
    """A remark on a file, reported under one of zr4lint's own rules.

    Of the remarks with the same code and the same `topic`, only the first in a file is reported; those with the topic
    "" are all reported. `fix` repairs the file. Without a fix, `part` names what removing would repair it: the
    "command" or the "word" at `span`, or at `around` if `span` is only the faulty part of it.
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
    """Return a remark that a thing is not followed because it exceeds a budget."""
    message = f"{thing} is not followed beyond {limit}"
    return Remark(TOO_LARGE, span, message, ("Rules treat the rest as unknown.",), topic=thing)
