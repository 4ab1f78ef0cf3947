from __future__ import annotations

import re

import pytest
from hypothesis import given

from zr4lint.model.finding import Report, Severity
from zr4lint.model.source import Span
from zr4lint.report import FORMATS, Options
from zr4lint.report.escaping import visible
from zr4lint.report.github import command

from .sample import Sample, hostile_text, reports

SAMPLE = Sample("FROM a\nRUN pip install torch==2.5.0 \\\n    b\n", "docker/Dockerfile")
QUIET = Options(quiet=True)


def written(report: Report, options: Options = QUIET) -> list[str]:
    return FORMATS["github"].render(report, options).splitlines()


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """Parse a command as GitHub's runner does: up to the second "::", properties apart, then the escapes undone."""
    found = re.fullmatch(r"::(\w+) ?(.*?)::(.*)", line)
    assert found, line
    name, properties, data = found.groups()
    values = dict(part.split("=", 1) for part in properties.split(","))
    for escape, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        values = {key: value.replace(escape, character) for key, value in values.items()}
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        data = data.replace(escape, character)
    return name, values, data


def test_a_finding() -> None:
    finding = SAMPLE.finding("torch==2.5.0", message="torch is 2.5.0", expected="torch==2.5.1")
    assert written(SAMPLE.report(finding)) == [
        (
            "::error file=docker/Dockerfile,line=2,endLine=2,col=17,endColumn=29,title=ZR0501 torch-pin::"
            "torch is 2.5.0. Expected: torch==2.5.1."
        )
    ]


def test_severities_are_commands_and_what_is_suppressed_is_none() -> None:
    findings = [SAMPLE.finding("FROM", severity=severity) for severity in Severity]
    lines = written(SAMPLE.report(*findings, SAMPLE.finding("FROM", suppressed=True)))
    assert [line.split(" ")[0] for line in lines] == ["::notice", "::warning", "::error"]


def test_several_lines_have_no_columns() -> None:
    (line,) = written(SAMPLE.report(SAMPLE.finding(Span(8, 45))))
    assert line.startswith("::error file=docker/Dockerfile,line=2,endLine=3,title=")


def test_the_counts_and_what_could_not_be_linted() -> None:
    lines = written(SAMPLE.report(SAMPLE.finding("FROM")), Options(errors=("a,b: no such file",), statistics=True))
    assert lines[1:] == [
        "::error title=zr4lint::a,b: no such file",
        "::notice title=rule::1  error    ZR0501  torch-pin",
        "::notice title=zr4lint::Found 1 error.",
    ]


def test_every_escape() -> None:
    assert command("error", "50%: a,b\n::error::", file="a:b,c%0A\r") == (
        "::error file=a%3Ab%2Cc%250A\\r::50%25: a,b\\n::error::"
    )


@given(hostile_text, hostile_text)
def test_the_runner_reads_what_was_meant(message: str, path: str) -> None:
    line = command("error", message, file=path, title="x")
    assert line.isprintable()
    assert parsed(line) == ("error", {"file": visible(path), "title": "x"}, visible(message))


@pytest.mark.slow
@given(reports())
def test_a_line_a_finding_whatever_the_file_holds(report: Report) -> None:
    shown = [finding for finding in report.files[0].findings if not finding.suppressed]
    lines = FORMATS["github"].render(report, QUIET).split("\n")[:-1]
    assert [parsed(line)[1]["file"] for line in lines] == [visible(finding.path) for finding in shown]
