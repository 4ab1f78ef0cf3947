"""A time limit for code that might hang. It is far above the expected time; `make bench` measures speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from zr4lint.filesystem.limits import time_limit

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

PATIENCE = 120
"""Seconds that are enough for anything that a test waits for, even on a busy machine."""


def ends() -> AbstractContextManager[None]:
    """Run a block with a time limit; raises TimeUpError."""
    return time_limit(PATIENCE)


def until(true: Callable[[], bool]) -> None:
    """Wait for a condition; raises TimeoutError if it stays false."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)
