"""Applies fixes to a text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from zr4lint.model.finding import with_edits

if TYPE_CHECKING:
    from zr4lint.model.finding import Fix


def apply_fixes(text: str, fixes: Iterable[Fix]) -> str:
    """Return the text with the edits of fixes applied; the edits must not overlap."""
    return with_edits(text, sorted((e for fix in fixes for e in fix.edits), key=lambda e: (e.start, e.end)))
