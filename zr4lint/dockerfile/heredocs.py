"""Finds heredocs: the markers in an instruction, and the lines that end them."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.dockerfile.instructions import Heredoc
from zr4lint.dockerfile.lexer import lex
from zr4lint.model.source import MappedText, Span

if TYPE_CHECKING:
    from zr4lint.dockerfile.lines import Lines

# The forms of ${} that BuildKit supports only since dockerfile 1.16.
_NEWER = r"\$\{"
_NOT_UTF8 = "[\ud800-\udfff]"
_MOST = 2**64 - 1


class _Marker(Struct, frozen=True):
    name: str
    descriptor: int
    expand: bool
    chomp: bool
    start: int
    end: int

    def heredoc(self, marker: Span, body: Span, terminator: Span) -> Heredoc:
        return Heredoc(self.name, self.descriptor, self.expand, self.chomp, marker, body, terminator)


class Found(Struct, frozen=True):
    """The heredocs of an instruction and the number of the line after them.

    `unreadable` is the place of a marker that BuildKit cannot read. `unterminated` is set if the last heredoc has no
    terminator.
    """

    heredocs: tuple[Heredoc, ...]
    end: int
    unterminated: bool = False
    unreadable: Span | None = None


class Finder:
    """Finds the heredocs of a file's instructions."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._index: dict[bool, dict[str, list[int]]] = {}

    def find(self, text: MappedText, number: int) -> Found:
        """Return the heredocs of an instruction, whose bodies start at line `number`."""
        if "<<" not in text.text:
            return Found((), number)
        markers, unreadable = _markers(text.text, newer=False)
        if re.search(_NEWER, text.text):
            # BuildKit before dockerfile 1.16 treats these as words. Since then, it refuses the file if one has no
            # terminator. So they are certainly heredocs only if all are terminated.
            more, wrong = _markers(text.text, newer=True)
            if len(more) > len(markers) and not wrong:
                found = self._bodies(text, more, number)
                if not found.unterminated:
                    return found
        if unreadable:
            return Found((), number, unreadable=text.span(*unreadable))
        return self._bodies(text, markers, number)

    def _bodies(self, text: MappedText, markers: list[_Marker], number: int) -> Found:
        lines = self._lines
        heredocs = []
        for marker in markers:
            name = marker.name
            at = text.span(marker.start, marker.end)
            body = lines.start(number)
            last = self._terminator(name, marker.chomp, number)
            if last is None:
                rest = lines.start(len(lines))
                heredocs.append(marker.heredoc(at, Span(body, rest), Span(rest, rest)))
                return Found(tuple(heredocs), len(lines), unterminated=True)
            content = lines.content(last)
            stop = lines.start(last) + len(content)
            heredocs.append(marker.heredoc(at, Span(body, lines.start(last)), Span(stop - len(name), stop)))
            number = last + 1
        return Found(tuple(heredocs), number)

    def _terminator(self, name: str, chomp: bool, number: int) -> int | None:
        """Return the first line from `number` on that consists of `name`."""
        if chomp not in self._index:
            index = self._index[chomp] = {}
            for at in range(len(self._lines)):
                line = self._lines.content(at)
                index.setdefault(line.lstrip("\t") if chomp else line, []).append(at)
        places = self._index[chomp].get(name, [])
        at = bisect_left(places, number)
        return places[at] if at < len(places) else None


def is_marker(word: str) -> bool:
    """Return whether COPY and ADD treat a word as a heredoc."""
    parts = _parts(word)
    name = lex(parts.name, raw=False, newer=False) if parts is not None else None
    return name is not None and len(name.words) == 1


class _Parts(Struct, frozen=True):
    """The parts of a word such as "3<<-EOF"."""

    digits: str
    chomp: bool
    name: str


def _parts(word: str) -> _Parts | None:
    digits, sign, name = word.partition("<<")
    chomp = name.startswith("-")
    name = name.removeprefix("-")
    if not sign or "<" in name or digits.strip("0123456789"):
        return None
    return _Parts(digits, chomp, name.removeprefix("\ufeff"))


def _markers(text: str, *, newer: bool) -> tuple[list[_Marker], tuple[int, int] | None]:
    """Return the markers in an instruction's text, and the place of an unreadable marker."""
    markers: list[_Marker] = []
    lexed = lex(text, raw=True, newer=newer)
    for word in lexed.words if lexed is not None else ():
        parts = _parts(word.text)
        if parts is None or not parts.name:
            continue
        place = (word.start + len(parts.digits), word.end)
        name = lex(parts.name, raw=False, newer=newer)
        if name is None:
            return markers, place
        if len(name.words) == 1:
            # Go replaces a byte that is not UTF-8 by U+FFFD.
            found = re.sub(_NOT_UTF8, "\ufffd", name.words[0].text)
            markers.append(_Marker(found, _descriptor(parts.digits), not name.quoted, parts.chomp, *place))
    return markers, None


def _descriptor(digits: str) -> int:
    return min(int(digits.lstrip("0")[:21] or 0), _MOST)
