"""Parses the JSON form of an instruction, with the place of every string."""

from __future__ import annotations

import re

from msgspec import Struct

from zr4lint.startup import lazy_pattern

_TOKEN = lazy_pattern(r'[ \t\r\n]*+("(?:[^"\\]++|\\.)*+"|[][{},:]|[-+.\w]++)', re.DOTALL)
_SIGNS = frozenset("[]{},:")
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"
_ESCAPED = r'(?:[^\\]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+'
_ESCAPE = r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))"
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_DEEPEST = 10_000  # Go's decoder refuses more


class Item(Struct, frozen=True):
    """A value of an array and its place; `text` is None if it is not a string."""

    text: str | None
    start: int
    end: int


def read(text: str, at: int) -> list[Item] | None:
    """Return the items of the JSON array at `at`, or None if it is invalid; text after the array is ignored."""
    items: list[Item] = []
    closers: list[str] = []
    # The token that may come next: a "value", an array's first value or its end ("first"), a "key", an object's first
    # key or its end ("member"), a "colon", or what may follow a value ("next").
    expected = "value"
    start = at
    while match := _TOKEN.match(text, at):
        token = match[1]
        string = token.startswith('"')
        at = match.end()
        if token not in _SIGNS and not (_is_string(token) if string else _is_value(token)):
            return None
        if expected in ("value", "first") and token not in ("]", "}", ",", ":"):
            if not closers and token != "[":
                return None
            if len(closers) == 1:
                start = at - len(token)
            if token in ("[", "{"):
                closers.append("]" if token == "[" else "}")
                expected = "first" if token == "[" else "member"
                if len(closers) > _DEEPEST:
                    return None
                continue
            if len(closers) == 1:
                items.append(Item(_decode(token) if string else None, start, at))
            expected = "next"
        elif expected in ("key", "member") and string:
            expected = "colon"
        elif expected == "colon" and token == ":":
            expected = "value"
        elif expected == "next" and token == ",":
            expected = "value" if closers[-1] == "]" else "key"
        elif expected in ("next", "first", "member") and token == closers[-1]:
            closers.pop()
            if not closers:
                return items
            if len(closers) == 1:
                items.append(Item(None, start, at))
            expected = "next"
        else:
            return None
    return None


def _is_string(token: str) -> bool:
    return (token.isprintable() or min(token) >= " ") and (
        "\\" not in token or re.fullmatch(_ESCAPED, token) is not None
    )


def _is_value(token: str) -> bool:
    """Return whether a token is a constant, or a number that Go can represent."""
    if token in ("true", "false", "null"):
        return True
    return re.fullmatch(_NUMBER, token) is not None and abs(float(token)) < float("inf")


def _decode(literal: str) -> str:
    text = literal[1:-1]
    return re.sub(_ESCAPE, _unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    high, low, single, char = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF))
    if single:
        code = int(single, 16)
        return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
    return _ESCAPES.get(char, char)
