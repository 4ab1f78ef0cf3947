"""Lint each text once: fixing a text again, and the check that this is harmless, need the same texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.fixing.fixpoint import Lint
    from zr4lint.linting.pipeline import Linted
    from zr4lint.model.source import SourceFile


def once(lint: Lint) -> Lint:
    """Return a function that lints a text on the first call and then returns the stored result."""
    known: dict[tuple[str, str, bool], Linted] = {}

    def linted(source: SourceFile) -> Linted:
        key = (source.path, source.text, source.bom)
        if key not in known:
            known[key] = lint(source)
        return known[key]

    return linted
