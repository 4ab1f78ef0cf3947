"""The lines of a file, and the joining of continued lines."""

from __future__ import annotations

from msgspec import Struct

from zr4lint.dockerfile.instructions import Comment
from zr4lint.model.source import MappedText, SourceFile, Span

# The blanks of Go's unicode.IsSpace; str.isspace also accepts \x1c to \x1f, which BuildKit treats as words.
BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"  # noqa: E501


class Lines:
    """The lines of a file, counted from 0."""

    def __init__(self, source: SourceFile) -> None:
        self._text = source.text
        self._starts = [*source.line_starts, len(source.text)] if source.text else [0]

    def __len__(self) -> int:
        return len(self._starts) - 1

    def start(self, number: int) -> int:
        """Return the offset at which a line starts; the number after the last line gives the end of the text."""
        return self._starts[number]

    def content(self, number: int) -> str:
        """Return a line without its line end; for BuildKit, all "\\r" and "\\n" at the end belong to the line end."""
        return self._text[self._starts[number] : self._starts[number + 1]].rstrip("\r\n")

    def words(self, number: int) -> tuple[str, int]:
        """Return a line without leading blanks and line end, and the offset at which this text starts."""
        start = self._starts[number]
        line = self._text[start : self._starts[number + 1]].rstrip("\r\n")
        words = line.lstrip(BLANKS)
        return words, start + len(line) - len(words)


class Logical(Struct, frozen=True):
    """The joined text of the lines of one instruction; `end` is the number of the line after them."""

    text: MappedText
    end: int
    comments: tuple[Comment, ...]


def comment(words: str, offset: int, *, inside: bool) -> Comment:
    """Return the comment that consists of `words` at `offset`; `words` starts with "#"."""
    return Comment(words[1:].strip(BLANKS), Span(offset, offset + len(words)), inside)


def join(lines: Lines, number: int, escape: str) -> Logical:
    """Join line `number`, which starts an instruction, with the lines that continue it."""
    words, first = lines.words(number)
    part, continued = _continuation(words, escape)
    parts = [(part, first)]
    comments = []
    number += 1
    while continued and number < len(lines):
        words, offset = lines.words(number)
        if words.startswith("#"):
            comments.append(comment(words, offset, inside=True))
        elif words:
            part, continued = _continuation(lines.content(number), escape)
            parts.append((part, lines.start(number)))
        number += 1
    text = MappedText.join(parts)
    return Logical(text if text.text else MappedText("", (0,), (first,)), number, tuple(comments))


def _continuation(line: str, escape: str) -> tuple[str, bool]:
    """Return the line without its continuation, and whether it has one. Two escapes at the end are no continuation."""
    words = line.rstrip(" \t")
    if words.endswith(escape) and words[-2:] != escape * 2:
        return words[:-1], True
    return line, False
