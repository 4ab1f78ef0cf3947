"""A limit for what might never end, so wide that it says nothing about speed: `make bench` measures that."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from zr4lint.filesystem.limits import time_limit

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

PATIENCE = 120
"""Seconds that are enough for anything a test waits for, on a busy machine too."""


def ends() -> AbstractContextManager[None]:
    """A block that has to end; TimeUpError where it does not."""
    return time_limit(PATIENCE)


def until(true: Callable[[], bool]) -> None:
    """Wait for a condition; TimeoutError where it does not come."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)
