from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from zr4lint.model.finding import Report, Severity
from zr4lint.model.source import Span
from zr4lint.report import FORMATS, Options

from .sample import RULE, Sample, reports

SAMPLE = Sample("FROM a\nRUN pip install torch==2.5.0\n", "./docker/Dockerfile")


def written(report: Report) -> dict[str, Any]:
    text = FORMATS["sonarqube"].render(report, Options())
    assert text.isascii()
    document: dict[str, Any] = json.loads(text)
    return document


def text_range(sample: Sample, span: Span) -> dict[str, int]:
    (issue,) = written(sample.report(sample.finding(span)))["issues"]
    found: dict[str, int] = issue["primaryLocation"]["textRange"]
    return found


def test_a_finding_and_its_rule() -> None:
    document = written(SAMPLE.report(SAMPLE.finding("torch==2.5.0", message="torch is 2.5.0")))
    assert document == {
        "rules": [
            {
                "id": "ZR0501",
                "name": "torch-pin",
                "description": f"{RULE.summary} {RULE.why}",
                "engineId": "zr4lint",
                "cleanCodeAttribute": "CONVENTIONAL",
                "type": "CODE_SMELL",
                "severity": "MAJOR",
                "impacts": [{"softwareQuality": "MAINTAINABILITY", "severity": "HIGH"}],
            }
        ],
        "issues": [
            {
                "ruleId": "ZR0501",
                "primaryLocation": {
                    "message": "torch is 2.5.0.",
                    "filePath": "docker/Dockerfile",
                    "textRange": {"startLine": 2, "endLine": 2, "startColumn": 16, "endColumn": 28},
                },
            }
        ],
    }


def test_each_broken_rule_is_there_once() -> None:
    findings = [SAMPLE.finding("FROM", severity=severity) for severity in Severity]
    document = written(SAMPLE.report(*findings, SAMPLE.finding("a", code="XX1", suppressed=True)))
    assert [rule["id"] for rule in document["rules"]] == ["ZR0501"]
    assert len(document["issues"]) == 3


def test_ranges() -> None:
    sample = Sample("RUN 😀 a\nRUN b\n")
    assert text_range(sample, sample.at("a")) == {"startLine": 1, "endLine": 1, "startColumn": 7, "endColumn": 8}
    assert text_range(sample, Span(3, 3)) == {"startLine": 1, "endLine": 1}
    assert text_range(sample, Span(0, 10)) == {"startLine": 1, "endLine": 2}
    assert text_range(sample, Span(7, 8)) == {"startLine": 1, "endLine": 1}


@pytest.mark.slow
@given(reports())
def test_sonarqube_takes_it_whatever_the_file_holds(report: Report) -> None:
    document = written(report)
    lines = report.files[0].source.text.split("\n")
    rules = {rule["id"] for rule in document["rules"]}
    for issue in document["issues"]:
        assert issue["ruleId"] in rules
        place = issue["primaryLocation"]
        assert place["message"].isprintable()
        found = place["textRange"]
        assert 1 <= found["startLine"] <= found["endLine"] <= len(lines)
        if "startColumn" in found:
            length = len(lines[found["endLine"] - 1].encode("utf-16-le", "surrogatepass")) // 2
            assert 0 <= found["startColumn"] < found["endColumn"] <= length
