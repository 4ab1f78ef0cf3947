"""Moves reports on an inline Dockerfile to the file that contains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model.finding import FileReport, Finding, Related, in_order

if TYPE_CHECKING:
    from zr4lint.model.source import MappedText, SourceFile, Span


def relocated(report: FileReport, text: MappedText, whole: SourceFile) -> FileReport:
    """Return a report with its spans mapped from a text to the whole file; fixes are dropped."""
    inner = report.source

    def moved(span: Span) -> Span:
        return text.span(span.start, span.end)

    def related(one: Related, *, inside: bool) -> Related:
        if one.source is inner or (one.source is None and inside):
            return Related(one.message, moved(one.span), None if inside else whole)
        return one

    def finding(one: Finding) -> Finding:
        span = moved(one.span)
        line, column = whole.position(span.start)
        places = tuple(related(place, inside=True) for place in one.related)
        return structs.replace(one, span=span, line=line, column=column, related=places, fix=None)

    def there(other: FileReport) -> FileReport:
        found = (
            structs.replace(one, related=tuple(related(place, inside=False) for place in one.related))
            for one in other.findings
        )
        return structs.replace(other, findings=tuple(found))

    conformance = tuple(
        structs.replace(part, witnesses=tuple(structs.replace(w, span=moved(w.span)) for w in part.witnesses))
        for part in report.conformance
    )
    return structs.replace(
        report,
        source=whole,
        findings=tuple(in_order(map(finding, report.findings))),
        conformance=conformance,
        others=tuple(map(there, report.others)),
    )
