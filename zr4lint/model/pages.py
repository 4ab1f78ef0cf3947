"""The addresses of the documentation's pages."""

from __future__ import annotations

import re

SITE = "https://zr4lint.github.io/zr4lint/"

_SHIPPED = re.compile(r"(?:ML|PD|ZC|ZL)\d{3}|ZR\d{4}")


def page_of(code: str) -> str | None:
    """The address of a rule's page; None for a rule of another pack than those of zr4lint."""
    return f"{SITE}rules/{code}/" if _SHIPPED.fullmatch(code) else None
