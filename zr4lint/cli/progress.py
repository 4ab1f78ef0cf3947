"""A progress bar for long runs on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

FEWEST = 100
"""The number of files from which a run shows its progress."""


@contextmanager
def progress(
    *, wanted: bool, fewest: int = FEWEST, label: str = "Linting"
) -> Iterator[Callable[[int, int], None] | None]:
    """Yield a callback that draws the number of finished steps on stderr, or None without a terminal.

    It draws nothing for fewer than `fewest` steps.
    """
    if not wanted or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    bar = _Bar(fewest, label)
    try:
        yield bar.advance
    finally:
        bar.close()


class _Bar:
    """A progress bar that is drawn only if there are enough steps."""

    def __init__(self, fewest: int, label: str) -> None:
        self._fewest = fewest
        self._label = label
        self._progress: Progress | None = None

    def advance(self, done: int, total: int) -> None:
        """Draw the number of finished steps."""
        if total < self._fewest:
            return
        if self._progress is None:
            self._progress = _started(self._label, total)
        self._progress.update(self._progress.task_ids[0], completed=done)

    def close(self) -> None:
        """Remove the bar."""
        if self._progress is not None:
            self._progress.stop()


def _started(label: str, total: int) -> Progress:
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    drawn = Progress(
        *Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True), transient=True
    )
    drawn.add_task(label, total=total)
    drawn.start()
    return drawn
