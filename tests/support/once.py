"""Linting each text once: fixing it again, and the proof that this does no harm, ask for the same texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.fixing.fixpoint import Lint
    from zr4lint.linting.pipeline import Linted
    from zr4lint.model.source import SourceFile


def once(lint: Lint) -> Lint:
    """A function that lints a text the first time that it is asked for it."""
    known: dict[tuple[str, str, bool], Linted] = {}

    def linted(source: SourceFile) -> Linted:
        key = (source.path, source.text, source.bom)
        if key not in known:
            known[key] = lint(source)
        return known[key]

    return linted
