"""Evaluates `${NAME#pattern}`, `${NAME%pattern}` and `${NAME/from/to}` of shells and Dockerfiles."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from zr4lint.model.budgets import VALUE_LENGTH

_LONGEST = 1_000  # the most characters of a value that a pattern with wildcards is matched against
_WILDCARDS = frozenset("*?[")
_SLICE = r"\s*(\d{1,9})\s*(?::\s*(-?\d{1,9})\s*)?\Z"


def cut(value: str, operator: str, operand: str) -> str | None:
    """Return a value after removing or replacing the text that a pattern matches, or None if unsupported.

    `operator` is one of `#`, `##`, `%`, `%%`, `/` and `//`.
    """
    if not operand:
        return value
    if any(c in operand for c in "\"'\\"):
        return None
    if operator[0] == "/":
        pattern, _, replacement = operand.partition("/")
        if not pattern or pattern[0] in "#%" or not _WILDCARDS.isdisjoint(pattern) or "&" in replacement:
            return None
        times = value.count(pattern) if operator == "//" else 1
        if len(value) + times * (len(replacement) - len(pattern)) > VALUE_LENGTH:
            return None
        return value.replace(pattern, replacement, times)
    if _WILDCARDS.isdisjoint(operand):
        return value.removeprefix(operand) if operator[0] == "#" else value.removesuffix(operand)
    return _trimmed(value, operator, operand)


def _trimmed(value: str, operator: str, pattern: str) -> str | None:
    """Return a value without the shortest or longest prefix or suffix that a pattern with wildcards matches."""
    if len(value) > _LONGEST or "[" in pattern:
        return None
    places = range(len(value) + 1)
    order = iter(places) if operator in ("#", "%%") else reversed(places)
    for at in order:
        head, tail = value[:at], value[at:]
        if fnmatchcase(head if operator[0] == "#" else tail, pattern):
            return tail if operator[0] == "#" else head
    return value


def sliced(value: str, operand: str) -> str | None:
    """The part of a value that `${NAME:1:2}` stands for; None where it isn't worked out."""
    found = re.match(_SLICE, operand)
    if found is None:
        return None
    start = int(found[1])
    if found[2] is None:
        return value[start:]
    length = int(found[2])
    return value[start : start + length] if length >= 0 else value[start:length]
