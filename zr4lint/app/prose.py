"""Wraps the prose of explanations for a terminal."""

from __future__ import annotations

import textwrap


def filled(text: str) -> str:
    """Wrap prose at 80 columns; addresses and options are not broken."""
    return textwrap.fill(text, 80, break_on_hyphens=False, break_long_words=False)


def titled(title: str, text: str) -> str:
    """Return an indented example with its title above it."""
    return f"{title}\n\n{textwrap.indent(text.strip(), '    ')}"
