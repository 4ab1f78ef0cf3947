"""Every rule by its fixtures: small files in `fixtures/<rule>/<case>/`, with what that rule has to say of them.

`expected.toml` lists the findings of the rule the folder is named for, and of no other: line, column, the words under
the span, severity, message. `fix` says how far the fix may be trusted, "none" that there must not be one,
and nothing where the case is not about that. `fixed/Dockerfile.zr4` is the text after the fixes that are named. The
folder of a case is its build context.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from zr4lint.app.run import load_packs
from zr4lint.linting.engine import Config, lint
from zr4lint.model.finding import Edit, Finding, Fix, Rule
from zr4lint.model.source import SourceFile
from zr4lint.packs.reader import Pack

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
FILE = "Dockerfile.zr4"
WHOLE = ("zr4", "mutations", "fixing", "second-spec", "ml")
"""Folders that are not of one rule."""

CASES = sorted(path.parent for path in FIXTURES.glob(f"*/*/{FILE}") if path.parts[-3] not in WHOLE)

WITHOUT_EXAMPLE = {
    "line-count": "an example would have 127 lines",
    "scripts-exist": "it looks at the folder beside the file",
    "cmd-last": "an example would have 127 lines",
    "layer-order": "an example needs the requirements of several layers",
    "layer-lines": "an example would have the lines of a whole layer above it",
    "layer-banner": "an example needs a layer",
    "not-in-prd": "an example needs all that the other rules ask for",
}


@cache
def zr4() -> Pack:
    return load_packs(["zr4"])[0]


def rules() -> Mapping[str, Rule]:
    return {rule.rule.name: rule.rule for rule in zr4().rules}


class Expected(NamedTuple):
    """One finding as `expected.toml` has it; `fix` is None where nothing is said of it."""

    line: int
    column: int
    words: str
    severity: str
    message: str
    fix: str | None


def expectations(case: Path) -> list[Expected]:
    table = tomllib.loads((case / "expected.toml").read_text(encoding="utf-8"))
    assert table.keys() == {"why", "finding"}
    assert table["why"].endswith(".")
    return [Expected(**{"fix": None, **finding}) for finding in table["finding"]]


def found_by(rule: Rule, source: SourceFile, context: str | None) -> list[Finding]:
    report = lint(source, [zr4()], Config(select=(rule.code,), context=context))
    return [finding for finding in report.findings if finding.code == rule.code]


def applied(text: str, fixes: Sequence[Fix]) -> str:
    """The text with the edits of all fixes; one that another has made needless or impossible is left out."""
    edits: list[Edit] = []
    for edit in (edit for fix in fixes for edit in fix.edits):
        if not any(edit == other or (edit.start < other.end and other.start < edit.end) for other in edits):
            edits.append(edit)
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: e.start):
        parts += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*parts, text[at:]))


def describe(finding: Finding, source: SourceFile, expected: Expected | None) -> dict[str, Any]:
    """A finding in the terms of `expected.toml`; its fix only where that is asked for."""
    line, column = source.position(finding.span.start)
    fix: str | None = finding.fix.applicability.label if finding.fix is not None else "none"
    if expected is not None:
        fix = fix if expected.fix is not None else None
    return Expected(line, column, source.slice(finding.span), finding.severity.label, finding.message, fix)._asdict()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_fixture(case: Path) -> None:
    rule = rules()[case.parent.name]
    source = SourceFile.decode((case / FILE).read_bytes(), f"fixtures/{FILE}")
    expected = expectations(case)
    assert bool(expected) == case.name.startswith("bad-"), "the name of a case says what it is"
    findings = found_by(rule, source, str(case))
    padded = [*expected, *[None] * len(findings)]
    shown = [describe(f, source, e) for f, e in zip(findings, padded, strict=False)]
    assert shown == [e._asdict() for e in expected]

    fixes = [f.fix for f, e in zip(findings, expected, strict=True) if f.fix and e.fix in ("safe", "unsafe")]
    fixed = case / "fixed" / FILE
    assert fixed.is_file() == bool(fixes), "a fix shows what it makes"
    if fixes:
        text = applied(source.text, fixes)
        assert text == fixed.read_bytes().decode()
        left = found_by(rule, SourceFile(text, source.path), str(case))
        assert len(left) == len(findings) - len(fixes), "a fix mends its finding"


def test_every_rule_has_two_fixtures_of_each_kind() -> None:
    for name in rules():
        for kind in ("bad", "good"):
            cases = [case for case in CASES if case.parent.name == name and case.name.startswith(kind)]
            assert len(cases) >= 2, f"{name}: {kind}"


def test_every_folder_is_a_rule() -> None:
    assert {case.parent.name for case in CASES} == set(rules())


@pytest.mark.parametrize("name", [name for name, rule in rules().items() if rule.bad])
def test_a_bad_example_fires_its_own_rule(name: str) -> None:
    rule = rules()[name]
    assert found_by(rule, SourceFile(rule.bad, FILE), None), rule.bad


@pytest.mark.parametrize("name", [name for name, rule in rules().items() if rule.good])
def test_a_good_example_does_not_fire_its_rule(name: str) -> None:
    rule = rules()[name]
    assert not found_by(rule, SourceFile(rule.good, FILE), None), rule.good


def test_rules_without_an_example_have_a_reason() -> None:
    assert {name for name, rule in rules().items() if not (rule.bad and rule.good)} == set(WITHOUT_EXAMPLE)
