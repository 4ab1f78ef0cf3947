"""The stages that ML rules check, each with the history of its ancestors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.facts.history import History, histories_of
from zr4lint.facts.instruction_facts import Copied, Origin
from zr4lint.programs.image_paths import covers

if TYPE_CHECKING:
    from zr4lint.checks.outcome import Subject
    from zr4lint.facts.pip_install import Install


def histories(subject: Subject) -> list[History]:
    """Return a history for each stage that the image needs."""
    return subject.memo.get("histories", lambda: histories_of(subject.facts))


def source_of(subject: Subject, copied: Copied) -> History | None:
    """Return the history of the stage that COPY --from takes files from, or None if that is no such stage."""
    flag = copied.flags.get("from") if copied.origin is Origin.STAGE else None
    stage = subject.facts.called(flag.value or "") if flag is not None else None
    return next((h for h in histories(subject) if stage is not None and h.stage.number == stage.number), None)


def shipped(subject: Subject, history: History) -> Iterator[Install]:
    """Yield the installs that a stage contains: its own, those of its ancestors, and those in copied environments."""
    copied = [c for c in history.of(Copied) if c.origin is Origin.STAGE]
    for other in histories(subject):
        for install in other.own:
            folder = install.environment
            if install.at.stage in history.chain or (
                folder and any(covers(c.source, folder, recursive=True) for c in copied)
            ):
                yield install
