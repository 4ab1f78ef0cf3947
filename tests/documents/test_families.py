"""Families of faults and of statements in documents, with near misses: fixtures/documents/families.toml."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests.documents.support import FIXTURES
from zr4lint.documents.check import check
from zr4lint.documents.demanding.demands import read
from zr4lint.documents.document import Document
from zr4lint.model.source import SourceFile, Span

FAMILIES = tomllib.loads((FIXTURES / "families.toml").read_text())


@pytest.mark.parametrize("case", FAMILIES["check"], ids=lambda case: case["name"])
def test_what_is_found(case: dict[str, Any]) -> None:
    findings = check(SourceFile(case["text"], "x.md")).findings
    assert [[f.line, f.code, f.message] for f in findings if f.code != "PD901"] == case.get("said", [])


@pytest.mark.parametrize("case", FAMILIES["compile"], ids=lambda case: case["name"])
def test_what_compiles(case: dict[str, Any]) -> None:
    found = [demand for one in read(Document(SourceFile(case["text"], "x.md"))) for demand in one.demands]
    wanted = case.get("demands", [])
    assert [demand.kind for demand in found] == [one["kind"] for one in wanted]
    for demand, one in zip(found, wanted, strict=True):
        assert one["of"] in str(dict(demand.parameters))
        assert demand.level == one.get("level", demand.level)


@pytest.mark.parametrize("end", ["\r", "\v", "\f", "\x1c", "\x85", "\u2028"])
def test_other_line_ends_end_no_line_of_a_block(end: str) -> None:
    text = f"```dockerfile\nFROM a\n{end}RUN b\n```\n"
    (fence,) = Document(SourceFile(text, "x.md")).fences
    assert (fence.body.text, fence.body.span(0, len(fence.body.text))) == ("FROM a\n RUN b\n", Span(14, 28))


def test_a_table_without_a_head_counts_nothing() -> None:
    report = check(SourceFile("# Shop\n\nThe two parts.\n\n|\n|-\n|\n|\n", "x.md"))
    assert "table" not in " ".join(finding.message for finding in report.findings)
