"""The base class of facts: place, time, and whether they happen."""

from __future__ import annotations

from msgspec import Struct

from zr4lint.dockerfile import Instruction
from zr4lint.model.source import Span
from zr4lint.shell import Reach

INHERITED = "\0inherited"
"""Stands in a value for the base image's value, such as the rest of PATH."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
PREDEFINED_ARGS = (*_PROXIES, *map(str.lower, _PROXIES))
"""Build arguments that every RUN has without an ARG."""


class At(Struct, frozen=True, gc=False):
    """Where and when something happens.

    - `order` is the index among the facts of the file.
    - `span` is the command or the instruction.
    - `supports` are the indexes of other instructions it depends on: the WORKDIR of a relative path, the ENV or ARG of
      a variable.
    - `operator` joins the command to the previous one in its RUN.
    - `trigger` tells that the instruction is part of an ONBUILD, so it runs in a stage built on this one.
    - `exits` tells that the shell exits if a command fails, as after `set -e`.
    - `guard` numbers the conditions around the command, the outermost first.
    - `tested` tells that a shell with `-e` continues if it fails, as in a condition or before `||`.
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
        """Return whether it happens only under a condition."""
        return self.reach is Reach.MAYBE


class Fact(Struct, frozen=True, gc=False):
    """An effect of an instruction or a command.

    To add a fact, write a subclass with its fields and one reader that yields it: a function of instruction_readers.py
    for an instruction, or one in commands/ under `@reads("program")` for a command.
    """

    at: At
