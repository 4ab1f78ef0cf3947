"""The addresses of the pages of the documentation."""

from __future__ import annotations

SITE = "https://zr4lint.github.io/zr4lint/"

_DIGITS = {"ML": 3, "PD": 3, "ZC": 3, "ZL": 3, "ZR": 4}
"""The number of digits after the letters of zr4lint's own codes."""


def page_of(code: str) -> str | None:
    """Return the address of a rule's page, or None for a rule of a pack that zr4lint does not ship."""
    digits = code[2:]
    shipped = digits.isdecimal() and len(digits) == _DIGITS.get(code[:2])
    return f"{SITE}rules/{code}/" if shipped else None
