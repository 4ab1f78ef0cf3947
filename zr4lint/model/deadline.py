"""A time limit that the code checks, so that it works in threads and on every system."""

from __future__ import annotations

import math
import time


class TimeUpError(Exception):
    """The time limit of a file has passed."""


class Deadline:
    """Ends work after `seconds` of the thread's processor time; None sets no limit.

    Code that loops over the parts of a file calls `check` in the loop. C code with a callback calls `passed`. `trials`
    is the number of texts that may still be linted in search of causes, for all files with this deadline.
    """

    def __init__(self, seconds: float | None = None, trials: float = math.inf) -> None:
        self.trials = trials
        self._end = None if seconds is None else time.thread_time() + seconds
        # A thread's processor time never exceeds the wall time, whose clock needs no system call.
        self._earliest = time.monotonic() + (seconds or 0)

    @property
    def passed(self) -> bool:
        """Return whether the time is up."""
        if self._end is None or time.monotonic() <= self._earliest:
            return False
        left = self._end - time.thread_time()
        self._earliest = time.monotonic() + left
        return left < 0

    @property
    def left(self) -> float:
        """Return the remaining seconds; raises TimeUpError if there are none."""
        left = math.inf if self._end is None else self._end - time.thread_time()
        if left <= 0:
            raise TimeUpError
        return left

    def check(self) -> None:
        """Raise TimeUpError if the time is up."""
        if self.passed:
            raise TimeUpError


NO_DEADLINE = Deadline()
