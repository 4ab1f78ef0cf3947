"""A time limit for commands that read one file after another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def limited(path: str) -> Iterator[None]:
    """Raise a UsageError that names the file if the block takes too much processor time."""
    from zr4lint.app.errors import UsageError
    from zr4lint.filesystem.limits import MAX_TIME, time_limit
    from zr4lint.model.deadline import TimeUpError

    try:
        with time_limit(MAX_TIME):
            yield
    except TimeUpError:
        raise UsageError(f"{path}: takes more than {MAX_TIME} seconds") from None
