"""Defines a demand of a golden file on similar files; each demand becomes a rule or a part of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from msgspec import Struct

from zr4lint.checks.outcome import Subject
from zr4lint.facts import Fact
from zr4lint.model.source import Span

Pins = Literal["exact", "minor", "none"]
_F = TypeVar("_F", bound=Fact)
_OF_SEVERAL_PLACES = ("stages", "build-arguments", "step-order", "pip-order")
"""Kinds that look at more than one place of the file."""


class Demand(Struct, frozen=True):
    """A demand that the golden file meets: a kind of check with its parameters, and the words that it comes from.

    `joins` names the parameter whose items may be merged with those of adjacent demands. `instead` is a weaker demand
    that replaces this one if the golden file does not meet it. `stage` is the stage that the rule looks at, None for
    the built image. `stages` are the stages that the kind looks at, None for its default. A `habit` is tried on every
    file and may fail.
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

    @property
    def of_whole_file(self) -> bool:
        """Whether the demand belongs to no section."""
        return self.habit or self.kind in _OF_SEVERAL_PLACES


class Golden(Struct, frozen=True):
    """The golden file from the view of one rule: the stages `subject.lineage`, of which `own` yield demands.

    `stage` is the name of these stages in a rule, None for the built image.
    """

    subject: Subject
    own: frozenset[int]
    stage: str | None
    pins: Pins

    def of(self, kind: type[_F]) -> list[_F]:
        """Return the facts of one type in the stages that yield demands, in order."""
        return self.subject.facts.of(kind, self.own)

    def line(self, span: Span) -> int:
        """Return the line on which a span starts."""
        return self.subject.source.line_of(span.start)
