"""Markdown as GitHub and GitLab read it: a summary for a pull request or a workflow step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from zr4lint.report.conformance_table import fits, line_range
from zr4lint.report.escaping import visible
from zr4lint.report.wording import closing, conflicts, fix_mark, points, shown_findings, statistics, whole_message

if TYPE_CHECKING:
    from zr4lint.model.finding import Conformance, FileReport, Finding, Report
    from zr4lint.report import Options

LONGEST = 100
"""The most findings of a file that are listed, to keep the summary to about a page."""

# "@name" mentions a user, "#1" links an issue and "$x$" is a formula, even after a backslash.
MARKS = {mark: f"\\{mark}" for mark in "\\`*_{}[]<>|&~!^"} | {mark: f"<span>{mark}</span>" for mark in "@#$"}
TABLE = str.maketrans(MARKS)
LINK = r"(?i)(?<=:)//|(?<=www)\."


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the text of the report in pieces."""
    return (f"{line}\n" for line in _lines(report, options))


def _lines(report: Report, options: Options) -> Iterator[str]:
    yield from ("## zr4lint", "", escaped("".join(piece.text for piece in closing(report))))
    yield from (f"\n- **not linted:** {escaped(error)}" for error in options.errors)
    for file in report.files:
        yield from _file(file, options)
    if options.statistics:
        yield from ("", *(f"- {escaped(''.join(piece.text for piece in line))}" for line in statistics(report)))


def escaped(text: str) -> str:
    """Return text on one line, with its markup escaped."""
    return re.sub(LINK, r"\\\g<0>", visible(text).translate(TABLE))


def _file(file: FileReport, options: Options) -> Iterator[str]:
    findings = [finding for finding in shown_findings(file) if not finding.conflict]
    yield f"\n### {escaped(file.source.path)}"
    if findings:
        rows = (_finding(finding, file) for finding in findings[:LONGEST])
        yield from _table(("Line", "Severity", "Rule", "Finding", "Fix"), rows)
    if len(findings) > LONGEST:
        yield f"\nand {len(findings) - LONGEST} more"
    if found := conflicts(file):
        yield "\n**Conflicts:** the specification requires what these rules warn of"
        yield from _table(("Line", "Severity", "Rule", "Finding", "Fix"), (_finding(f, file) for f in found[:LONGEST]))
    if not options.quiet and options.table:
        for part in file.conformance:
            yield from _conformance(part)


def _finding(finding: Finding, file: FileReport) -> tuple[str, ...]:
    line, column = file.source.position(finding.span.start)
    rule = f"{finding.code} {finding.name}"
    return f"{line}:{column}", finding.severity.label, rule, whole_message(finding), fix_mark(finding)


def _conformance(part: Conformance) -> Iterator[str]:
    yield f"\n**Pack {escaped(part.pack)}:** {part.met} of {part.total} requirements met"
    if part.rows:
        rows = (
            ("ok" if fits(r) else "fail", r.title, f"{r.met}/{r.total}", line_range(r.found), line_range(r.required))
            for r in part.rows
        )
        yield from _table(("", "Part", "Met", "Lines", "Required"), rows)
    if part.criteria:
        yield f"\n**Score {points(part.points)}/{points(part.of)}**"
        yield from _table(
            ("Criterion", "Points"), ((c.name, f"{points(c.points)}/{points(c.of)}") for c in part.criteria)
        )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"\n| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(escaped, row))} |"
