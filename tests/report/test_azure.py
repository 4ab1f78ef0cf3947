from __future__ import annotations

import re

import pytest
from hypothesis import given

from zr4lint.model.finding import Report, Severity
from zr4lint.report import FORMATS, Options
from zr4lint.report.azure import command
from zr4lint.report.escaping import visible

from .sample import Sample, hostile_text, reports

SAMPLE = Sample("FROM a\nRUN pip install torch==2.5.0\n", "docker/Dockerfile")


def written(report: Report, options: Options | None = None) -> list[str]:
    return FORMATS["azure"].render(report, options or Options(quiet=True)).splitlines()


def parsed(line: str) -> tuple[dict[str, str], str]:
    """Parse a command as the agent does: up to the first "]", properties by ";", then the escapes undone."""
    found = re.fullmatch(r"##vso\[task\.logissue ([^\]]*)\](.*)", line)
    assert found, line
    values = dict(part.split("=", 1) for part in found[1].split(";"))
    for escape, character in (("%3B", ";"), ("%5D", "]"), ("%0D", "\r"), ("%0A", "\n"), ("%AZP25", "%")):
        values = {key: value.replace(escape, character) for key, value in values.items()}
    data = found[2]
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%AZP25", "%")):
        data = data.replace(escape, character)
    return values, data


def test_a_finding() -> None:
    finding = SAMPLE.finding("torch==2.5.0", message="torch is 2.5.0", expected="torch==2.5.1")
    assert written(SAMPLE.report(finding)) == [
        (
            "##vso[task.logissue type=error;sourcepath=docker/Dockerfile;linenumber=2;columnnumber=17;code=ZR0501]"
            "torch-pin: torch is 2.5.0. Expected: torch==2.5.1."
        )
    ]


def test_severities_and_what_is_suppressed() -> None:
    findings = [SAMPLE.finding("FROM", severity=severity) for severity in Severity]
    info, warning, error = written(SAMPLE.report(*findings, SAMPLE.finding("FROM", suppressed=True)))
    assert info == "docker/Dockerfile:1:1: info ZR0501 torch-pin: bad."
    assert warning.startswith("##vso[task.logissue type=warning;")
    assert error.startswith("##vso[task.logissue type=error;")


def test_the_counts_and_what_could_not_be_linted() -> None:
    lines = written(SAMPLE.report(SAMPLE.finding("FROM")), Options(errors=("a;b]: gone",), statistics=True))
    assert lines[1:] == [
        "##vso[task.logissue type=error]a;b]: gone",
        "1  error    ZR0501  torch-pin",
        "Found 1 error.",
    ]


@given(hostile_text, hostile_text)
def test_the_agent_reads_what_was_meant(path: str, message: str) -> None:
    values, data = parsed(command("error", message, sourcepath=path))
    assert values == {"type": "error", "sourcepath": visible(path).replace("##[", "#\\x23[")}
    assert data == visible(message).replace("##[", "#\\x23[")


@pytest.mark.slow
@given(reports())
def test_a_line_is_at_most_one_command(report: Report) -> None:
    for line in written(report, Options()):
        assert line.isprintable()
        assert "##[" not in line
        assert line.count("##vso[") == line.startswith("##vso[task.logissue type=")
