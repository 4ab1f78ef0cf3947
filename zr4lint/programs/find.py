"""Parses command lines of find: its roots, tests and actions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from zr4lint.shell import Argument
from zr4lint.shell.commands import ANY_DEPTH

_LEADING = frozenset({"-H", "-L", "-P"})
_HARMLESS = frozenset(
    {"-depth", "-xdev", "-mount", "-print", "-print0", "-noleaf", "-daystart", "-true", "-d", "-follow"}
)
_EXEC = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_VALUED = frozenset({
    "-amin", "-anewer", "-atime", "-cmin", "-cnewer", "-context", "-ctime", "-fls", "-fprint", "-fprint0", "-fstype",
    "-gid", "-group", "-ilname", "-iname", "-inum", "-ipath", "-iregex", "-iwholename", "-links", "-lname", "-maxdepth",
    "-mindepth", "-mmin", "-mtime", "-name", "-newer", "-path", "-perm", "-printf", "-regex", "-regextype", "-samefile",
    "-size", "-type", "-uid", "-used", "-user", "-wholename", "-xtype",
})  # fmt: skip


_NOT = frozenset({"!", "-not", "\\!"})
_EXECUTABLE = r"[/+-]?0*(?:111|100|110|101|011|010|001)\Z|[/-]?[ugoa]*[+=]x(?:,[ugoa]*[+=]x)*\Z"


class Find(Struct, frozen=True):
    """A call of find.

    - `name` is the pattern of -name, and `kind` the letter of -type or "".
    - `least` and `most` are the limits of the depth; `most` is None without a limit.
    - `narrowed` tells of further tests, whose results are unknown before the build.
    - `calls` are the commands of -exec, without a final "{}".
    - `executable` is True if only executable files match, False if only others match, and otherwise None.
    """

    roots: tuple[Argument, ...]
    name: str
    kind: str
    least: int
    most: int | None
    narrowed: bool
    deletes: bool
    calls: tuple[tuple[Argument, ...], ...]
    executable: bool | None = None

    def paths(self, roots: Sequence[str]) -> tuple[str, ...]:
        """Return patterns of the paths that it finds below `roots`, which are absolute."""
        found: list[str] = []
        for root in roots:
            below = root.rstrip("/")
            if self.least == 0 and self.name == "*":
                found.append(root)
            if self.most is None or self.most > 1:
                found.append(f"{below}/{ANY_DEPTH}/{self.name}")
            elif self.most == 1:
                found.append(f"{below}/{self.name}")
        return tuple(found)


def parse_find(arguments: Sequence[Argument]) -> Find:
    """Parse a call of find, with the program as first argument."""
    at = 1
    while at < len(arguments) and arguments[at].value in _LEADING:
        at += 1
    start = at
    while at < len(arguments) and not (arguments[at].value or "").startswith(("-", "(", "!", "\\(")):
        at += 1
    roots = tuple(arguments[start:at])
    name, kind, least, narrowed, deletes = "*", "", 0, False, False
    most: int | None = None
    calls: list[tuple[Argument, ...]] = []
    executable: bool | None = None
    while at < len(arguments):
        test = arguments[at].value
        value = arguments[at + 1].value if at + 1 < len(arguments) else None
        at += 2 if test in _VALUED else 1
        if test in _EXEC:
            call, at = _call(arguments, at)
            calls.append(call)
        elif test == "-executable" or (test == "-perm" and _is_executable(value or "")):
            executable = True
        elif test in _NOT and (found := _not_executable(arguments, at)):
            executable, at = False, at + found
        elif test in _NOT:
            narrowed = True
            at += 2 if at < len(arguments) and arguments[at].value in _VALUED else 1
        elif test == "-name" and value is not None and name == "*":
            name = value
        elif test == "-type" and value is not None:
            kind = value
        elif test in ("-maxdepth", "-mindepth") and value is not None and value.isdecimal() and len(value) < 9:
            most, least = (int(value), least) if test == "-maxdepth" else (most, int(value))
        elif test == "-delete":
            deletes = True
        elif test not in _HARMLESS:
            narrowed = True
    return Find(roots, name, kind, least, most, narrowed, deletes, tuple(calls), executable)


def _is_executable(mode: str) -> bool:
    """Return whether a mode of -perm tests only for execute permission."""
    return re.match(_EXECUTABLE, mode) is not None


def _not_executable(arguments: Sequence[Argument], at: int) -> int:
    """Return the number of words after `!` that test for execute permission, or 0."""
    words = [argument.value or "" for argument in arguments[at : at + 2]]
    if words[:1] == ["-executable"]:
        return 1
    return 2 if words[:1] == ["-perm"] and len(words) > 1 and _is_executable(words[1]) else 0


def _call(arguments: Sequence[Argument], at: int) -> tuple[tuple[Argument, ...], int]:
    """Return the command after -exec, and the index of the next test."""
    call: list[Argument] = []
    while at < len(arguments) and arguments[at].value not in (";", "\\;"):
        if arguments[at].value == "+" and call and call[-1].value == "{}":
            break
        call.append(arguments[at])
        at += 1
    if call and call[-1].value == "{}":
        call.pop()
    return tuple(call), at + 1
