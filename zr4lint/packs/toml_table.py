"""Tables of TOML, read by key and type; unknown keys are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self


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
"""For each type its name in messages, and whether a value is of it."""


class Table:
    """One TOML table; keys that were not read are errors."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self.values = values
        self.where = where
        self.asked: set[str] = set()

    def error(self, key: str, message: str) -> Exception:
        """The error for a key."""
        return ValueError(f"{self.where}: key {key!r}: {message}")

    def take(self, key: str, kind: str, fits: Callable[[Any], bool], default: Any = None) -> Any:
        """The value of a key; without a default the key must be there."""
        self.asked.add(key)
        if key not in self.values:
            if default is None:
                raise self.error(key, "missing")
            return default
        value = self.values[key]
        if not fits(value):
            raise self.error(key, f"expected {kind}, not {type(value).__name__}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A string."""
        value = self.values.get(key)
        if isinstance(value, str):
            self.asked.add(key)
            return value
        return str(self.take(key, *FITS["str"], default))

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        """Strings."""
        return tuple(self.take(key, *FITS["list[str]"], default))

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        return int(self.take(key, *FITS["int"], default))

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        self.asked.add(key)
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"expected true or false, not {type(value).__name__}")
        return value

    def choice(self, key: str, among: Mapping[str, Any], default: str | None = None) -> Any:
        """What one of several words stands for."""
        value = self.text(key, default)
        if value not in among:
            raise self.error(key, f"{value!r} is not one of {', '.join(map(repr, among))}")
        return among[value]

    def tables(self, key: str, label: str = "number", *, required: bool = True) -> list[Self]:
        """The tables of an array, each known by the value of its key `label`."""
        fits = lambda v: isinstance(v, list) and all(isinstance(t, dict) for t in v)  # noqa: E731
        found = self.take(key, f"[[{key}]] tables", fits, None if required else [])
        return [type(self)(t, f"{self.where}: {key} {t.get(label, index)}") for index, t in enumerate(found, start=1)]

    def done(self) -> None:
        """Refuse unknown keys."""
        if unknown := self.values.keys() - self.asked:
            raise self.error(min(unknown), f"unknown; the keys are {', '.join(sorted(self.asked))}")
