"""Applying edits: the only code that rewrites text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.model.finding import Edit, Fix


def apply_fixes(text: str, fixes: Iterable[Fix]) -> str:
    """The text with the edits of fixes that don't overlap."""
    edits = sorted((e for fix in fixes for e in fix.edits), key=lambda e: (e.start, e.end))
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join(pieces) + text[at:]


def overlap(one: Edit, other: Edit) -> bool:
    """Whether two edits touch the same text; insertions at one place don't, they follow one another."""
    return one.start < other.end and other.start < one.end
