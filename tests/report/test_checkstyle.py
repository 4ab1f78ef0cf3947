from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from hypothesis import given

from zr4lint.model.finding import Report, Severity
from zr4lint.report import FORMATS, Options

from .sample import Sample, reports

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SAMPLE = Sample("FROM a\nRUN pip install torch==2.5.0\n", "docker/Dockerfile")


def written(report: Report) -> Element:
    return ElementTree.fromstring(FORMATS["checkstyle"].render(report, Options()).encode())


def test_a_finding() -> None:
    (file,) = written(SAMPLE.report(SAMPLE.finding("torch==2.5.0", message='torch is <2.5.0> & "x"')))
    assert file.attrib == {"name": "docker/Dockerfile"}
    (error,) = file
    assert error.attrib == {
        "line": "2",
        "column": "17",
        "severity": "error",
        "message": 'torch-pin: torch is <2.5.0> & "x".',
        "source": "zr4lint.ZR0501",
    }


def test_severities_and_what_is_suppressed() -> None:
    findings = [SAMPLE.finding("FROM", severity=severity) for severity in Severity]
    (file,) = written(SAMPLE.report(*findings, SAMPLE.finding("FROM", suppressed=True)))
    assert [error.get("severity") for error in file] == ["info", "warning", "error"]


def test_a_file_without_findings_is_there() -> None:
    assert [len(file) for file in written(SAMPLE.report())] == [0]


@pytest.mark.slow
@given(reports())
def test_it_is_xml_whatever_the_file_holds(report: Report) -> None:
    root = written(report)
    assert (root.tag, root.get("version")) == ("checkstyle", "4.3")
    assert [error.tag for file in root for error in file] == ["error"] * sum(
        not finding.suppressed for finding in report.files[0].findings
    )
