"""Translates basic and extended regular expressions of grep and sed to Python's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from math import comb

from zr4lint.documents.interpreter.partial_text import UnknownError, known

_CLASSES = {
    "alnum": "A-Za-z0-9", "alpha": "A-Za-z", "digit": "0-9", "lower": "a-z", "upper": "A-Z", "space": r"\s",
    "blank": r" \t", "xdigit": "0-9A-Fa-f", "punct": r"!-/:-@\[-`{-~",
}  # fmt: skip
_PARTS = r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|:)|."
_MOST = 2_000
_MOST_TRIES = 100_000_000
"""The most ways in which the repetitions of a pattern may divide a line."""


class MalformedError(UnknownError):
    """grep and sed refuse a pattern, such as a `[` without its `]`."""


@lru_cache(maxsize=512)
def compiled(pattern: str, *, extended: bool = False, ignore_case: bool = False) -> re.Pattern[str]:
    """Return a compiled pattern to search a line with; raise UnknownError if it is not supported."""
    known(pattern)
    if len(pattern) > _MOST:
        raise UnknownError(pattern)
    translated = "".join(_extended(pattern) if extended else _basic(pattern))
    if _repetitions(translated) is None:
        raise UnknownError(pattern)
    try:
        return re.compile(translated, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError):
        raise UnknownError(pattern) from None


def affordable(pattern: re.Pattern[str], text: str) -> re.Pattern[str]:
    """Return the pattern; raise UnknownError if Python may take too long to search the lines of `text` with it."""
    repetitions = _repetitions(pattern.pattern) or 0
    if repetitions > 1 and comb(max(map(len, text.split("\n"))) + repetitions, repetitions) > _MOST_TRIES:
        raise UnknownError(pattern.pattern)
    return pattern


@lru_cache(maxsize=512)
def _repetitions(pattern: str) -> int | None:
    """Return the number of repetitions in a Python pattern; None if matching may take exponential time."""
    count, ways = 0, 1
    groups = [1]  # the number of ways in which each open group may match
    parts = [found[0] for found in re.finditer(_PARTS, pattern, re.DOTALL)]
    for part, following in zip(parts, [*parts[1:], ""], strict=False):
        if part in ("*", "+", "?", "{", "|"):
            groups[-1] += 1
            count += part in ("*", "+", "{")
            ways *= 1 + (part == "?")
        elif part[0] == "(":
            groups.append(1)
        elif part == ")" and len(groups) > 1:
            own = groups.pop()
            if own > 1 and following in ("*", "+", "{"):
                return None
            groups[-1] = max(groups[-1], own)
            ways *= own
    return count if ways <= _MOST_TRIES else None


def _basic(pattern: str) -> Iterator[str]:
    at, start = 0, True
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            following = pattern[at + 1]
            yield _escaped(following)
            at += 2
            start = following in "(|"
            continue
        if char == "[":
            text, at = _bracket(pattern, at)
            yield text
            start = False
            continue
        if char == "*":
            yield r"\*" if start else "*"
        elif char == "^":
            yield "^" if start else r"\^"
            at += 1
            continue
        elif char == "$":
            yield r"\Z" if at == len(pattern) - 1 or pattern.startswith((r"\)", r"\|"), at + 1) else r"\$"
        else:
            yield "." if char == "." else re.escape(char)
        at += 1
        start = False


def _escaped(char: str) -> str:
    if char in "(){}|+?":
        return char
    if char in "<>b":
        return r"\b"
    if char.isdigit() or char in "wWsSB":
        return f"\\{char}"
    if char in "nt":
        return {"n": "\n", "t": "\t"}[char]
    if char.isalpha() or char in "`'":
        raise UnknownError(char)
    return re.escape(char)


def _extended(pattern: str) -> Iterator[str]:
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            following = pattern[at + 1]
            yield re.escape(following) if following in "(){}|+?" else _escaped(following)
            at += 2
            continue
        if char == "[":
            text, at = _bracket(pattern, at)
            yield text
            continue
        yield r"\Z" if char == "$" else char if char in "().|+?*^{}" else re.escape(char)
        at += 1


def _bracket(pattern: str, start: int) -> tuple[str, int]:
    """Return a bracket expression for Python, and the offset of its end."""
    at = start + 1
    negated = pattern.startswith("^", at)
    at += negated
    items: list[str] = []
    first = at
    while at < len(pattern) and (pattern[at] != "]" or at == first):
        if pattern.startswith("[:", at):
            end = pattern.find(":]", at)
            name = pattern[at + 2 : end] if end > 0 else ""
            if name not in _CLASSES:
                raise UnknownError(pattern)
            items.append(_CLASSES[name])
            at = end + 2
            continue
        if pattern.startswith(("[.", "[="), at):
            raise UnknownError(pattern)
        ranges = pattern[at] == "-" and items[-1:] not in ([], ["-"]) and not pattern.startswith("]", at + 1)
        items.append("-" if ranges else re.escape(pattern[at]))
        at += 1
    if at >= len(pattern):
        raise MalformedError(pattern)
    return f"[{'^' if negated else ''}{''.join(items)}]", at + 1
