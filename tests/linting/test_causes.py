"""One cause gives one finding, at the words that cause it; near misses give none."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from msgspec import Struct, convert

from zr4lint.app.assignment import load_packs
from zr4lint.checks import KINDS
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import lint
from zr4lint.model.finding import FileReport, Finding, Severity
from zr4lint.model.source import SourceFile
from zr4lint.packs.reader import read_pack

HERE = Path(__file__).parent
TEXT = (HERE.parents[1] / "docker" / "Dockerfile.zr4").read_text(encoding="utf-8")
LONGEST = 80


class Edited(Struct, frozen=True):
    """An edit of the conforming file, and the finding on it."""

    name: str
    why: str
    replace: tuple[tuple[str, str], ...]
    at: str = ""
    words: str = ""
    code: str = ""
    also: tuple[str, ...] = ()
    message: str = ""
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        text = TEXT
        for old, new in self.replace:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return text


class Table(Struct, frozen=True):
    cause: tuple[Edited, ...]
    no_cause: tuple[Edited, ...]
    failing: tuple[Edited, ...]


TABLE = convert(tomllib.loads((HERE / "causes.toml").read_text(encoding="utf-8")), Table)


@cache
def report(text: str, packs: Sequence[str] = ("zr4",), select: tuple[str, ...] = ()) -> FileReport:
    return lint(SourceFile(text, "Dockerfile.zr4"), load_packs(list(packs)), LintOptions(select=select))


def errors(found: FileReport) -> list[Finding]:
    return [finding for finding in found.findings if finding.severity is Severity.ERROR]


@pytest.mark.parametrize("edited", [*TABLE.cause, *TABLE.failing], ids=lambda edited: edited.name)
def test_a_cause_is_told_once_where_it_is(edited: Edited) -> None:
    found = report(edited.text)
    (finding,) = errors(found)
    assert (f"{finding.line}:{finding.column}", found.source.slice(finding.span)) == (edited.at, edited.words)
    assert (finding.code, finding.message) == (edited.code, edited.message)
    assert (finding.also, finding.notes) == (edited.also, edited.notes)
    assert len(finding.message) <= LONGEST


@pytest.mark.parametrize("edited", TABLE.no_cause, ids=lambda edited: edited.name)
def test_what_only_looks_like_a_cause_is_not_told(edited: Edited) -> None:
    assert errors(report(edited.text)) == []


@pytest.mark.parametrize("edited", TABLE.cause, ids=lambda edited: edited.name)
def test_each_requirement_still_counts(edited: Edited) -> None:
    """The table lists each requirement of the one finding as unmet."""
    found = report(edited.text)
    unmet = {code for row in found.conformance[0].rows for code in row.unmet}
    (finding,) = errors(found)
    codes = {code for code in (finding.code, *finding.also) if code.startswith("ZR")}
    assert codes & unmet or finding.code == "ZL006"
    assert found.conformance[0].met < found.conformance[0].total


def test_the_selection_decides_what_is_merged() -> None:
    edited = next(edited for edited in TABLE.cause if edited.name == "pip-that-downloads")
    (finding,) = report(edited.text, select=("ZR0503",)).findings
    assert (finding.code, finding.also) == ("ZR0503", ())


def test_two_causes_are_told_apart() -> None:
    named = {edited.name: edited for edited in TABLE.cause}
    text = named["simulated"].text
    for old, new in named["help-instead"].replace:
        text = text.replace(old, new)
    assert [finding.message for finding in errors(report(text))] == [
        named["simulated"].message,
        named["help-instead"].message,
    ]


STAGES = """
name = "stages"
title = "Stages"
files = ["*"]
document = "STAGES.md"

[[rule]]
code = "ST101"
name = "settings"
level = "error"
check = "variables-set"
names = ["LEVEL"]
summary = "LEVEL is set."
why = "A log."

[[rule]]
code = "ST102"
name = "last"
level = "error"
check = "final-stage"
stage = "job"
summary = "The job is built."
why = "It is shipped."
"""


def test_the_finding_whose_fix_changes_the_stage_is_the_cause() -> None:
    """A finding on what the stage lacks is also at its FROM, but is not the cause."""
    pack = read_pack(tomllib.loads(STAGES), KINDS, "stages.toml")
    text = "FROM debian:12 AS job\nENV LEVEL=1\nFROM debian:12 AS tail\nCOPY --from=job /b /b\n"
    (finding,) = lint(SourceFile(text, "Dockerfile"), [pack]).findings
    assert (finding.code, finding.message, finding.also) == (
        "ST102",
        "the last stage does not build on `job`",
        ("ST101",),
    )
    assert finding.notes[-2] == "Because of this: LEVEL is not set."


def test_a_suppressed_finding_is_in_no_other() -> None:
    edited = next(edited for edited in TABLE.cause if edited.name == "pip-that-downloads")
    comment = "# zr4lint: ignore[ZR0502] These two come later.\n"
    text = edited.text.replace("RUN pip download", f"{comment}RUN pip download")
    told = [f for f in errors(report(text)) if f.span.of(text) == "pip download" and not f.suppressed]
    assert all("ZR0502" not in (f.code, *f.also) for f in told)


def test_a_cause_is_found_among_unrelated_fixes() -> None:
    """One of several fixable findings explains others: an additional line moves CMD."""
    text = TEXT
    for old, new in (
        ("    torch==2.5.1 \\\n", "    torch==2.4.1 \\\n"),
        ("flash-attn==2.7.4.post1", "flash-attn==2.6.3"),
        ('"mmpose>=1.3.0"', '"mmpose>=1.2.0"'),
        ("\nCMD ", "\n\nCMD "),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    told = {finding.code: finding.also for finding in errors(report(text))}
    assert told == {"ZR0501": (), "ZR0601": (), "ZR0703": (), "ZR0101": ("ZR1105", "ZR1202")}


@pytest.mark.parametrize("trigger", ["FROM debian:11", "MAINTAINER ops@example.com", "ONBUILD RUN true"])
def test_an_onbuild_that_is_refused_has_one_finding(trigger: str) -> None:
    """The finding does not advise to remove ONBUILD, since the file would still be wrong without it."""
    text = f"FROM debian:12\nONBUILD {trigger}\n"
    findings = lint(SourceFile(text, "Dockerfile"), load_packs(["core"])).findings
    word = trigger.split()[0]
    told = [(f.span.of(text), f.message) for f in findings if f.code == "ZC129"]
    assert told == [(word, f"ONBUILD does not accept {word}")]


def test_an_onbuild_that_runs_in_a_later_stage_is_no_cause() -> None:
    text = "FROM debian:12 AS base\nONBUILD RUN if x\nFROM base AS one\nFROM base\n"
    findings = lint(SourceFile(text, "Dockerfile"), load_packs(["core"])).findings
    told = [(f.line, f.message) for f in findings if f.severity is Severity.ERROR]
    assert told == [(2, "the shell can't parse this RUN: `if` has no `then`")]
