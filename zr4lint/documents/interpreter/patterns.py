"""Regular expressions of grep and sed, basic and extended, as Python writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from zr4lint.documents.interpreter.values import UnknownError, known

_CLASSES = {
    "alnum": "A-Za-z0-9", "alpha": "A-Za-z", "digit": "0-9", "lower": "a-z", "upper": "A-Z", "space": r"\s",
    "blank": r" \t", "xdigit": "0-9A-Fa-f", "punct": r"!-/:-@\[-`{-~",
}  # fmt: skip
_MOST = 2_000


@lru_cache(maxsize=512)
def compiled(pattern: str, *, extended: bool = False, ignore_case: bool = False) -> re.Pattern[str]:
    """A pattern to search a line with; UnknownError for what is not understood."""
    known(pattern)
    if len(pattern) > _MOST or _nested(pattern):
        raise UnknownError(pattern)
    translated = "".join(_extended(pattern) if extended else _basic(pattern))
    try:
        return re.compile(translated, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError):
        raise UnknownError(pattern) from None


def _nested(pattern: str) -> bool:
    """Whether a repeated group holds a repetition, which may take Python a time without end."""
    return re.search(r"[*+}][^()]*\\?\)\\?[*+{]", pattern) is not None


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
    """A bracket expression and where it ends."""
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
        items.append(pattern[at] if pattern[at] == "-" else re.escape(pattern[at]))
        at += 1
    if at >= len(pattern):
        raise UnknownError(pattern)
    return f"[{'^' if negated else ''}{''.join(items)}]", at + 1
