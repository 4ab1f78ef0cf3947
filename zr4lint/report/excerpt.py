"""Source lines with line numbers in a gutter, and a mark below the words concerned.

The work for one excerpt is bounded by the width of the output, however long the file and its lines are.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from zr4lint.model.source import SourceFile, Span
from zr4lint.report.escaping import cells, source_characters, visible, wrap
from zr4lint.report.paint import Line, Piece

CUT = "..."


class Page(Struct, frozen=True):
    """The layout of excerpts of one file: the digits of a line number, and the columns right of the gutter.

    `gap` is a line with an empty gutter and no text.
    """

    digits: int
    room: int
    gap: Line

    @classmethod
    def of(cls, source: SourceFile, width: int) -> Page:
        """Return the page for the lines of a file on a terminal with `width` columns."""
        digits = len(str(len(source.line_starts)))
        return cls(digits, max(width - digits - 3, 20), (Piece(f"{' ' * digits} |", "faint"),))

    def line(self, number: int | None, *pieces: Piece, sign: str = "|", role: str = "faint") -> Line:
        """Return a line with its gutter."""
        shown = " " * self.digits if number is None else str(number).rjust(self.digits)
        return (Piece(f"{shown} {sign} ", role), *pieces)


class Mark(Struct, frozen=True):
    """A mark below words: its character, its colour, and the text after it."""

    character: str
    role: str
    label: str = ""


class Clip(Struct, frozen=True):
    """The visible part of a line, and the columns of the marked words; at least one column is marked."""

    text: str
    start: int
    width: int


def excerpt(source: SourceFile, span: Span, mark: Mark, page: Page) -> list[Line]:
    """Return the line of a span with the span marked; for a span of several lines, the first and the last line."""
    first, last = source.line_of(span.start), source.line_of(max(span.end - 1, span.start))
    if first == last:
        return _marked(source, first, span, mark, page)
    lines = _marked(source, first, span, structs.replace(mark, label=""), page)
    if last - first > 1:
        lines.append((Piece(CUT.rjust(page.digits), "faint"),))
    start, end = source.line_starts[last - 1], span.end
    blanks = end - start - len(source.text[start:end].lstrip())
    return lines + _marked(source, last, Span(start + blanks, end), mark, page)


def _marked(source: SourceFile, number: int, span: Span, mark: Mark, page: Page) -> list[Line]:
    clip = clipped(source.text, source.line_span(number), span, page.room)
    below = Piece(" " * clip.start + mark.character * clip.width, mark.role)
    lines = [page.line(number, Piece(clip.text))]
    label = visible(mark.label)
    if clip.start + clip.width + 1 + cells(label) <= page.room:
        return [*lines, page.line(None, below, Piece(f" {label}", mark.role))]
    said = wrap(label, page.room, page.room) if label else []
    return [*lines, page.line(None, below), *(page.line(None, Piece(words, mark.role)) for words in said)]


def clipped(text: str, line: Span, words: Span, room: int) -> Clip:
    """Return as much of a line around `words` as fits into `room` columns."""
    start = min(max(words.start, line.start), line.end)
    end = min(max(words.end, start), line.end)
    whole = text[line.start : min(line.end, line.start + room)]
    if line.end - line.start < room and whole.isascii() and whole.isprintable():
        return Clip(whole, start - line.start, max(end - start, 1))
    # No character further away than `room` can be shown; one more tells whether something is cut.
    before = source_characters(text[max(line.start, start - room - 1) : start])[::-1]
    middle = source_characters(text[start : min(end, start + room + 1)])
    after = source_characters(text[end : min(line.end, end + room + 1)])

    behind = _cells(after)
    fitting = _fitting(middle, room - min(_cells(before), len(CUT)) - min(behind, len(CUT)))
    if len(fitting) < len(middle) or end - start > len(middle):
        after, behind = [], 0
    width = max(_cells(fitting), 1)
    rest = room - width
    left = _fitting(before, rest - min(behind, max(rest // 3, len(CUT))))[::-1]
    right = _fitting(after, rest - _cells(left))
    return Clip("".join(left + fitting + right), _cells(left), width)


def _fitting(characters: Sequence[str], room: int) -> list[str]:
    """Return the first characters that fit into `room` columns, followed by CUT if some do not fit."""
    joined = "".join(characters)
    if joined.isascii() and len(joined) == len(characters):
        return [*joined] if len(joined) <= room else [*joined[: max(room - len(CUT), 0)], CUT]
    used, keep = 0, 0
    for index, character in enumerate(characters):
        used += cells(character)
        if used > room:
            return [*characters[:keep], CUT]
        if used <= room - len(CUT):
            keep = index + 1
    return list(characters)


def _cells(characters: Sequence[str]) -> int:
    return cells("".join(characters))
