"""Workflow commands, which GitHub Actions shows as annotations of a file's lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.filesystem.paths import from_root
from zr4lint.model.finding import Finding, Report, Severity
from zr4lint.report.escaping import visible
from zr4lint.report.wording import closing, shown_findings, statistics, whole_message

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile
    from zr4lint.report import Options

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}

# `visible` has already escaped line ends. They are listed here so that the tables match those of the runner.
DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY = DATA | str.maketrans({":": "%3A", ",": "%2C"})


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield one line for each finding, then a notice with the counts."""
    return (f"{line}\n" for line in _lines(report, options))


def _lines(report: Report, options: Options) -> Iterator[str]:
    for file in report.files:
        yield from (_line(finding, file.source) for finding in shown_findings(file))
    yield from (command("error", error, title="zr4lint") for error in options.errors)
    if options.statistics:
        for line in statistics(report):
            yield command("notice", "".join(piece.text for piece in line), title="rule")
    if not options.quiet:
        yield command("notice", "".join(piece.text for piece in closing(report)), title="zr4lint")


def command(name: str, message: str, **properties: str) -> str:
    """Return one workflow command, with its values escaped so that they cannot end it or start another."""
    given = ",".join(f"{key}={visible(value).translate(PROPERTY)}" for key, value in properties.items())
    return f"::{name} {given}::{visible(message).translate(DATA)}"


def _line(finding: Finding, source: SourceFile) -> str:
    span = finding.span
    (line, column), (end_line, end_column) = source.position(span.start), source.position(span.end)
    place = {"line": f"{line}", "endLine": f"{end_line}"}
    if line == end_line:  # GitHub refuses columns for a range of several lines
        place |= {"col": f"{column}", "endColumn": f"{end_column}"}
    title = f"{finding.code} {finding.name}"
    return command(
        COMMANDS[finding.severity], whole_message(finding), file=from_root(finding.path), **place, title=title
    )
