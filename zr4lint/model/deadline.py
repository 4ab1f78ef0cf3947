"""A limit of time that is checked, so that it holds in threads and on every system."""

from __future__ import annotations

import math
import time


class TimeUpError(Exception):
    """The time of a file is up."""


class Deadline:
    """Ends a piece of work after so many seconds of the thread's processor time; None never ends it.

    Whoever loops over a file's parts calls `check` in the loop. C code that takes a callback asks `passed`.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._end = None if seconds is None else time.thread_time() + seconds
        # No thread takes more processor time than passes on the wall, and that clock is read without a system call.
        self._earliest = time.monotonic() + (seconds or 0)

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        if self._end is None or time.monotonic() <= self._earliest:
            return False
        left = self._end - time.thread_time()
        self._earliest = time.monotonic() + left
        return left < 0

    @property
    def left(self) -> float:
        """The seconds that are left; TimeUpError if there are none."""
        left = math.inf if self._end is None else self._end - time.thread_time()
        if left <= 0:
            raise TimeUpError
        return left

    def check(self) -> None:
        """Raise TimeUpError if the time is up."""
        if self.passed:
            raise TimeUpError


NO_DEADLINE = Deadline()
