"""`zr4lint prd check`: findings in documents with their exact words, and near misses."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.documents.support import FIXTURES
from tests.inprocess import call
from zr4lint.documents.check import check
from zr4lint.model.source import SourceFile
from zr4lint.packs.document_rules import DOCUMENT_RULES

if TYPE_CHECKING:
    from zr4lint.model.finding import Finding, Rule

ROOT = Path(__file__).resolve().parents[2]
BROKEN = FIXTURES / "broken.prd.md"
EXPECTED = tomllib.loads((FIXTURES / "broken.toml").read_text())["finding"]
GUIDE = ROOT / "docs" / "writing-a-prd.md"
TARGET = "## After\n\n```dockerfile\nFROM debian:12\n```\n\n"
PRD = ROOT.parent / "shared" / "prd" / "Dockerfile.zr4.prd.md"


def found(text: str) -> list[Finding]:
    return [*check(SourceFile(text, "x.md")).findings]


def example() -> str:
    """Return the example of the guide."""
    block = re.search(r"^````markdown\n(.*?)^````$", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert block is not None
    return block[1]


def test_a_document_with_faults_of_every_kind() -> None:
    text = BROKEN.read_text()
    findings = found(text)
    assert [(f.line, f"{f.code} {f.name}", f.message) for f in findings] == [
        (e["line"], e["rule"], e["message"]) for e in EXPECTED
    ]
    for finding, expected in zip(findings, EXPECTED, strict=True):
        assert finding.span.of(text).startswith(expected["words"])
        if "related" in expected:
            assert finding.related[0].span.of(text).startswith(expected["related"])


def test_a_script_without_a_command_has_no_fault() -> None:
    for body in ("", "\n", "# later\n"):
        assert found(f"{TARGET}## Verification\n\n```bash\n{body}```\n") == []


def test_the_example_of_the_guide_has_no_fault() -> None:
    assert [f"{f.line}: {f.code} {f.message}" for f in found(example())] == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("3.12-slim AS base\nENV", "3.13-slim AS base\nENV", "PD301"),
        ("2 packages", "3 packages", "PD201"),
        ("Lines 1-3", "Lines 1-2", "PD202"),
        ('"FAIL: base image"\n    exit 1', '"FAIL: base image"', "PD305"),
        (r"\[", "[", "PD301"),
        ("# empty\n", "# no requests==2.32.3\n", "PD302"),
        ("RUN apt-get update", "# with requests==2.32.3\nRUN apt-get update", "PD303"),
        ("requests$|requests==2.32.3", "requests==2.32.3|requests", "PD402"),
        ("FROM python:3.12-slim AS base\nENV", "FROM nvidia/cuda:12.4-devel-ubuntu22.04 AS base\nENV", "PD601"),
    ],
)  # fmt: skip
def test_each_change_of_the_example_is_found(old: str, new: str, code: str) -> None:
    text = example()
    changed = text.replace(old, new)
    assert changed != text
    assert code in {finding.code for finding in found(changed)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Docker at our company\n\nWe like Docker. It was 150 MB.\n",
        "```dockerfile\n# Bad\nFROM ubuntu\n# Good\nFROM ubuntu:22.04\n```\n",
        "## Section 1\n\n```bash\nwc -l Dockerfile # 10 lines\n```\n\nLater it has 20 lines, then 30 lines.\n",
        "## Target\n\n<!-- zr4: other -->\n\n```dockerfile\nFROM ubuntu\n```\n",
        "---\nbroken front matter\n",
        "~~~~\n```\n",
        "| a |\n|---|\n",
        "## After\n\n- item\n  ```dockerfile\n  FROM ubuntu\n  ```\n",
        "> ```bash\n> exit 1\n> ```\n",
    ],
)
def test_documents_without_a_fault(text: str) -> None:
    assert [finding for finding in found(text) if finding.code != "PD901"] == []


def test_every_rule_has_a_code_and_a_name_of_its_own() -> None:
    assert max(Counter(rule.code for rule in DOCUMENT_RULES).values()) == 1
    assert max(Counter(rule.name for rule in DOCUMENT_RULES).values()) == 1
    assert all(rule.summary.endswith(".") and rule.why.endswith(".") for rule in DOCUMENT_RULES)


@pytest.mark.parametrize("rule", [rule for rule in DOCUMENT_RULES if rule.bad], ids=lambda rule: rule.code)
def test_examples_of_the_rules(rule: Rule) -> None:
    assert rule.code in {finding.code for finding in found(rule.bad)}
    assert rule.code not in {finding.code for finding in found(rule.good)}


def test_formats(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(BROKEN.read_text())
    done = call("prd", "check", "--format", "json", "a.md", cwd=tmp_path)
    assert done.code == 1
    listed = json.loads(done.out)["findings"]
    assert len(listed) == sum(not e["rule"].startswith("PD901") for e in EXPECTED)
    sarif = json.loads(call("prd", "check", "--format", "sarif", "a.md", cwd=tmp_path).out)
    rules = {rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in sarif["runs"][0]["results"]} <= rules
    github = call("prd", "check", "--format", "github", "a.md", cwd=tmp_path).out
    assert "::error file=a.md,line=7," in github
    (tmp_path / "good.md").write_text(example())
    assert call("prd", "check", "good.md", cwd=tmp_path).code == 0


@pytest.mark.slow
@pytest.mark.skipif(not PRD.exists(), reason="the user's document is not in the repository")
@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("PD101", {12, 978, 1096, 1104, 790}),
        ("PD201", {23, 206, 257}),
        ("PD202", {115, 171, 272, 887}),
        ("PD203", {1123}),
        ("PD204", {1133}),
        ("PD301", {65, 133, 740, 1029, 1208}),
        ("PD302", {563}),
        ("PD303", {394}),
        ("PD305", {296, 376, 468, 552, 638, 729, 808, 905}),
        ("PD306", {205, 300}),
        ("PD307", {133}),
        ("PD308", {428, 597}),
        ("PD401", {500, 868}),
        ("PD402", {146, 253, 340, 417, 585, 862}),
        ("PD403", {237}),
        ("PD503", {977}),
        ("PD602", {984, 1032, 1214}),
        ("PD901", {625}),
    ],
)
def test_the_document_of_dockerfile_zr4(code: str, lines: set[int]) -> None:
    findings = found(PRD.read_text())
    assert lines <= {finding.line for finding in findings if finding.code == code}


def test_line_ends_of_windows_change_nothing() -> None:
    text = (FIXTURES / "broken.prd.md").read_text()
    plain, windows = (check(SourceFile(t, "x.md")).findings for t in (text, text.replace("\n", "\r\n")))
    assert len(plain) > 10
    assert [(f.line, f.column, f.code, f.message) for f in windows] == [
        (f.line, f.column, f.code, f.message) for f in plain
    ]
