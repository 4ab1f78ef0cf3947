"""The limits for a file, in bytes and seconds."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from zr4lint.model.deadline import TimeUpError

if TYPE_CHECKING:
    from types import FrameType

MAX_SIZE = 10_000_000
MAX_TIME = 60

_UNITS = {"": 1, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000}


def size(text: str) -> int:
    """Return the bytes of a size such as "10000000", "500K", "10M" or "1G"; raises ValueError for other words."""
    found = re.fullmatch(r"([0-9]{1,15})([KMG]?)B?", text.strip().upper())
    if not found:
        raise ValueError(f"`{text}` is not a size such as 500K, 10M or 1G")
    return int(found[1]) * _UNITS[found[2]]


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeUpError in a block that takes more than `seconds` of processor time.

    The signal also interrupts C code, between two steps of Python. On Windows and outside of the main thread there is
    no such signal and no limit; a `Deadline` applies there.
    """
    try:
        before = signal.signal(signal.SIGPROF, _time_is_up)
    except (AttributeError, ValueError):
        yield
        return
    try:
        # The alarm repeats each second, in case the first exception is lost where none can be raised.
        signal.setitimer(signal.ITIMER_PROF, seconds, 1)
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _time_is_up(_: int, __: FrameType | None) -> None:
    raise TimeUpError
