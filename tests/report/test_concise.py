from __future__ import annotations

import pytest
from msgspec.structs import replace

from zr4lint.model.finding import Applicability, Report, Severity
from zr4lint.report import FORMATS, Options

from .sample import CONFORMANCE, Sample

SAMPLE = Sample("FROM a\nRUN b\n", "a b/Dockerfile")
ERROR = SAMPLE.finding("RUN", message="no", fix=SAMPLE.fix("b", "c"))
WARNING = replace(ERROR, severity=Severity.WARNING, code="ZR0504", fix=SAMPLE.fix("b", "c", Applicability.DISPLAY))
INFO = replace(ERROR, severity=Severity.INFO, fix=None)
PLAIN = Options()


def concise(report: Report, options: Options = PLAIN) -> str:
    return FORMATS["concise"].render(report, options)


def test_one_line_a_finding_and_the_counts() -> None:
    assert concise(SAMPLE.report(ERROR, WARNING)) == (
        "a b/Dockerfile:2:1: error ZR0501 torch-pin: no [fix: safe]\n"
        "a b/Dockerfile:2:1: warning ZR0504 torch-pin: no [fix: shown only]\n"
        "Found 1 error, 1 warning (1 fixable with --fix).\n"
    )


def test_quiet_leaves_the_counts_out() -> None:
    assert concise(SAMPLE.report(INFO), Options(quiet=True)) == "a b/Dockerfile:2:1: info ZR0501 torch-pin: no\n"


def test_statistics_count_by_rule_the_most_first() -> None:
    written = concise(SAMPLE.report(ERROR, WARNING, WARNING), Options(quiet=True, statistics=True))
    assert written.splitlines() == ["2  warning  ZR0504  torch-pin", "1  error    ZR0501  torch-pin"]


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (SAMPLE.report(ERROR, ERROR, INFO, INFO), "Found 2 errors, 2 info (2 fixable with --fix)."),
        (replace(SAMPLE.report(INFO), fixed=3), "Fixed 3. Found 1 info."),
        (SAMPLE.report(INFO, replace(ERROR, suppressed=True)), "Found 1 info (1 suppressed)."),
        (SAMPLE.report(), "No findings."),
        (Report((), ()), "No findings."),
        (Report((SAMPLE.file(), SAMPLE.file()), ()), "No findings in 2 files."),
        (SAMPLE.report(conformance=(CONFORMANCE,)), "No findings, 5 of 6 requirements met. Score 18.3/20."),
    ],
)
def test_the_closing_line(report: Report, line: str) -> None:
    assert concise(report).splitlines()[-1] == line
