"""Compares the step times in a log with the specification's estimates for the layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.diagnose.failures import Failure, one_line
from zr4lint.diagnose.locating import locate
from zr4lint.model.estimate import Estimate, in_words

if TYPE_CHECKING:
    from zr4lint.diagnose.events import StepName
    from zr4lint.diagnose.record import Record, Time
    from zr4lint.dockerfile.instructions import Dockerfile
    from zr4lint.model.finding import FileReport, Row

_SHORT = 3
_LEAST = 1.0
"""The time in seconds below which a layer counts as cached, so that its time is not compared."""


def compared(record: Record, dockerfile: Dockerfile, report: FileReport) -> tuple[str, ...]:
    """Return one line for each layer that was built, with its time and its expected time."""
    rows = [row for part in report.conformance for row in part.rows if row.build]
    return tuple(_lines(record.times, dockerfile, rows, record.compiled)) if rows else ()


def _lines(
    times: Sequence[Time], dockerfile: Dockerfile, rows: Sequence[Row], compiled: Sequence[str]
) -> Iterator[str]:
    took: dict[str, float] = {}
    ended: set[str] = set()
    for time in times:
        row = _row(time.name, dockerfile, rows)
        if row is not None:
            took[row.title] = took.get(row.title, 0) + time.seconds
            if not time.done:
                ended.add(row.title)
    for row in rows:
        seconds = took.get(row.title, 0)
        if row.build is None or seconds < _LEAST:
            continue
        expected = Estimate.parse(row.build)
        part = " until it ended early" if row.title in ended else ""
        words = f"layer {row.title} took {in_words(Estimate(seconds, seconds), 'min')}{part}, {row.build} expected"
        if seconds > expected.high:
            named = next((one for one in compiled if _near(one, row.title)), None)
            yield f"{words}: {named} was compiled" if named else f"{words}: longer"
        elif not part:  # the time of a layer that ended early can't be compared
            yield words


def _row(name: StepName, dockerfile: Dockerfile, rows: Sequence[Row]) -> Row | None:
    """Return the layer whose lines contain a step; None if there is none."""
    if name.internal:
        return None
    place = locate(Failure("build", "", 0, (), name, one_line(name.text)), dockerfile)
    if place is None:
        return None
    line = place.instruction.line
    return next((row for row in rows if _holds(row.found, line) or _holds(row.required, line)), None)


def _near(package: str, title: str) -> bool:
    """Return whether a layer's title names a package, as "Flash Attention" names flash-attn."""
    words = title.lower()
    return any(part in words for part in package.lower().replace("_", "-").split("-") if len(part) > _SHORT)


def _holds(lines: tuple[int, int] | None, line: int) -> bool:
    return lines is not None and lines[0] <= line <= lines[1]
