"""The files that a script finds, as far as the earlier build shows them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from zr4lint.model.source import MappedText
from zr4lint.shell.status import Value

if TYPE_CHECKING:
    from zr4lint.shell.commands import Command

_KINDS = frozenset("bcdfhLpS")


class Kind(Enum):
    """The state of a path."""

    NOTHING = auto()
    FILE = auto()
    FOLDER = auto()
    LINK = auto()
    ANYTHING = auto()  # something is there, whatever it is


class Found(Struct, frozen=True):
    """The state of a path; `executable`, `writable` and `text` are None if they are unknown.

    `proven` tells of NOTHING that the script itself removed it, or that nothing ran before which may have made it.
    """

    kind: Kind
    executable: bool | None = None
    text: MappedText | None = None
    writable: bool | None = None
    proven: bool = False


EMPTY = Found(Kind.ANYTHING, False, MappedText.join([]), True)
"""What is at /dev/null."""


class Files(Protocol):
    """The file system that a script sees."""

    def look(self, path: str, commands: Sequence[Command], scope: tuple[int, ...]) -> Found | None:
        """The entry at a path after these commands of the script; None where it can't be known.

        `scope` names the shell that asks, whose folder a relative path starts from.
        """


def tested(operator: str, found: Found | None) -> Value:
    """The result of a test of a file, such as `-f`."""
    if found is None:
        return Value.CONDITION
    if found.kind is Kind.NOTHING:
        return Value.FALSE
    letter = operator[1:]
    if letter in "ea":
        return Value.CONDITION if found.kind is Kind.LINK else Value.TRUE
    if letter in _KINDS:
        return _of_kind(letter, found.kind)
    if found.kind is Kind.FOLDER:
        return Value.TRUE if letter == "x" else Value.CONDITION
    size = None if found.text is None else bool(found.text.text)
    known = {"x": found.executable, "s": size, "r": found.writable, "w": found.writable}.get(letter)
    return Value.CONDITION if known is None else Value.TRUE if known else Value.FALSE


def _of_kind(letter: str, kind: Kind) -> Value:
    if kind is Kind.ANYTHING:
        return Value.CONDITION
    if kind is Kind.LINK and letter not in "hL":
        return Value.CONDITION
    wanted = {"d": Kind.FOLDER, "f": Kind.FILE, "h": Kind.LINK, "L": Kind.LINK}.get(letter)
    return Value.TRUE if kind is wanted else Value.FALSE
