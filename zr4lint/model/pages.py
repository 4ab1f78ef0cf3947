"""The addresses of the documentation's pages."""

from __future__ import annotations

SITE = "https://zr4lint.github.io/zr4lint/"

_DIGITS = {"ML": 3, "PD": 3, "ZC": 3, "ZL": 3, "ZR": 4}
"""How many digits follow the letters of the codes that zr4lint itself gives."""


def page_of(code: str) -> str | None:
    """The address of a rule's page; None for a rule of another pack than those of zr4lint."""
    digits = code[2:]
    shipped = digits.isdecimal() and len(digits) == _DIGITS.get(code[:2])
    return f"{SITE}rules/{code}/" if shipped else None
