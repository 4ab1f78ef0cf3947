from __future__ import annotations

import json

import pytest
from hypothesis import given

from zr4lint.model.finding import Related, Report, Severity
from zr4lint.report import FORMATS, Options

from .sample import CONFORMANCE, Sample, reports

SAMPLE = Sample("FROM a\nRUN 日本 torch==2.5.0\n", "docker/Dockerfile")


def test_version_1() -> None:
    finding = SAMPLE.finding(
        "torch==2.5.0",
        message="torch is pinned to 2.5.0",
        notes=("Another torch is another ABI.",),
        help="Pin torch==2.5.1",
        references=("pytorch RELEASE.md",),
        aliases=("X1",),
        expected="torch==2.5.1",
        requirement="PRD section 5",
        related=(Related("here", SAMPLE.at("FROM")),),
        fix=SAMPLE.fix("2.5.0", "2.5.1"),
    )
    report = SAMPLE.report(finding, conformance=(CONFORMANCE,))
    assert json.loads(FORMATS["json"].render(report, Options())) == {
        "version": 1,
        "findings": [
            {
                "path": "docker/Dockerfile",
                "code": "ZR0501",
                "name": "torch-pin",
                "severity": "error",
                "message": "torch is pinned to 2.5.0",
                "notes": ["Another torch is another ABI."],
                "help": "Pin torch==2.5.1",
                "references": ["pytorch RELEASE.md"],
                "aliases": ["X1"],
                "expected": "torch==2.5.1",
                "line": 2,
                "column": 8,
                "end_line": 2,
                "end_column": 20,
                "requirement": "PRD section 5",
                "source": None,
                "origin": None,
                "related": [{"message": "here", "line": 1, "column": 1, "end_line": 1, "end_column": 5}],
                "fix": {
                    "title": "Mend it",
                    "applicability": "safe",
                    "edits": [{"start": 21, "end": 26, "text": "2.5.1"}],
                },
                "suppressed": False,
                "conflict": None,
            }
        ],
        "files": [
            {
                "path": "docker/Dockerfile",
                "pack": "zr4",
                "requirements": {"met": 5, "total": 6},
                "score": {
                    "total": 18.33,
                    "of": 20,
                    "criteria": {
                        "precision": {"points": 10, "of": 10},
                        "pinned versions": {"points": 8.33, "of": 10},
                    },
                },
                "rows": [
                    {"title": "1 base", "met": 2, "total": 2, "found": [1, 1], "required": [1, 1]},
                    {"title": "4 torch", "met": 1, "total": 2, "found": [30, 40], "required": [30, 40]},
                    {"title": "5 flash-attn", "met": 1, "total": 1, "found": [41, 54], "required": [42, 54]},
                    {"title": "whole file", "met": 1, "total": 1, "found": None, "required": None},
                ],
                "witnesses": [{"code": "ZR0203", "line": 1, "end_line": 1}],
            }
        ],
        "summary": {"error": 1, "warning": 0, "info": 0, "fixable": 1, "conflicts": 0, "fixed": 0},
    }


def test_what_is_not_known_is_null() -> None:
    document = json.loads(FORMATS["json"].render(SAMPLE.report(SAMPLE.finding("FROM")), Options()))
    finding, file = document["findings"][0], document["files"][0]
    assert (finding["requirement"], finding["expected"], finding["fix"], finding["related"]) == (None, None, None, [])
    assert (file["pack"], file["requirements"], file["score"], file["witnesses"]) == (None, None, None, [])


def test_suppressed_findings_are_there_but_not_counted() -> None:
    finding = SAMPLE.finding("FROM", severity=Severity.WARNING, suppressed=True, fix=SAMPLE.fix("FROM", "from"))
    document = json.loads(FORMATS["json"].render(SAMPLE.report(finding), Options()))
    assert document["findings"][0]["suppressed"] is True
    assert document["summary"] == {"error": 0, "warning": 0, "info": 0, "fixable": 0, "conflicts": 0, "fixed": 0}


@pytest.mark.slow
@given(reports())
def test_it_is_json_for_strict_readers_whatever_the_file_holds(report: Report) -> None:
    text = FORMATS["json"].render(report, Options())
    assert text.isascii()
    # A lone surrogate can't be encoded.
    json.dumps(json.loads(text), ensure_ascii=False).encode()
