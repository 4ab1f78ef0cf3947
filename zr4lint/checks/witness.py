"""Which of several facts shows that a requirement is met."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import TypeVar

from zr4lint.checks.outcome import Subject, maybe
from zr4lint.facts import EnvSet, Fact, WorkdirSet

_F = TypeVar("_F", bound=Fact)


def witness(subject: Subject, candidates: Iterable[_F]) -> _F | None:
    """The fact to show a requirement by, where each of them would do; None where there are none.

    That is one that surely comes about, nearest to the lines of the rule's layer, and the first of those alike: a
    repetition elsewhere in the file does no harm.
    """
    return min(candidates, key=lambda fact: (maybe(fact.at), _distance(subject, fact)), default=None)


def trailing(settings: Sequence[EnvSet]) -> list[EnvSet]:
    """The settings of one variable since its value last changed."""
    return list(takewhile(lambda fact: fact.value == settings[-1].value, reversed(settings)))[::-1]


def stays(settings: Sequence[WorkdirSet]) -> list[WorkdirSet]:
    """The WORKDIRs since the folder last changed."""
    return list(takewhile(lambda fact: fact.path == settings[-1].path, reversed(settings)))[::-1]


def _distance(subject: Subject, fact: Fact) -> int:
    """The number of lines between an instruction and the lines of the rule's layer."""
    layer, instruction = subject.layer, fact.at.instruction
    return 0 if layer is None else max(layer.first - instruction.line, instruction.end_line - layer.last, 0)
