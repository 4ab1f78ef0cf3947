"""The general kinds of check that derived packs use: cases that meet a kind and cases that do not."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.documents.support import FIXTURES, found, rule_of
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import lint
from zr4lint.model.finding import Severity
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

CASES = tomllib.loads((FIXTURES / "kinds.toml").read_text())["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}: {case['text'][:40]}")
def test_cases(case: dict[str, Any]) -> None:
    text = f"FROM debian:12\n{case['text']}\n"
    findings = found(text, rule_of(case["kind"], case["parameters"]))
    assert sorted([f.message, f.span.of(text)] for f in findings) == sorted(case.get("findings", []))


@pytest.mark.parametrize(
    ("ignored", "parameters", "said"),
    [
        (None, {}, ["the build context has no .dockerignore"]),
        ("*.md\n", {}, []),
        (".git\nnode_modules/*\n", {"paths": [".git", "node_modules"]}, []),
        ("*\n!a\n", {"paths": ["a", "b"]}, [".dockerignore does not leave out `a`"]),
    ],
)
def test_files_that_a_context_leaves_out(
    tmp_path: Path, ignored: str | None, parameters: dict[str, Any], said: list[str]
) -> None:
    if ignored is not None:
        (tmp_path / ".dockerignore").write_text(ignored)
    options = LintOptions(context=str(tmp_path))
    pack = rule_of("ignored-files", parameters)
    report = lint(SourceFile("FROM debian:12\n", str(tmp_path / "Dockerfile")), [pack], options)
    assert [f.message for f in report.findings if f.code == pack.rules[0].rule.code] == said


@pytest.mark.parametrize(
    ("removal", "severity"),
    [
        ("apt-get purge -y git", Severity.ERROR),
        ("apt-get purge -y --auto-remove", Severity.ERROR),
        ("apt-get purge -y 'cur*'", Severity.WARNING),
        ("apt-get purge -y $(cat /a)", Severity.WARNING),
        ("apt-mark auto '.*' && apt-get purge -y --auto-remove", Severity.WARNING),
    ],
)
def test_a_forbidden_package_that_may_be_removed_again(removal: str, severity: Severity) -> None:
    text = f"FROM debian:12\nRUN apt-get install -y curl && {removal}\n"
    (finding,) = found(text, rule_of("forbidden-packages", {"packages": ["curl"]}))
    assert (finding.message, finding.severity) == ("`curl` is installed", severity)


@pytest.mark.parametrize("change", ["chown 6:6 /x/a", "chmod 600 /x/a"])
@pytest.mark.parametrize(
    ("run", "severity"),
    [("{}", Severity.ERROR), ("test -f /b && {}", Severity.ERROR), ("if test -f /b; then {}; fi", Severity.WARNING)],
)
def test_a_copied_file_that_may_be_changed(change: str, run: str, severity: Severity) -> None:
    text = f"FROM debian:12\nCOPY --chown=5:5 --chmod=644 a /x/\nRUN {run.format(change)}\n"
    rule = rule_of("copies-to", {"sources": ["a"], "target": "/x/a", "owner": "5:5", "mode": "644"})
    (finding,) = found(text, rule)
    assert (finding.span.of(text), finding.severity) == (change, severity)


@pytest.mark.parametrize(
    "command",
    [
        *("apt-get install -s curl", "apt-get -ys install curl", "apt-get install -y --download-only curl"),
        *("apt-get install -y -o APT::Get::Simulate=true curl", "apt-get build-dep -y curl", "apk add --simulate curl"),
        *("dnf install -y --downloadonly curl", "pip install --dry-run curl", "zypper -n install --dry-run curl"),
    ],
)
def test_a_command_that_only_simulates_installs_nothing(command: str) -> None:
    assert found(f"FROM debian:12\nRUN {command}\n", rule_of("forbidden-packages", {"packages": ["curl"]})) == []


@pytest.mark.parametrize(("stage", "met"), [("0", True), ("1", False), ("a", False)])
def test_a_rule_names_a_stage_by_number(stage: str, met: bool) -> None:
    text = "FROM debian:12\nUSER x\nFROM debian:12 AS a\nUSER y\n"
    assert bool(found(text, rule_of("runs-as", {"user": "x", "stage": stage}))) is not met
