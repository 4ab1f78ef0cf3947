"""Source files, spans in them, and texts that are mapped to places in a file."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property

from msgspec import Struct

BOM = "\ufeff"

FILE_SIZE = 1 << 32
"""A number above the length of any file. Offsets in the n-th other file of a build start at n times this."""


def same_file(one: int, other: int) -> bool:
    """Return whether two offsets are in the same file."""
    return one // FILE_SIZE == other // FILE_SIZE


class Span(Struct, frozen=True, order=True, gc=False):
    """A half-open range of code points in a file's text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the words of a text at this span."""
        return text[self.start : self.end]


def with_blank_before(text: str, span: Span) -> Span:
    """Return a span together with the blank before it, if there is one."""
    return Span(span.start - (text[span.start - 1 : span.start] == " "), span.end)


class SourceFile:
    """The text of one file.

    `text` excludes the byte order mark and keeps all line ends; bytes that are not UTF-8 become lone surrogates, so
    that `encode(text)` returns the original bytes. Only "\\n" ends a line, as for BuildKit and `wc -l`.
    """

    def __init__(self, text: str, path: str = "Dockerfile", *, bom: bool = False) -> None:
        self.text = text
        self.path = path
        self.bom = bom

    @classmethod
    def decode(cls, data: bytes, path: str = "Dockerfile") -> "SourceFile":
        """Decode a file's bytes; never raises."""
        text = data.decode("utf-8", "surrogateescape")
        return cls(text.removeprefix(BOM), path, bom=text.startswith(BOM))

    def encode(self, text: str) -> bytes:
        """Encode a new text for this file, with the byte order mark that the file had."""
        return ((BOM if self.bom else "") + text).encode("utf-8", "surrogateescape")

    @property
    def whole_text(self) -> str:
        """Return the text as other programs see it, with the byte order mark."""
        return (BOM if self.bom else "") + self.text

    @cached_property
    def newline(self) -> str:
        """Return the line end that the first line uses."""
        end = self.text.find("\n")
        return "\r\n" if end > 0 and self.text[end - 1] == "\r" else "\n"

    @cached_property
    def line_starts(self) -> list[int]:
        """Return the offset at which each line starts; a text that ends in a newline has no further line."""
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        if len(starts) > 1 and starts[-1] == len(self.text):
            starts.pop()
        return starts

    @property
    def newline_count(self) -> int:
        """Return the number that `wc -l` prints."""
        return self.text.count("\n")

    def line_of(self, offset: int) -> int:
        """Return the number of the line that contains `offset`."""
        return bisect_right(self.line_starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and column of `offset`, both counted from 1, the column in code points."""
        line = self.line_of(offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_span(self, line: int) -> Span:
        """Return the span of a line without its line end; line numbers outside the file raise IndexError."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        if end > start and self.text[end - 1] == "\n":
            end -= 1
            if end > start and self.text[end - 1] == "\r":
                end -= 1
        return Span(start, end)

    def slice(self, span: Span) -> str:
        """Return the words at `span`."""
        return span.of(self.text)


class MappedText(Struct, frozen=True, gc=False):
    """Text joined from pieces of a file, such as an instruction without its continuations.

    `starts[i]` is the index of piece i in `text`, `offsets[i]` its offset in the file.
    """

    text: str
    starts: tuple[int, ...]
    offsets: tuple[int, ...]

    @classmethod
    def join(cls, pieces: Iterable[tuple[str, int]]) -> "MappedText":
        """Join (text, file offset) pieces, in file order."""
        texts: list[str] = []
        starts: list[int] = []
        offsets: list[int] = []
        length = 0
        for text, offset in pieces:
            if text:
                texts.append(text)
                starts.append(length)
                offsets.append(offset)
                length += len(text)
        return cls("".join(texts), tuple(starts) or (0,), tuple(offsets) or (0,))

    @classmethod
    def at_one_place(cls, text: str, start: int) -> "MappedText":
        """Map a text that is not in the file as it is to a single offset."""
        return cls(text, tuple(range(len(text))) or (0,), (start,) * (len(text) or 1))

    @property
    def is_at_one_place(self) -> bool:
        """Return whether the whole text is mapped to a single offset."""
        return len(self.offsets) > 1 and self.offsets[0] == self.offsets[-1]

    def pieces(self) -> list[tuple[str, int]]:
        """Return the (text, file offset) pieces, as `join` takes them."""
        bounds = [*self.starts, len(self.text)]
        return [(self.text[bounds[i] : bounds[i + 1]], offset) for i, offset in enumerate(self.offsets)]

    def offset(self, index: int) -> int:
        """Return the file offset of character `index`."""
        piece = self._piece(index)
        return self.offsets[piece] + index - self.starts[piece]

    def span(self, start: int, end: int) -> Span:
        """Return the file span of the characters `start` to `end`."""
        piece = self._piece(start)
        at = self.offsets[piece] + start - self.starts[piece]
        if end <= start:
            return Span(at, at)
        if self._holds(piece, end):
            return Span(at, at + end - start)
        return Span(at, self.offset(end - 1) + 1)

    def slice(self, start: int, end: int) -> "MappedText":
        """Return the characters `start` to `end`, still mapped."""
        first = self._piece(start)
        at = self.offsets[first] + start - self.starts[first]
        if start >= end or self._holds(first, end):
            return MappedText(self.text[start:end], (0,), (at,))
        last = bisect_right(self.starts, end - 1)
        starts = (0, *(at - start for at in self.starts[first + 1 : last]))
        return MappedText(self.text[start:end], starts, (at, *self.offsets[first + 1 : last]))

    def _piece(self, index: int) -> int:
        """Return the number of the piece that contains character `index`."""
        return bisect_right(self.starts, index) - 1 if index > 0 and len(self.starts) > 1 else 0

    def _holds(self, piece: int, end: int) -> bool:
        """Return whether text that ends before character `end` ends within a piece."""
        return piece + 1 == len(self.starts) or end <= self.starts[piece + 1]
