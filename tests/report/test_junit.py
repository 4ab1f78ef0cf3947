from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from hypothesis import given

from zr4lint.model.finding import Report
from zr4lint.report import FORMATS, Options
from zr4lint.report.escaping import visible

from .sample import Sample, reports

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SAMPLE = Sample("FROM a\nRUN pip install torch==2.5.0\n", "docker/Dockerfile")


def written(report: Report, options: Options | None = None) -> Element:
    return ElementTree.fromstring(FORMATS["junit"].render(report, options or Options()).encode())


def test_a_finding_is_a_failed_test() -> None:
    finding = SAMPLE.finding(
        "torch==2.5.0",
        message="torch is <2.5.0> ]]>",
        expected='"torch==2.5.1"',
        requirement="PRD section 5",
        fix=SAMPLE.fix("2.5.0", "2.5.1"),
    )
    suites = written(SAMPLE.report(finding))
    assert suites.attrib == {"name": "zr4lint", "tests": "1", "failures": "1", "errors": "0"}
    (suite,) = suites
    assert suite.attrib == {"name": "docker/Dockerfile", "tests": "1", "failures": "1", "errors": "0", "skipped": "0"}
    (case,) = suite
    assert case.attrib == {
        "classname": "docker/Dockerfile",
        "name": "ZR0501 torch-pin at 2:17",
        "file": "docker/Dockerfile",
        "line": "2",
    }
    (failure,) = case
    assert failure.attrib == {"message": "torch is <2.5.0> ]]>", "type": "error"}
    assert failure.text == (
        "docker/Dockerfile:2:17: torch is <2.5.0> ]]>\n"
        'expected: "torch==2.5.1"\nrequired by: PRD section 5\nfix (safe): Mend it'
    )


def test_a_file_without_findings_is_a_test_that_passes() -> None:
    (suite,) = written(SAMPLE.report())
    assert [(case.get("name"), len(case)) for case in suite] == [("no findings", 0)]
    assert suite.get("tests") == "1"


def test_what_is_suppressed_is_skipped() -> None:
    suites = written(SAMPLE.report(SAMPLE.finding("FROM", suppressed=True), SAMPLE.finding("RUN")))
    assert (suites.get("tests"), suites.get("failures"), suites[0].get("skipped")) == ("2", "1", "1")
    assert [case[0].tag for case in suites[0]] == ["skipped", "failure"]


def test_a_path_that_could_not_be_linted_is_an_error() -> None:
    suites = written(Report((), ()), Options(errors=("gone: no such file",)))
    assert (suites.get("tests"), suites.get("errors")) == ("1", "1")
    error = suites.find("testsuite/testcase/error")
    assert error is not None
    assert error.get("message") == "gone: no such file"


@pytest.mark.slow
@given(reports())
def test_it_is_xml_whatever_the_file_holds(report: Report) -> None:
    suites = written(report)
    (suite,) = suites
    findings = report.files[0].findings
    cases = suite.findall("testcase")
    assert len(cases) == int(suite.get("tests", "")) == max(len(findings), 1)
    for case, finding in zip(cases, findings, strict=False):
        assert [child.get("message") for child in case] == [visible(finding.message)]
        assert case.get("classname") == visible(finding.path)
        assert all(line.isprintable() for line in (case[0].text or "").split("\n"))
