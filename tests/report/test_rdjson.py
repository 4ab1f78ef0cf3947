from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from zr4lint.model.finding import Applicability, Edit, Fix, Report, Severity
from zr4lint.report import FORMATS, Options

from .sample import Sample, reports

SAMPLE = Sample("FROM a\nRUN echo é 😀 && pip install torch==2.5.0 mmcv\n", "./docker/Dockerfile")
SAFE, UNSAFE, DISPLAY = Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY


def written(report: Report) -> list[dict[str, Any]]:
    text = FORMATS["rdjson"].render(report, Options())
    assert text.isascii()
    document = json.loads(text)
    assert document["source"] == {"name": "zr4lint"}
    diagnostics: list[dict[str, Any]] = document["diagnostics"]
    return diagnostics


def applied(data: bytes, suggestion: dict[str, Any]) -> bytes:
    """Apply a fix as reviewdog does: lines from 1, columns in bytes of UTF-8 from 1, the end is exclusive."""
    starts = [0]
    for at, byte in enumerate(data):
        if byte == ord("\n"):
            starts.append(at + 1)
    start, end = (
        starts[suggestion["range"][name]["line"] - 1] + suggestion["range"][name]["column"] - 1
        for name in ("start", "end")
    )
    text: str = suggestion["text"]
    return data[:start] + text.encode() + data[end:]


def test_a_finding() -> None:
    finding = SAMPLE.finding("torch==2.5.0", message="torch is 2.5.0", fix=SAMPLE.fix("2.5.0", "2.5.1"))
    (diagnostic,) = written(SAMPLE.report(finding))
    assert diagnostic == {
        "message": "torch-pin: torch is 2.5.0.",
        "location": {
            "path": "docker/Dockerfile",
            "range": {"start": {"line": 2, "column": 33}, "end": {"line": 2, "column": 45}},
        },
        "severity": "ERROR",
        "code": {"value": "ZR0501", "url": "https://zr4lint.github.io/zr4lint/rules/ZR0501/"},
        "suggestions": [
            {"range": {"start": {"line": 2, "column": 40}, "end": {"line": 2, "column": 45}}, "text": "2.5.1"}
        ],
    }


def test_severities_and_what_is_suppressed() -> None:
    findings = [SAMPLE.finding("FROM", severity=severity) for severity in Severity]
    diagnostics = written(SAMPLE.report(*findings, SAMPLE.finding("FROM", suppressed=True)))
    assert [diagnostic["severity"] for diagnostic in diagnostics] == ["INFO", "WARNING", "ERROR"]


def test_a_fix_is_one_suggestion_whose_edits_stay_together() -> None:
    edits = (Edit.of(SAMPLE.at("mmcv"), "mmcv==2.1.0"), Edit.of(SAMPLE.at("2.5.0"), "2.5.1"))
    (diagnostic,) = written(SAMPLE.report(SAMPLE.finding("mmcv", fix=Fix("Pin both", UNSAFE, edits))))
    (suggestion,) = diagnostic["suggestions"]
    assert suggestion["text"] == "2.5.1 mmcv==2.1.0"
    fixed = SAMPLE.source.text.replace("2.5.0", "2.5.1").replace("mmcv", "mmcv==2.1.0")
    assert applied(SAMPLE.source.text.encode(), suggestion) == fixed.encode()


def test_lines_are_added_behind_the_last_one() -> None:
    end = len(SAMPLE.source.text)
    fix = Fix("Add CMD", SAFE, (Edit(end, end, "CMD a\n"),))
    (diagnostic,) = written(SAMPLE.report(SAMPLE.finding("FROM", fix=fix)))
    assert applied(SAMPLE.source.text.encode(), diagnostic["suggestions"][0]) == f"{SAMPLE.source.text}CMD a\n".encode()


@pytest.mark.parametrize(
    "fix", [None, Fix("Look", DISPLAY, (Edit(0, 4, "from"),)), Fix("No", SAFE, (Edit(0, 0, "\udcff"),))]
)
def test_what_is_not_to_be_applied_is_no_suggestion(fix: Fix | None) -> None:
    (diagnostic,) = written(SAMPLE.report(SAMPLE.finding("FROM", fix=fix)))
    assert "suggestions" not in diagnostic


@pytest.mark.slow
@given(reports())
def test_suggestions_are_the_fixes_whatever_the_file_holds(report: Report) -> None:
    (file,) = report.files
    shown = [finding for finding in file.findings if not finding.suppressed]
    for finding, diagnostic in zip(shown, written(report), strict=True):
        assert diagnostic["message"].isprintable()
        for suggestion in diagnostic.get("suggestions", ()):
            assert finding.fix is not None
            (edit,) = finding.fix.edits
            text = file.source.text
            fixed = (text[: edit.start] + edit.text + text[edit.end :]).encode("utf-8", "surrogateescape")
            assert applied(text.encode("utf-8", "surrogateescape"), suggestion) == fixed
