"""Write tables as readable TOML text, with Dockerfiles as multi-line strings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 120
DEPTH = 2
"""Depth up to which tables get a heading; deeper ones are written inline."""

_LAST_OF_FOUR = 0xFFFF
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\r": "\\r", "\n": "\\n"}


def tables(data: Mapping[str, Any], path: str = "") -> str:
    """Return the text of a document of strings, lists and tables; lists of tables become `[[key]]`."""
    return "".join(_lines(data, path)).lstrip("\n")


def _lines(data: Mapping[str, Any], path: str) -> Iterator[str]:
    nested = {key: value for key, value in data.items() if path.count(".") < DEPTH and _holds_tables(value)}
    for key, value in data.items():
        if key not in nested:
            yield f"{key} = {_value(value, len(key) + 3)}\n"
    for key, value in nested.items():
        for table in value:
            yield f"\n[[{path}{key}]]\n"
            yield from _lines(table, f"{path}{key}.")


def _holds_tables(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _value(value: object, indent: int) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _block(value) if "\n" in value else _line(value)
        case Mapping():
            return "{ " + ", ".join(f"{_key(key)} = {_inline(item)}" for key, item in value.items()) + " }"
        case list() | tuple():
            items = [_value(item, 0) for item in value]
            line = f"[{', '.join(items)}]"
            return line if indent + len(line) <= WIDTH else "".join(("[\n", *(f"    {item},\n" for item in items), "]"))
        case _:
            raise TypeError(f"{value!r} has no form in a file of cases")


def _inline(value: object) -> str:
    """Write a value of an inline table."""
    return _line(value) if isinstance(value, str) else _value(value, 0)


def _key(key: str) -> str:
    plain = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if plain else _line(key)


def _block(text: str) -> str:
    """Write a multi-line string; characters that TOML or an editor would change are escaped."""
    fragile = any(char != "\n" and not char.isprintable() for char in text) or " \n" in text or "'''" in text
    if fragile:
        return '"""\n' + "\n".join(map(_escaped, text.split("\n"))).replace(" \n", "\\u0020\n") + '"""'
    return f"'''\n{text}'''"


def _line(text: str) -> str:
    """Write a string on one line, with the quotes that need the fewest escapes."""
    literal = text.isprintable() and ('"' in text or "\\" in text) and "'" not in text
    return f"'{text}'" if literal else f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(char) or (char if char.isprintable() else _code(char)) for char in text)


def _code(char: str) -> str:
    return f"\\u{ord(char):04X}" if ord(char) <= _LAST_OF_FOUR else f"\\U{ord(char):08X}"
