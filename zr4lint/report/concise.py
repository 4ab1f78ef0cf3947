"""One line for each finding, then one line with the counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from zr4lint.model.finding import FileReport, Finding, Report
    from zr4lint.model.source import SourceFile
    from zr4lint.report import Options


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the text of the report in pieces."""
    color = bool(options.color)
    if options.statistics:
        yield paint(statistics(report), color=color)
    else:
        yield from (paint(_findings(file), color=color, links=options.links) for file in report.files)
    if not options.quiet:
        yield paint(filter(None, [conflict_notice(report), closing(report)]), color=color)


def _findings(file: FileReport) -> list[Line]:
    return [_line(finding, file.source) for finding in shown_findings(file) if listed(finding, file)]


def _line(finding: Finding, source: SourceFile) -> Line:
    aside = "".join(
        f" [{name}: {words}]" for name, words in (("conflict", finding.conflict), ("fix", fix_mark(finding))) if words
    )
    return (*headline(finding, source), Piece(with_advice(finding)), Piece(aside, "faint"))
