"""Names of Python's programs, and command lines of `python -m MODULE`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from zr4lint.shell import Argument

_VALUED = frozenset("XW")
_ENDS = frozenset("Vhc-")
"""Options with which python prints information or runs a string, not a module."""

SYSTEM_FOLDERS = ("/usr/local/bin", "/usr/bin", "/usr/local/cuda/bin", "/bin")
"""Folders on PATH whose pip installs into the system's Python."""
ISAAC = "python.sh"
"""The Python of Isaac Sim, in a folder of its own."""


class ModuleCall(Struct, frozen=True):
    """A module that python runs, and its arguments."""

    name: str
    arguments: Sequence[Argument]


def minor_of(name: str, *programs: str) -> str | None:
    """Return the version "3.10" in a name such as "python3.10" of one of the programs, or None."""
    for program in programs:
        version = name.removeprefix(program)
        if version != name and version.startswith("3.") and version[2:].isdecimal():
            return version
    return None


def is_program(name: str, program: str) -> bool:
    """Return whether a name is that of a Python 3 program, with or without a version."""
    return name in (program, f"{program}3") or minor_of(name, program) is not None


def python_module(arguments: Sequence[Argument]) -> ModuleCall | None:
    """Return the module of `python -m`, or None for any other command line."""
    values = [argument.value or "" for argument in arguments]
    name = values[0].rpartition("/")[2]
    if not is_program(name, "python") and name != ISAAC:
        return None
    at = 1
    while at < len(values) and values[at].startswith("-") and len(values[at]) > 1:
        letters = values[at][1:]
        for index, letter in enumerate(letters):
            rest = letters[index + 1 :]
            if letter == "m":
                name, used = (rest, at + 1) if rest else (values[at + 1] if at + 1 < len(values) else "", at + 2)
                return ModuleCall(name, arguments[used:])
            if letter in _ENDS:
                return None
            if letter in _VALUED:
                at += 0 if rest else 1
                break
        at += 1
    return None
