"""Command lines of `python -m MODULE`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from zr4lint.shell import Argument

_PYTHON = r"python(3(\.\d+)?)?\Z"
_VALUED = frozenset("XW")


class ModuleCall(Struct, frozen=True):
    """A module that python runs, and the arguments it gets."""

    name: str
    arguments: Sequence[Argument]


def python_module(arguments: Sequence[Argument]) -> ModuleCall | None:
    """The module of `python -m`; None for any other command line."""
    values = [argument.value or "" for argument in arguments]
    if not re.match(_PYTHON, values[0].rpartition("/")[2]):
        return None
    at = 1
    while at < len(values) and values[at].startswith("-") and len(values[at]) > 1:
        letters = values[at][1:]
        for index, letter in enumerate(letters):
            rest = letters[index + 1 :]
            if letter == "m":
                name, used = (rest, at + 1) if rest else (values[at + 1] if at + 1 < len(values) else "", at + 2)
                return ModuleCall(name, arguments[used:])
            if letter in _VALUED:
                at += 0 if rest else 1
                break
        at += 1
    return None
