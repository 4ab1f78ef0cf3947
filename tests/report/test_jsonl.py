from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from zr4lint.model.finding import Report, Severity
from zr4lint.report import FORMATS, Options

from .sample import CONFORMANCE, Sample, reports

SAMPLE = Sample("FROM a\n", "a/Dockerfile")


def written(report: Report, options: Options | None = None) -> list[dict[str, Any]]:
    text = FORMATS["jsonl"].render(report, options or Options())
    assert text.isascii()
    return [json.loads(line) for line in text.split("\n")[:-1]]


def test_a_line_a_file() -> None:
    found = [
        SAMPLE.finding("FROM"),
        SAMPLE.finding("a"),
        SAMPLE.finding("a", severity=Severity.INFO, name="x", code="A1"),
    ]
    suppressed = SAMPLE.finding("FROM", suppressed=True)
    report = SAMPLE.report(*found, suppressed, conformance=(CONFORMANCE,))
    assert written(replace(report, files=(*report.files, SAMPLE.file()))) == [
        {
            "path": "a/Dockerfile",
            "error": 2,
            "warning": 0,
            "info": 1,
            "conflicts": 0,
            "suppressed": 1,
            "packs": [{"pack": "zr4", "met": 5, "total": 6, "score": 18.33, "of": 20}],
            "rules": [
                {"code": "A1", "name": "x", "count": 1},
                {"code": "ZR0501", "name": "torch-pin", "count": 2},
            ],
        },
        {
            "path": "a/Dockerfile",
            "error": 0,
            "warning": 0,
            "info": 0,
            "conflicts": 0,
            "suppressed": 0,
            "packs": [],
            "rules": [],
        },
    ]


def test_what_could_not_be_linted_has_a_line() -> None:
    assert written(Report((), ()), Options(errors=("gone: no such file",))) == [{"error": "gone: no such file"}]


@pytest.mark.slow
@given(reports())
def test_one_line_whatever_the_file_holds(report: Report) -> None:
    (line,) = written(report)
    shown = line["error"] + line["warning"] + line["info"]
    assert shown + line["suppressed"] == len(report.files[0].findings)
    assert sum(rule["count"] for rule in line["rules"]) == shown
    json.dumps(line, ensure_ascii=False).encode()
