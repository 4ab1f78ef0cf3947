"""Converts between offsets and positions of the Language Server Protocol.

The protocol ends lines at "\\n", "\\r\\n" and a lone "\\r", and counts columns in the code units of an encoding.
zr4lint ends lines only at "\\n" and counts code points.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import cached_property

from lsprotocol import types

from zr4lint.model.source import Span

_LINE_END = re.compile(r"\r\n|\n|\r")


def _utf8(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _utf16(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


UNITS: Mapping[str, Callable[[str], int]] = {"utf-8": _utf8, "utf-16": _utf16, "utf-32": len}
"""The number of code units of a text in each encoding that a client may choose."""


class Positions:
    """The lines and columns of one text; `encoding` is a key of UNITS."""

    def __init__(self, text: str, encoding: str) -> None:
        self.text = text
        self._units = len if text.isascii() else UNITS[encoding]

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]

    def _line(self, number: int) -> Span:
        """Return the offsets of a line, counted from 0, without its end."""
        start = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)
        return Span(start, start + len(self.text[start:end].rstrip("\r\n")))

    def position(self, offset: int) -> types.Position:
        """Return the position of an offset."""
        line = bisect_right(self._starts, offset) - 1
        return types.Position(line, self._units(self.text[self._starts[line] : offset]))

    def range(self, span: Span) -> types.Range:
        """Return the range of a span."""
        return types.Range(self.position(span.start), self.position(span.end))

    def offset(self, position: types.Position) -> int:
        """Return the offset of a position, clamped to the end of its line and of the text.

        A position between the units of one character is the start of that character.
        """
        if position.line >= len(self._starts):
            return len(self.text)
        start, end = (line := self._line(max(position.line, 0))).start, line.end
        if self._units is len:
            return min(start + max(position.character, 0), end)
        at, left = start, position.character
        while at < end and (left := left - self._units(self.text[at])) >= 0:
            at += 1
        return at

    def span(self, place: types.Range) -> Span:
        """Return the span of a range; a range that ends before its start is empty."""
        start = self.offset(place.start)
        return Span(start, max(start, self.offset(place.end)))
