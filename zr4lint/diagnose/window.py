"""A bounded part of a step's output: its first lines, its last ones, and between them those that may matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

FIRST = 200
LAST = 4000
KEPT = 2000
MOST_CHARACTERS = 4_000_000

Prefilter = Callable[[str], bool]
"""Whether a text may hold words of a signature; quick, and never wrong when it says no."""


class Line(Struct, frozen=True):
    """A line of the log, counted from 1."""

    number: int
    text: str


class Window:
    """Takes the lines of a step one by one."""

    def __init__(self, may_matter: Prefilter) -> None:
        self._may_matter = may_matter
        self._first: list[Line] = []
        self._kept: list[Line] = []
        self._last: list[Line] = []
        self._size = 0

    def add(self, line: Line) -> None:
        """Take a line."""
        self._last.append(line)
        self._size += len(line.text)
        if len(self._last) >= 2 * LAST or self._size > MOST_CHARACTERS:
            self._evict()

    def _evict(self) -> None:
        keep = LAST if len(self._last) >= 2 * LAST else len(self._last) // 2
        old, self._last = self._last[:-keep] if keep else self._last, self._last[-keep:] if keep else []
        self._size = sum(len(line.text) for line in self._last)
        room = FIRST - len(self._first)
        self._first += old[:room]
        old = old[room:] if room > 0 else old
        if len(self._kept) < KEPT and self._may_matter("\n".join(line.text for line in old)):
            self._kept += [line for line in old if self._may_matter(line.text)]
            del self._kept[KEPT:]

    def __iter__(self) -> Iterator[Line]:
        yield from self._first
        yield from self._kept
        yield from self._last

    def __len__(self) -> int:
        return len(self._first) + len(self._kept) + len(self._last)

    @classmethod
    def of(cls, lines: Iterable[Line], may_matter: Prefilter) -> Window:
        """A window with these lines."""
        window = cls(may_matter)
        for line in lines:
            window.add(line)
        return window
