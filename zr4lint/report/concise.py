"""One line a finding, then one line with the counts."""

from __future__ import annotations

from zr4lint.model.finding import Finding, Report
from zr4lint.model.source import SourceFile
from zr4lint.report import Options
from zr4lint.report.paint import Line, Piece, paint
from zr4lint.report.wording import (
    closing,
    conflict_notice,
    fix_mark,
    headline,
    listed,
    shown_findings,
    statistics,
    with_advice,
)


def render(report: Report, options: Options) -> str:
    """Write the report."""
    lines = statistics(report) if options.statistics else _findings(report)
    if not options.quiet:
        lines += filter(None, [conflict_notice(report), closing(report)])
    return paint(lines, color=bool(options.color))


def _findings(report: Report) -> list[Line]:
    return [
        _line(finding, file.source)
        for file in report.files
        for finding in shown_findings(file)
        if listed(finding, file)
    ]


def _line(finding: Finding, source: SourceFile) -> Line:
    aside = "".join(
        f" [{name}: {words}]" for name, words in (("conflict", finding.conflict), ("fix", fix_mark(finding))) if words
    )
    return (*headline(finding, source), Piece(with_advice(finding)), Piece(aside, "faint"))
