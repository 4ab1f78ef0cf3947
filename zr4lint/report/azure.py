"""Logging commands, which Azure Pipelines shows as the errors and warnings of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.filesystem.paths import from_root
from zr4lint.model.finding import Finding, Report, Severity
from zr4lint.report.escaping import no_command, visible, without_marks
from zr4lint.report.wording import closing, headline, shown_findings, statistics, whole_message

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile
    from zr4lint.report import Options

TYPES = {Severity.ERROR: "error", Severity.WARNING: "warning"}
"""The types of the commands. Azure has none below warning, so infos become plain lines of the log."""

# `visible` has already escaped line ends. They are listed here so that the tables match those of the agent.
DATA = str.maketrans({"%": "%AZP25", "\r": "%0D", "\n": "%0A"})
PROPERTY = DATA | str.maketrans({";": "%3B", "]": "%5D"})


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield one line for each finding, then the counts."""
    return (f"{line}\n" for line in _lines(report, options))


def _lines(report: Report, options: Options) -> Iterator[str]:
    for file in report.files:
        yield from (_line(finding, file.source) for finding in shown_findings(file))
    yield from (command("error", error) for error in options.errors)
    if options.statistics:
        yield from ("".join(piece.text for piece in line) for line in statistics(report))
    if not options.quiet:
        yield "".join(piece.text for piece in closing(report))


def command(name: str, message: str, **properties: str) -> str:
    """Return one logging command, with its values escaped so that they cannot end it or start another."""
    given = "".join(f";{key}={_inert(value).translate(PROPERTY)}" for key, value in properties.items())
    return f"##vso[task.logissue type={name}{given}]{_inert(message).translate(DATA)}"


def _inert(text: str) -> str:
    return without_marks(visible(text), "\\x23")


def _line(finding: Finding, source: SourceFile) -> str:
    words = whole_message(finding)
    name = TYPES.get(finding.severity)
    if name is None:
        head = "".join(piece.text for piece in headline(finding, source))
        return no_command(visible(f"{head}{words}"))
    line, column = source.position(finding.span.start)
    place = {"sourcepath": from_root(finding.path), "linenumber": f"{line}", "columnnumber": f"{column}"}
    return command(name, f"{finding.name}: {words}", **place, code=finding.code)
