"""Writes a trace as CSV that is safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from zr4lint.report.escaping import visible, without_marks

if TYPE_CHECKING:
    from zr4lint.documents.tracing.records import Passage, Requirement, Spot, Trace

LINKS = (
    "document", "document_line", "document_text", "by", "pack", "code", "name", "level", "state", "suppressed",
    "dockerfile", "line", "column", "text", "message",
)  # fmt: skip
"""The columns of a trace, which has one row for each link from a line of a document to words of the Dockerfile."""

GAPS = ("gap", "file", "line", "column", "code", "name", "text", "reason")
"""The columns of the gaps."""

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%")
"""The first characters of cells that a spreadsheet reads as a formula or a command."""


def render(trace: Trace, *, gaps: bool) -> str:
    """Return CSV with one row for each link, or with `gaps` for each gap."""
    return _written(GAPS, _gap_rows(trace)) if gaps else _written(LINKS, _link_rows(trace))


def _link_rows(trace: Trace) -> Iterator[Sequence[object]]:
    for one in trace.requirements:
        spots: Sequence[Spot | None] = one.spots or (None,)
        for spot in spots:
            passage = spot.passage if spot is not None else next(iter(one.passages), None)
            yield (*_of_passage(passage), *_of_requirement(one), trace.source.path, *_of_spot(spot, trace))


def _of_passage(passage: Passage | None) -> Sequence[object]:
    if passage is None:
        return "", "", "", ""
    return passage.path, passage.line, passage.text, passage.how.value


def _of_requirement(one: Requirement) -> Sequence[object]:
    suppressed = "yes" if one.suppressed else "no"
    return one.pack, one.rule.code, one.rule.name, one.severity.label, one.state.value, suppressed


def _of_spot(spot: Spot | None, trace: Trace) -> Sequence[object]:
    if spot is None:
        return "", "", "", ""
    return *trace.source.position(spot.span.start), "" if spot.absent else spot.text, spot.message or ""


def _gap_rows(trace: Trace) -> Iterator[Sequence[object]]:
    for gap in trace.gaps:
        line, column = gap.line or "", gap.column or ""
        yield gap.sort.value, gap.path, line, column, gap.code, gap.name, gap.text, gap.reason


def _written(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    stream = StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue()


def _cell(value: object) -> str:
    """Return a value as text on one line, with an apostrophe before a formula so that no spreadsheet runs it."""
    text = str(value)
    harmful = text.lstrip(" ").startswith(_FORMULAS)
    words = without_marks(visible(" ".join(text.split())), "\\x23")
    return f"'{words}" if harmful or words.startswith(_FORMULAS) else words
