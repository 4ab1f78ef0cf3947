"""Texts with unknown parts, and the comparisons that can still be decided."""

from __future__ import annotations

import re

UNKNOWN = "\ue000"
"""A character that stands for any unknown characters of a text."""


class UnknownError(Exception):
    """The effect of a command depends on a value or feature that the interpreter does not know."""


def known(text: str) -> str:
    """Return a text without unknown parts; raise UnknownError if it has any."""
    if UNKNOWN in text:
        raise UnknownError(text)
    return text


def equal(one: str, other: str) -> bool:
    """Return whether two texts are equal; raise UnknownError if that depends on unknown parts."""
    if UNKNOWN not in one and UNKNOWN not in other:
        return one == other
    if UNKNOWN in one and UNKNOWN in other:
        raise UnknownError(one)
    pattern, text = (one, other) if UNKNOWN in one else (other, one)
    whole = ".*".join(re.escape(part) for part in re.split(f"{UNKNOWN}+", pattern))
    if re.fullmatch(whole, text, re.DOTALL):
        raise UnknownError(one)
    return False


def number(text: str) -> int:
    """Return a text as an integer; raise UnknownError if it is not one."""
    stripped = known(text).strip()
    if not re.fullmatch(r"[+-]?\d+", stripped, re.ASCII):
        raise UnknownError(text)
    return int(stripped)
