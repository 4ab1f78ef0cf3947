"""Keeps a bounded part of a step's output: its first lines, its last lines, and relevant ones between them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from msgspec import Struct

FIRST = 200
LAST = 4000
KEPT = 2000
MOST_CHARACTERS = 4_000_000

MOST_OF_EACH = 100
"""The most lines that are kept with the same literal part of a signature."""

Telling = Callable[[str], Iterator[tuple[int, str]]]
"""A function that returns the offsets of signatures' literal parts in a text, and these parts."""


class Line(Struct, frozen=True):
    """A line of the log, counted from 1."""

    number: int
    text: str


class Window:
    """A bounded window on the lines of a step."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._first: list[Line] = []
        self._kept: list[Line] = []
        self._last: list[Line] = []
        self._size = 0
        self._seen: dict[str, int] = {}

    def add(self, line: Line) -> None:
        """Add a line."""
        self._last.append(line)
        self._size += len(line.text)
        if len(self._last) >= 2 * LAST or self._size > MOST_CHARACTERS:
            self._evict()

    def extend(self, lines: Sequence[Line]) -> None:
        """Add consecutive lines."""
        for at in range(0, len(lines), LAST):
            part = lines[at : at + LAST]
            self._last += part
            self._size += sum(len(line.text) for line in part)
            if len(self._last) >= 2 * LAST or self._size > MOST_CHARACTERS:
                self._evict()

    def _evict(self) -> None:
        keep = LAST if len(self._last) >= 2 * LAST else len(self._last) // 2
        old, self._last = self._last[:-keep] if keep else self._last, self._last[-keep:] if keep else []
        self._size = sum(len(line.text) for line in self._last)
        room = FIRST - len(self._first)
        self._first += old[:room]
        old = old[room:] if room > 0 else old
        if len(self._kept) < KEPT:
            self._keep(old)

    def _keep(self, lines: Sequence[Line]) -> None:
        """Keep the lines that contain words of a signature."""
        ends: list[int] = []
        last = -1
        for offset, words in self._telling("\n".join(line.text for line in lines)):
            ends = ends or [*accumulate(len(line.text) + 1 for line in lines)]
            index = bisect_right(ends, offset)
            if index == last:
                continue
            last = index
            self._seen[words] = self._seen.get(words, 0) + 1
            if self._seen[words] <= MOST_OF_EACH:
                self._kept.append(lines[index])
        del self._kept[KEPT:]

    def __iter__(self) -> Iterator[Line]:
        yield from self._first
        yield from self._kept
        yield from self._last

    def __len__(self) -> int:
        return len(self._first) + len(self._kept) + len(self._last)

    @classmethod
    def of(cls, lines: Iterable[Line], telling: Telling) -> Window:
        """Return a window with these lines."""
        window = cls(telling)
        for line in lines:
            window.add(line)
        return window
