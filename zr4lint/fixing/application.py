"""Applies edits; no other code rewrites text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.model.finding import Fix


def apply_fixes(text: str, fixes: Iterable[Fix]) -> str:
    """Return the text with the edits of fixes applied; the edits must not overlap."""
    edits = sorted((e for fix in fixes for e in fix.edits), key=lambda e: (e.start, e.end))
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join(pieces) + text[at:]
