"""Work in several processes."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from zr4lint.startup import collect_nothing

T = TypeVar("T")
R = TypeVar("R")

WORTH_A_PROCESS = 40
"""So many files take longer than it takes to start another process."""

_CHUNKS = 8
"""How many times each process is handed work, so that none waits long for the last one."""


def processes(wanted: int | None, items: int) -> int:
    """How many processes to use: as many as wanted, else as there are cores and worth their start."""
    if wanted is not None:
        return max(1, min(wanted, items))
    return max(1, min(_cores(), items // WORTH_A_PROCESS))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(work: Callable[[T], R], items: Sequence[T], count: int) -> Iterator[R]:
    """What `work` answers for each item, in their order; both travel between processes as pickles."""
    if count == 1:
        yield from map(work, items)
        return
    from concurrent.futures import ProcessPoolExecutor

    chunk = max(1, len(items) // (count * _CHUNKS))
    with ProcessPoolExecutor(count, initializer=_begin, initargs=(gc.isenabled(),)) as pool:
        try:
            yield from pool.map(work, items, chunksize=chunk)
        except BaseException:
            import multiprocessing
            import threading

            threading.excepthook = lambda _: None  # of the pool's own thread, which misses its processes
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _begin(collecting: bool) -> None:
    """Leave Ctrl-C to the process that hands out the work, and collect garbage only if that process does."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not collecting:
        collect_nothing()
