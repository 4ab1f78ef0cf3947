"""Choices among several facts that meet a requirement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import TypeVar

from zr4lint.checks.outcome import Subject, maybe
from zr4lint.facts import EnvSet, Fact, WorkdirSet

_F = TypeVar("_F", bound=Fact)


def witness(subject: Subject, candidates: Iterable[_F]) -> _F | None:
    """Return the fact to report for a requirement that any of `candidates` meets; None if there are none.

    Certain facts come first, then those nearest to the lines of the rule's layer, then the first in the file. A
    repetition elsewhere in the file does no harm.
    """
    return min(candidates, key=lambda fact: (maybe(fact.at), _distance(subject, fact)), default=None)


def trailing(settings: Sequence[EnvSet]) -> list[EnvSet]:
    """Return the settings of one variable since its value last changed."""
    return list(takewhile(lambda fact: fact.value == settings[-1].value, reversed(settings)))[::-1]


def stays(settings: Sequence[WorkdirSet]) -> list[WorkdirSet]:
    """Return the WORKDIRs since the folder last changed."""
    return list(takewhile(lambda fact: fact.path == settings[-1].path, reversed(settings)))[::-1]


def _distance(subject: Subject, fact: Fact) -> int:
    """Return the number of lines between a fact's instruction and the lines of the rule's layer."""
    layer, instruction = subject.layer, fact.at.instruction
    return 0 if layer is None else max(layer.first - instruction.line, instruction.end_line - layer.last, 0)
