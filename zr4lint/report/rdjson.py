"""Reviewdog's diagnostic format, from which reviewdog writes comments, with fixes as suggestions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.filesystem.paths import from_root
from zr4lint.model.finding import Applicability, FileReport, Finding, Fix, Report, Severity, with_edits
from zr4lint.model.pages import page_of
from zr4lint.model.source import SourceFile, Span
from zr4lint.report.escaping import json_pieces, visible, well_formed
from zr4lint.report.wording import shown_findings, whole_message

if TYPE_CHECKING:
    from zr4lint.report import Options
    from zr4lint.report.json_v1 import Object

SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}
LONGEST_SUGGESTION = 2_000


def pieces(report: Report, _options: Options) -> Iterator[str]:
    """Yield the report as ASCII JSON."""
    diagnostics = (_diagnostic(finding, file) for file in report.files for finding in shown_findings(file))
    yield from json_pieces({"source": {"name": "zr4lint"}, "diagnostics": diagnostics})
    yield "\n"


def _diagnostic(finding: Finding, file: FileReport) -> Object:
    source = file.source
    diagnostic: Object = {
        "message": visible(f"{finding.name}: {whole_message(finding)}"),
        "location": {
            "path": well_formed(from_root(finding.path)).removeprefix("./"),
            "range": _range(source, finding.span.start, finding.span.end),
        },
        "severity": SEVERITIES[finding.severity],
        "code": {"value": finding.code} | ({"url": page} if (page := page_of(finding.code)) else {}),
    }
    if suggestion := _suggestion(source, finding.fix):
        diagnostic["suggestions"] = [suggestion]
    return diagnostic


def _suggestion(source: SourceFile, fix: Fix | None) -> Object | None:
    """Return a fix as a single replacement, since its edits belong together and suggestions are accepted one by one."""
    if fix is None or fix.applicability is Applicability.DISPLAY or not fix.edits:
        return None
    edits = sorted(fix.edits)
    start, end = edits[0].start, max(edit.end for edit in edits)
    if end - start > LONGEST_SUGGESTION:
        return None
    text = with_edits(source.text, edits, Span(start, end))
    if text != well_formed(text):
        return None
    return {"range": _range(source, start, end), "text": text}


def _range(source: SourceFile, start: int, end: int) -> Object:
    return {"start": _position(source, start), "end": _position(source, end)}


def _position(source: SourceFile, offset: int) -> Object:
    """Return line and column from 1, the column in UTF-8 bytes; after the last line end, a new line begins."""
    line, _ = source.position(offset)
    if offset == len(source.text) and source.text.endswith("\n"):
        return {"line": source.newline_count + 1, "column": 1}
    before = source.text[source.line_starts[line - 1] : offset]
    return {"line": line, "column": len(before.encode("utf-8", "surrogateescape")) + 1}
