"""The base class of facts: their place, their time, and whether they come about at all."""

from __future__ import annotations

from msgspec import Struct

from zr4lint.dockerfile import Instruction
from zr4lint.model.source import Span
from zr4lint.shell import Reach

INHERITED = "\0inherited"
"""Stands in a value for what the base image has there, such as the rest of PATH."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
PREDEFINED_ARGS = (*_PROXIES, *map(str.lower, _PROXIES))
"""Build arguments that each RUN gets without an ARG."""


class At(Struct, frozen=True):
    """Where and when something happens.

    `order` counts the facts of a file, `span` is the command or the instruction, `supports` are the indexes of the
    other instructions it relies on: the WORKDIR a relative path starts from, the ENV or ARG of a variable.
    `operator` is what joins a command to the one before it in its RUN. `trigger` tells that an ONBUILD holds the
    instruction, which then runs in a stage that builds on this one. `exits` tells that the shell ends where a command
    fails, as after `set -e`, `guard` the conditions that it comes under, the outermost first. `tested` tells that a
    shell with `-e` goes on where it fails, as in a condition or in front of `||`.
    """

    order: int
    stage: int
    instruction: Instruction
    span: Span
    reach: Reach
    supports: frozenset[int]
    operator: str = ""
    trigger: bool = False
    exits: bool = False
    guard: tuple[int, ...] = ()
    tested: bool = False

    @property
    def unsure(self) -> bool:
        """Whether a condition decides that it happens."""
        return self.reach is Reach.MAYBE


class Fact(Struct, frozen=True):
    """Something that an instruction or a command does.

    A new fact is a subclass with the fields it needs, and one reader that yields it: a function of instructions.py
    for an instruction, one in commands/ under `@reads("program")` for a command.
    """

    at: At
