"""A demand of a golden file on similar files; it becomes a rule, or a part of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from msgspec import Struct

from zr4lint.checks.outcome import Subject
from zr4lint.facts import Fact
from zr4lint.model.source import Span

Pins = Literal["exact", "minor", "none"]
_F = TypeVar("_F", bound=Fact)


class Demand(Struct, frozen=True):
    """One thing that holds for the golden file: the kind of check with its parameters, and the words it came from.

    `joins` names the parameter whose items may stand in one rule with those of the demands beside it. `instead` is
    asked for where the golden file does not meet the kind, for it is stricter than the words. `stage` is the stage
    that the rule looks at, None for the built image; `stages` tells which the kind looks at, None for its default. A
    `habit` is tried on every file, and may well not hold.
    """

    kind: str
    parameters: Mapping[str, Any]
    span: Span
    summary: str
    stage: str | None = None
    joins: str = ""
    level: Literal["error", "warning"] = "error"
    instead: Demand | None = None
    habit: bool = False
    stages: Literal["image", "all"] | None = None


class Golden(Struct, frozen=True):
    """The golden file, as far as one rule sees it: the stages `subject.lineage`, of which `own` are written down.

    `stage` is what a rule calls those stages, None for the built image.
    """

    subject: Subject
    own: frozenset[int]
    stage: str | None
    pins: Pins

    def of(self, kind: type[_F]) -> list[_F]:
        """The facts of one type in the stages that are written down, in order."""
        return self.subject.facts.of(kind, self.own)

    def line(self, span: Span) -> int:
        """The line on which a span starts."""
        return self.subject.source.line_of(span.start)
