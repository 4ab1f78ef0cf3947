"""The state of files during a script, as the build so far shows it."""

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
    ANYTHING = auto()  # something exists, of unknown kind


class Found(Struct, frozen=True):
    """The state of a path; `executable`, `writable` and `text` are None if they are unknown.

    With NOTHING, `proven` tells that the script itself removed the path, or that nothing earlier could have made it.
    """

    kind: Kind
    executable: bool | None = None
    text: MappedText | None = None
    writable: bool | None = None
    proven: bool = False


EMPTY = Found(Kind.ANYTHING, False, MappedText.join([]), True)
"""The state of /dev/null."""


class Files(Protocol):
    """The file system that a script sees."""

    def look(self, path: str, commands: Sequence[Command], scope: tuple[int, ...]) -> Found | None:
        """Return the state of a path after these commands of the script, or None if it is unknown.

        `scope` names the subshell whose working folder relative paths start from.
        """


def tested(operator: str, found: Found | None) -> Value:
    """Return the result of a file test, such as `-f`."""
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
