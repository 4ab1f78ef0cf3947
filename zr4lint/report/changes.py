"""The lines that a small fix removes and adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.model.finding import with_edits
from zr4lint.model.source import SourceFile, Span
from zr4lint.report.excerpt import Page, clipped
from zr4lint.report.paint import Line, Piece

if TYPE_CHECKING:
    from zr4lint.model.finding import Edit, Fix

MOST_LINES = 6
MOST_CHARACTERS = 2000


def changes(source: SourceFile, fix: Fix, page: Page) -> list[Line]:
    """Return the lines that a fix removes and adds, or none if there are too many to read at a glance."""
    lines: list[Line] = []
    for edits in _by_lines(source, fix):
        first = source.line_of(edits[0].start)
        start = source.line_starts[first - 1]
        end = source.line_span(source.line_of(edits[-1].end)).end
        if end - start + sum(len(edit.text) for edit in edits) > MOST_CHARACTERS:
            return []
        before = source.text[start:end]
        after = with_edits(source.text, edits, Span(start, end))
        lines += _difference(before.split("\n"), after.split("\n"), first, page)
        if len(lines) > MOST_LINES:
            return []
    return lines


def _by_lines(source: SourceFile, fix: Fix) -> list[list[Edit]]:
    """Group the edits of a fix, in order, so that edits on the same line are in one group."""
    groups: list[list[Edit]] = []
    last = 0
    for edit in sorted(fix.edits):
        if groups and source.line_of(edit.start) <= last:
            groups[-1].append(edit)
        else:
            groups.append([edit])
        last = source.line_of(edit.end)
    return groups


def _difference(before: list[str], after: list[str], first: int, page: Page) -> list[Line]:
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    before, after = before[same:], after[same:]
    heads = (before[0], after[0]) if before and after else ("", "")
    return [
        page.line(number, Piece(_shown(line, heads, page), role), sign=sign, role=role)
        for changed, sign, role in ((before, "-", "bad"), (after, "+", "good"))
        for number, line in enumerate(changed, first + same)
    ]


def _first_difference(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _shown(line: str, heads: tuple[str, str], page: Page) -> str:
    """Return a line; a long line is clipped around the place where the first changed lines differ."""
    line = line.removesuffix("\r")
    if len(line) <= page.room and line.isascii() and line.isprintable():
        return line
    at = _first_difference(*heads)
    return clipped(line, Span(0, len(line)), Span(at, at), page.room).text
