"""The stages that ML rules look at: each with all that its ancestors did before."""

from __future__ import annotations

from zr4lint.checks.outcome import Subject
from zr4lint.facts.history import History, histories_of


def histories(subject: Subject) -> list[History]:
    """A history for each stage that the image needs."""
    return subject.memo.get("histories", lambda: histories_of(subject.facts))
