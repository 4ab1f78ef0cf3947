"""JSON, version 1: the whole report, for programs. Later releases only add keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zr4lint.model.finding import (
    Conformance,
    Criterion,
    FileReport,
    Finding,
    Fix,
    Origin,
    Related,
    Report,
    Row,
    Severity,
)
from zr4lint.report.escaping import json_pieces, well_formed
from zr4lint.report.wording import Count, counted

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile, Span
    from zr4lint.report import Options

Object = dict[str, Any]


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the report as ASCII JSON; with `statistics`, the counts of each rule replace the findings."""
    document: Object = {"version": 1}
    if options.statistics:
        document["statistics"] = [*map(_count, counted(report))]
    else:
        document["findings"] = (finding_object(found, file.source) for file in report.files for found in file.findings)
        document["files"] = (entry for file in report.files for entry in _file(file))
    document["summary"] = _summary(report)
    yield from json_pieces(document)
    yield "\n"


def _summary(report: Report) -> Object:
    return {
        **{severity.label: report.count(severity) for severity in sorted(Severity, reverse=True)},
        "fixable": report.fixable,
        "conflicts": report.conflicts,
        "fixed": report.fixed,
    }


def _count(entry: Count) -> Object:
    return {"code": entry.code, "name": entry.name, "severity": entry.severity.label, "count": entry.number}


def finding_object(finding: Finding, source: SourceFile) -> Object:
    """Return a finding as an object; all JSON formats of zr4lint use it."""
    return {
        "path": well_formed(finding.path),
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.label,
        "message": well_formed(finding.message),
        "notes": [*map(well_formed, finding.notes)],
        "help": _text(finding.help),
        "references": [*map(well_formed, finding.references)],
        "aliases": list(dict.fromkeys((*finding.aliases, *finding.also))),
        "expected": _text(finding.expected),
        **_place(finding.span, source),
        "requirement": _text(finding.requirement),
        "source": _text(finding.source),
        "origin": _origin(finding.origin) if finding.origin else None,
        "related": [_related(related, source) for related in finding.related],
        "fix": _fix(finding.fix) if finding.fix else None,
        "suppressed": finding.suppressed,
        "conflict": finding.conflict,
    }


def _origin(origin: Origin) -> Object:
    """Return the place of a requirement in its document; `path` is None if not found, `stale` if the words are gone."""
    return {
        "document": well_formed(origin.document),
        "path": _text(origin.path),
        "line": origin.line,
        "stale": origin.stale,
    }


def _related(related: Related, source: SourceFile) -> Object:
    """Return a related place, with its `path` if it is in another file."""
    other = {} if related.source is None else {"path": well_formed(related.source.path)}
    return {"message": well_formed(related.message), **_place(related.span, related.source or source), **other}


def _place(span: Span, source: SourceFile) -> Object:
    (line, column), (end_line, end_column) = source.position(span.start), source.position(span.end)
    return {"line": line, "column": column, "end_line": end_line, "end_column": end_column}


def _fix(fix: Fix) -> Object:
    edits = [{"start": edit.start, "end": edit.end, "text": well_formed(edit.text)} for edit in fix.edits]
    return {"title": well_formed(fix.title), "applicability": fix.applicability.label, "edits": edits}


def _file(file: FileReport) -> list[Object]:
    """Return one entry for each pack of a file, or a single entry without a pack."""
    path = well_formed(file.source.path)
    if not file.conformance:
        return [{"path": path, "pack": None, "requirements": None, "score": None, "rows": [], "witnesses": []}]
    return [{"path": path, **_conformance(part, file.source)} for part in file.conformance]


def _conformance(part: Conformance, source: SourceFile) -> Object:
    witnesses = [(witness.code, _place(witness.span, source)) for witness in part.witnesses]
    return {
        "pack": part.pack,
        "requirements": {"met": part.met, "total": part.total},
        "score": {
            "total": points(part.points),
            "of": points(part.of),
            "criteria": {criterion.name: _criterion(criterion) for criterion in part.criteria},
        },
        "rows": [_row(row) for row in part.rows],
        "witnesses": [{"code": code, "line": at["line"], "end_line": at["end_line"]} for code, at in witnesses],
    }


def _criterion(criterion: Criterion) -> Object:
    return {"points": points(criterion.points), "of": points(criterion.of)}


def _row(row: Row) -> Object:
    return {"title": row.title, "met": row.met, "total": row.total, "found": row.found, "required": row.required}


def points(value: float) -> float:
    """Round a score to two decimals; return an int if it is whole."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _text(text: str | None) -> str | None:
    return None if text is None else well_formed(text)
