"""Texts of which parts are not known, and what can be said of them all the same."""

from __future__ import annotations

import re

UNKNOWN = "\ue000"
"""Stands in a text for any characters."""


class UnknownError(Exception):
    """The effect of a command depends on a value or feature that the interpreter does not know."""


def known(text: str) -> str:
    """A text that is known throughout; UnknownError for another."""
    if UNKNOWN in text:
        raise UnknownError(text)
    return text


def equal(one: str, other: str) -> bool:
    """Whether two texts are the same; UnknownError where that depends on what is not known."""
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
    """A text as a whole number; UnknownError for another."""
    stripped = known(text).strip()
    if not re.fullmatch(r"[+-]?\d+", stripped, re.ASCII):
        raise UnknownError(text)
    return int(stripped)
