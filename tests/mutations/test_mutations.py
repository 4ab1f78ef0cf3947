"""zr4lint on the mutation suite: it reports every breaking edit at its place and no keeping edit as an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.mutations.mutations import ROOT, Mutation, Place, load
from tests.prd.judge import run_on_all
from tests.support.groups import in_groups
from tests.support.telling import TOLD
from zr4lint.app.assignment import load_packs
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import lint
from zr4lint.model.finding import FileReport, Finding, Severity
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack

pytestmark = pytest.mark.slow

BREAKING = load("breaking")
KEEPING = load("keeping")
CONTEXT = ROOT / "docker"


@cache
def zr4() -> Pack:
    return load_packs(["zr4"])[0]


@cache
def level(code: str) -> Severity:
    return next(rule.rule.severity for rule in zr4().rules if rule.rule.code == code)


@cache
def report(mutation: Mutation) -> FileReport:
    source = SourceFile.decode(mutation.text.encode(), "docker/Dockerfile.zr4")
    return lint(source, [zr4()], LintOptions(context=str(CONTEXT)))


MORE_WORDS = 4


def points_at(mutation: Mutation, finding: Finding, source: SourceFile) -> bool:
    """Return whether a finding is at the expected words. The suite counts a byte order mark, the linter does not."""
    shift = int(source.bom)
    span = Place(finding.span.start + shift, finding.span.end + shift)
    return any(
        at_words(mutation.text, span, place) if words else on_the_line(mutation.text, span, place)
        for words in mutation.at
        for place in mutation._replace(at=(words,)).places()
    )


def at_words(text: str, span: Place, place: Place) -> bool:
    """Return whether a span is part of the words, or contains them on the same lines and few others."""
    if place.start <= span.start and span.end <= place.end:
        return True
    if not (span.start <= place.start and place.end <= span.end):
        return False
    before, after = text[span.start : place.start], text[place.end : span.end]
    return "\n" not in before + after and len(before.split()) + len(after.split()) <= MORE_WORDS


def on_the_line(text: str, span: Place, place: Place) -> bool:
    """Return whether a span is on one line only: if something is missing, the suite can't name words."""
    return span.start <= place.end and place.start <= span.end and "\n" not in text[span.start : span.end].rstrip("\n")


RAISED = {"ZR1003": "a source that ZL008 proves to be missing is an error"}
"""Codes whose findings may be errors although the level of their rule is lower."""


def at_its_level(code: str, finding: Finding) -> bool:
    """Return whether a finding has the level of its rule, or for several rules the highest of their levels."""
    if finding.code != code:
        return code in finding.also and finding.severity >= level(code)
    return finding.severity is level(code) or (code in RAISED and finding.severity is Severity.ERROR)


def reported(mutation: Mutation) -> bool:
    found = report(mutation)
    wanted = [finding for finding in found.findings if at_its_level(mutation.code, finding)]
    return any(points_at(mutation, finding, found.source) for finding in wanted)


def errors(mutation: Mutation) -> list[str]:
    return [f"{f.code} {f.message}" for f in report(mutation).findings if f.severity is Severity.ERROR]


@in_groups(BREAKING, Mutation.of)
def test_a_breaking_edit_is_reported_at_the_words_concerned(mutation: Mutation) -> None:
    assert reported(mutation), mutation.why


@in_groups(KEEPING, Mutation.of)
def test_a_keeping_edit_is_no_error(mutation: Mutation) -> None:
    assert errors(mutation) == [], mutation.why


@pytest.mark.thorough
def test_where_a_command_of_the_prd_says_fail_something_is_reported() -> None:
    unnoticed = [m for m in BREAKING + KEEPING if all(f.severity < Severity.WARNING for f in report(m).findings)]
    assert unnoticed
    outcomes = run_on_all([mutation.text.encode() for mutation in unnoticed])
    failing = {
        mutation.name: [name for name, passed in outcome.items() if not passed]
        for mutation, outcome in zip(unnoticed, outcomes, strict=True)
    }
    assert {name: commands for name, commands in failing.items() if commands} == {}


def test_the_rates(record_property: Callable[[str, object], None]) -> None:
    caught = sum(map(reported, BREAKING))
    kept = sum(not errors(mutation) for mutation in KEEPING)
    for rate in rates(caught, kept):
        record_property(TOLD, rate)
    assert (caught, kept) == (len(BREAKING), len(KEEPING))


def rates(caught: int, kept: int) -> Iterator[str]:
    yield f"breaking edits reported: {caught} of {len(BREAKING)} ({caught / len(BREAKING):.1%})"
    yield f"keeping edits without an error: {kept} of {len(KEEPING)} ({kept / len(KEEPING):.1%})"
