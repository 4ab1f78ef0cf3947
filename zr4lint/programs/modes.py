"""Computes file modes and the effect of `chmod`: octal numbers, and the letters of POSIX and GNU."""

from __future__ import annotations

import re

from msgspec import Struct

_ALL = 0o7777
_EXECUTE = 0o111
_UMASK = 0o022
_WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": _ALL}
_SHIFT = {"u": 6, "g": 3, "o": 0}
_PERMISSIONS = {"r": 0o444, "w": 0o222, "x": _EXECUTE, "s": 0o6000, "t": 0o1000}
_NUMBER = r"[0-7]+"
_CLAUSE = r"(?P<who>[ugoa]*)(?P<actions>(?:[-+=](?:[0-7]+|[ugo]|[rwxXst]*))+)"
_ACTION = r"([-+=])([^-+=]*)"


class Mode(Struct, frozen=True):
    """The bits of a file's mode; bits outside `known` are unknown."""

    bits: int
    known: int = _ALL

    @property
    def executable(self) -> bool | None:
        """Return whether anyone may execute the file, or None if it is unknown."""
        if self.bits & self.known & _EXECUTE:
            return True
        return False if self.known & _EXECUTE == _EXECUTE else None

    def put(self, bits: int, value: int, known: int) -> Mode:
        """Return the mode with `bits` set to `value`; those outside `known` become unknown."""
        return Mode((self.bits & ~bits) | (value & bits), (self.known & ~bits) | (known & bits))


UNKNOWN = Mode(0, 0)


def changed(text: str, before: Mode) -> Mode | None:
    """Return the mode of a file after `chmod text`, or None if chmod rejects the text."""
    if re.fullmatch(_NUMBER, text):
        return Mode(int(text, 8)) if len(text) < 10 and int(text, 8) <= _ALL else None
    mode = before
    for clause in text.split(","):
        found = re.fullmatch(_CLAUSE, clause)
        if found is None:
            return None
        for operator, permissions in re.findall(_ACTION, found["actions"]):
            after = _applied(operator, permissions, found["who"], mode)
            if after is None:
                return None
            mode = after
    return mode


def _applied(operator: str, permissions: str, who: str, mode: Mode) -> Mode | None:
    affected = 0
    for letter in who:
        affected |= _WHO[letter]
    if permissions.isdigit():
        if who or len(permissions) > 9 or int(permissions, 8) > _ALL:
            return None
        asked, known, affected = int(permissions, 8), _ALL, _ALL
    else:
        asked, known = _asked(permissions, mode)
    reached = affected or _ALL & ~_UMASK
    asked &= reached
    if operator == "=":
        return mode.put(affected or _ALL, asked, known | ~reached)
    # A bit that may or may not be requested is known only if it already has the value that the operator would set.
    unsure = reached & ~known
    surely = mode.put(asked & known, _ALL if operator == "+" else 0, _ALL)
    same = surely.bits if operator == "+" else ~surely.bits
    return Mode(surely.bits, surely.known & ~(unsure & ~same))


def _asked(permissions: str, mode: Mode) -> tuple[int, int]:
    """Return the bits that the letters request, and which of them are known."""
    if permissions in _SHIFT:
        shift = _SHIFT[permissions]
        bits, known = mode.bits >> shift & 7, mode.known >> shift & 7
        return bits * _EXECUTE, known * _EXECUTE | ~0o777
    asked, known = 0, _ALL
    for letter in permissions:
        if letter != "X":
            asked |= _PERMISSIONS[letter]
        elif mode.executable:
            asked |= _EXECUTE
        elif mode.executable is None:
            known &= ~_EXECUTE
    return asked, known | asked
