"""Finds tokens of known forms in text, and masks them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from zr4lint.knowledge.tables import table
from zr4lint.model.source import Span


class Secret(Struct, frozen=True):
    """A secret in a text: its kind, such as "a GitHub token", and its place."""

    what: str
    span: Span


def secrets_in(text: str) -> Iterator[Secret]:
    """Yield the tokens of known forms in a text, in order."""
    if any(start in text for start in _starts()):
        for found in _pattern().finditer(text):
            if not found[0].endswith("EXAMPLE"):
                yield Secret(_whats()[(found.lastindex or 1) - 1], Span(*found.span()))


def has_secrets(text: str) -> bool:
    """Return whether a text contains a token of a known form."""
    return any(start in text for start in _starts()) and any(True for _ in secrets_in(text))


def masked(text: str) -> str:
    """Return the text with a star for each character of its secrets."""
    parts: list[str] = []
    end = 0
    for secret in secrets_in(text):
        parts += (text[end : secret.span.start], "*" * (secret.span.end - secret.span.start))
        end = secret.span.end
    return "".join((*parts, text[end:])) if parts else text


@cache
def _starts() -> tuple[str, ...]:
    return tuple(start for row in table("secrets")["form"] for start in row["starts"])


@cache
def _whats() -> tuple[str, ...]:
    return tuple(row["what"] for row in table("secrets")["form"])


@cache
def _pattern() -> re.Pattern[str]:
    forms = "|".join(f"({row['pattern']})" for row in table("secrets")["form"])
    return re.compile(rf"(?<![A-Za-z0-9_])(?:{forms})(?![A-Za-z0-9_])")
