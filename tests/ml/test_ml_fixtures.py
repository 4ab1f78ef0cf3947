"""The cases of fixtures/ml: for each rule Dockerfiles on which it speaks, and near misses on which it is silent."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tomli

from zr4lint.checks import KINDS
from zr4lint.linting.engine import lint
from zr4lint.model.finding import FileReport
from zr4lint.model.source import SourceFile
from zr4lint.packs.reader import Pack, load_pack

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "fixtures" / "ml"
CASES = sorted(path.parent for path in FOLDER.glob("*/*/expected.toml"))
LEAST = 4


@cache
def pack() -> Pack:
    return load_pack("ml", KINDS)


def report_on(text: str) -> FileReport:
    return lint(SourceFile.decode(text.encode(), "Dockerfile"), [pack()])


def expected(case: Path) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = tomli.loads((case / "expected.toml").read_text(encoding="utf-8"))["finding"]
    return findings


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_case(case: Path) -> None:
    report = report_on((case / "Dockerfile").read_text(encoding="utf-8"))
    found = [f for f in report.findings if f.name == case.parent.name]
    shown = [
        (report.source.line_of(f.span.start), report.source.slice(f.span), f.severity.label, f.message) for f in found
    ]
    wanted = expected(case)
    assert shown == [(w["line"], w["words"], w["severity"], w["message"]) for w in wanted]


@pytest.mark.parametrize("rule", [rule.rule.name for rule in pack().rules])
def test_every_rule_has_cases_for_and_against(rule: str) -> None:
    sides = Counter(bool(expected(case)) for case in CASES if case.parent.name == rule)
    assert sides[True] >= LEAST
    assert sides[False] >= LEAST


def test_every_case_is_one_of_a_rule() -> None:
    assert {case.parent.name for case in CASES} == {rule.rule.name for rule in pack().rules}


@pytest.mark.parametrize("rule", pack().rules, ids=lambda rule: rule.rule.code)
def test_examples_of_the_rule(rule: Any) -> None:
    code = rule.rule.code
    assert code in {f.code for f in report_on(rule.rule.bad.strip() + "\n").findings}
    assert code not in {f.code for f in report_on(rule.rule.good.strip() + "\n").findings}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_fixes_remove_what_they_fix(case: Path) -> None:
    """A safe or unsafe fix of a rule, applied alone, leaves one finding of that rule less."""
    text = (case / "Dockerfile").read_text(encoding="utf-8")
    found = [f for f in report_on(text).findings if f.name == case.parent.name]
    for finding in found:
        if finding.fix is None:
            continue
        changed = text
        for edit in sorted(finding.fix.edits, reverse=True):
            changed = changed[: edit.start] + edit.text + changed[edit.end :]
        after = [f for f in report_on(changed).findings if f.name == case.parent.name]
        assert len(after) < len(found), changed
