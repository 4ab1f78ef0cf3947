"""Finds lines that are only output, many at once, since a log of hundreds of megabytes has few others."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from zr4lint.diagnose.events import Run
from zr4lint.diagnose.window import Line


class Quick:
    """Finds the lines of a batch that may be more than output, by a pattern."""

    def __init__(self, special: re.Pattern[str]) -> None:
        self._special = special
        self._lines: Sequence[str] = ()
        self._marks: list[int] = []

    def run(self, key: str | None, line: int, lines: Sequence[str], at: int) -> Run | None:
        """Return the lines from index `at` to the next special one; `line` is the number of the first."""
        if self._lines is not lines:
            self._lines, self._marks = lines, self._found(lines)
        place = bisect_left(self._marks, at)
        end = self._marks[place] if place < len(self._marks) else len(lines)
        return Run(key, [*map(Line, range(line, line + end - at), lines[at:end])]) if end > at else None

    def _found(self, lines: Sequence[str]) -> list[int]:
        ends: list[int] = []
        marks: list[int] = []
        for found in self._special.finditer("\n".join(lines)):
            ends = ends or [*accumulate(len(text) + 1 for text in lines)]
            marks.append(bisect_right(ends, found.start()))
        return marks
