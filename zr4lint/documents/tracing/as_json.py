"""Writes a trace as JSON, version 1; later releases only add keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zr4lint.documents.tracing.records import Gap, Named, Passage, Requirement, Sort, Spot, State, Step, Told, Trace
from zr4lint.report.escaping import json_text, well_formed

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile

Object = dict[str, Any]


def render(trace: Trace, *, gaps: bool) -> str:
    """Return the whole trace, or with `gaps` only the gaps, as JSON in ASCII."""
    head: Object = {
        "version": 1,
        "dockerfile": _file(trace.dockerfile),
        "documents": [_document(told) for told in trace.documents],
        "packs": [*trace.packs],
    }
    if trace.unread:
        head["documents_not_found"] = [*map(well_formed, trace.unread)]
    if not gaps:
        head["refused"] = [*map(well_formed, trace.refused)]
        head["requirements"] = [_requirement(one, trace.source) for one in trace.requirements]
        head["instructions"] = [_step(step) for step in trace.steps]
    head["gaps"] = {f"{sort.name.lower()}s": [_gap(gap) for gap in trace.gaps_of(sort)] for sort in Sort}
    head["summary"] = {state.name.lower(): len(trace.of(state)) for state in State}
    return json_text(head) + "\n"


def _file(file: Named) -> Object:
    return {"path": well_formed(file.path), "sha256": file.sha256}


def _document(told: Told) -> Object:
    return {**_file(told.file), "changed": told.changed}


def _requirement(one: Requirement, source: SourceFile) -> Object:
    return {
        "pack": one.pack,
        "code": one.rule.code,
        "name": one.rule.name,
        "level": one.severity.label,
        "state": one.state.value,
        "suppressed": one.suppressed,
        "summary": well_formed(one.rule.summary),
        "source": well_formed(one.rule.source),
        "notes": [*map(well_formed, one.notes)],
        "document": [_passage(passage) for passage in one.passages],
        "words": [_spot(spot, source) for spot in one.spots],
    }


def _passage(passage: Passage) -> Object:
    return {
        "path": well_formed(passage.path),
        "line": passage.line,
        "column": passage.column,
        "text": well_formed(passage.text),
        "by": passage.how.value,
    }


def _spot(spot: Spot, source: SourceFile) -> Object:
    (line, column), (end_line, end_column) = source.position(spot.span.start), source.position(spot.span.end)
    return {
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "text": None if spot.absent else well_formed(spot.text),
        "message": None if spot.message is None else well_formed(spot.message),
        "document_line": None if spot.passage is None else spot.passage.line,
    }


def _step(step: Step) -> Object:
    return {
        "line": step.line,
        "end_line": step.end_line,
        "text": well_formed(step.text),
        "requirements": [{"pack": one.requirement.pack, "code": one.requirement.rule.code} for one in step.about],
        "document": [{"path": well_formed(passage.path), "line": passage.line} for passage in step.passages],
    }


def _gap(gap: Gap) -> Object:
    return {
        "path": well_formed(gap.path),
        "line": gap.line,
        "column": gap.column,
        "code": gap.code or None,
        "name": gap.name or None,
        "text": well_formed(gap.text),
        "reason": well_formed(gap.reason),
    }
