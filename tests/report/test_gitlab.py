from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from zr4lint.model.finding import Report, Severity
from zr4lint.report import FORMATS, Options

from .sample import Sample, reports

SAMPLE = Sample("FROM a\nRUN pip install torch==2.5.0\n", "./docker/Dockerfile")


def written(report: Report) -> list[dict[str, Any]]:
    text = FORMATS["gitlab"].render(report, Options())
    assert text.isascii()
    entries: list[dict[str, Any]] = json.loads(text)
    return entries


def test_a_finding() -> None:
    (entry,) = written(SAMPLE.report(SAMPLE.finding("torch==2.5.0", message="torch is 2.5.0")))
    assert len(entry.pop("fingerprint")) == 32
    assert entry == {
        "description": "ZR0501 torch-pin: torch is 2.5.0",
        "check_name": "ZR0501",
        "severity": "major",
        "location": {"path": "docker/Dockerfile", "lines": {"begin": 2, "end": 2}},
    }


def test_severities() -> None:
    findings = [SAMPLE.finding("FROM", severity=severity) for severity in Severity]
    assert [entry["severity"] for entry in written(SAMPLE.report(*findings))] == ["info", "minor", "major"]


def test_what_is_suppressed_is_not_there() -> None:
    assert written(SAMPLE.report(SAMPLE.finding("FROM", suppressed=True))) == []


def test_a_fingerprint_stays_when_lines_move() -> None:
    moved = Sample("# a\n" * 20 + SAMPLE.source.text, SAMPLE.source.path)
    (before,), (after,) = (written(s.report(s.finding("torch==2.5.0"))) for s in (SAMPLE, moved))
    assert before["fingerprint"] == after["fingerprint"]
    assert before["location"] != after["location"]


@pytest.mark.slow
@given(reports())
def test_gitlab_takes_it_whatever_the_file_holds(report: Report) -> None:
    entries = written(report)
    assert len(entries) == sum(not finding.suppressed for finding in report.files[0].findings)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    for entry in entries:
        assert entry["description"].isprintable()
        assert 1 <= entry["location"]["lines"]["begin"] <= entry["location"]["lines"]["end"]
