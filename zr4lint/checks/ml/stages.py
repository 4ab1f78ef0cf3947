"""The stages that ML rules look at: each with all that its ancestors did before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.facts.history import History, histories_of

if TYPE_CHECKING:
    from zr4lint.checks.outcome import Subject


def histories(subject: Subject) -> list[History]:
    """A history for each stage that the image needs."""
    return subject.memo.get("histories", lambda: histories_of(subject.facts))
