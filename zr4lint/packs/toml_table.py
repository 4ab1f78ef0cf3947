"""The types of values in TOML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


FITS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a string", lambda v: isinstance(v, str)),
    "int": ("a whole number", lambda v: isinstance(v, int) and not isinstance(v, bool)),
    "number": ("a number", lambda v: isinstance(v, int | float) and not isinstance(v, bool)),
    "list[str]": ("a list of strings", _texts),
    "dict[str, str]": (
        "a table of strings",
        lambda v: isinstance(v, dict) and all(isinstance(i, str) for i in v.values()),
    ),
    "dict[str, list[str]]": (
        "a table of lists of strings",
        lambda v: isinstance(v, dict) and all(map(_texts, v.values())),
    ),
}
"""The name of each type in messages, and the predicate for its values."""
