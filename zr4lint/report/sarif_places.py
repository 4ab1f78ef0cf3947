"""Places in SARIF: artifacts, regions, snippets."""

from __future__ import annotations

from typing import Any

from zr4lint.finding import Edit
from zr4lint.report.safe import well_formed
from zr4lint.source import SourceFile, Span

Object = dict[str, Any]

LONGEST_SNIPPET = 4000
_UNRESERVED = str.maketrans("", "", "-._~/")


def artifact(path: str) -> Object:
    """The artifact location of a path: below %SRCROOT%, unless it is absolute."""
    if path.startswith("/"):
        return {"uri": f"file://{escaped(path)}"}
    return {"uri": escaped(path), "uriBaseId": "%SRCROOT%"}


def escaped(path: str) -> str:
    """A POSIX path as the path of a URI."""
    if path.isascii() and path.translate(_UNRESERVED).isalnum():
        return path
    from urllib.parse import quote

    return quote(well_formed(path))


def physical_location(path: str, source: SourceFile, span: Span, *, context: bool = False) -> Object:
    """A span with its words and, if asked for, the lines around it; both only as long as people read."""
    place: Object = {"artifactLocation": artifact(path), "region": region(source, span)}
    if span.end - span.start <= LONGEST_SNIPPET:
        place["region"]["snippet"] = {"text": well_formed(source.slice(span))}
    if context:
        around = _context(source, span)
        if span.end - span.start < around.end - around.start <= LONGEST_SNIPPET:
            snippet = {"text": well_formed(source.slice(around))}
            place["contextRegion"] = region(source, around) | {"snippet": snippet}
    return place


def region(source: SourceFile, span: Span | Edit) -> Object:
    """The four numbers of a region: from 1, the end column exclusive."""
    (line, column), (end_line, end_column) = source.position(span.start), source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _context(source: SourceFile, span: Span) -> Span:
    """The lines of a span, with one before and one after."""
    first = max(source.line_of(span.start) - 1, 1)
    last = min(source.line_of(span.end) + 1, len(source.line_starts))
    return Span(source.line_starts[first - 1], max(source.line_span(last).end, span.end))
