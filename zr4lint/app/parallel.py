"""Runs work in several processes."""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from zr4lint.filesystem.signals import held
from zr4lint.startup import collect_nothing

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

T = TypeVar("T")
R = TypeVar("R")

WORTH_A_PROCESS = 40
"""The number of files whose lints take longer than starting another process."""

_TOGETHER = 50
"""The number of items in a batch for a single process."""

_CHUNKS = 8
"""The number of batches for each process; several keep all processes busy to the end."""

_MOST = 100
"""The most items in a batch, since the answers of a batch are in memory together."""


def processes(wanted: int | None, items: int) -> int:
    """Return the number of processes: as requested, else one for each core if there are enough files."""
    if wanted is not None:
        return max(1, min(wanted, items))
    return max(1, min(_cores(), items // WORTH_A_PROCESS))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(
    work: Callable[[Sequence[T]], Iterable[R]], lost: Callable[[T], R], items: Sequence[T], count: int
) -> Iterator[R]:
    """Yield the results of `work` for the items, in order; items and results are pickled.

    If a process dies, the remaining items are run again, one at a time in one process. If that process dies as well,
    the item gets the answer of `lost`. Processes end when this one does, even if it is killed.
    """
    if count == 1:
        for start in range(0, len(items), _TOGETHER):
            yield from work(items[start : start + _TOGETHER])
        return
    size = min(max(1, len(items) // (count * _CHUNKS)), _MOST)
    chunks = (items[start : start + size] for start in range(0, len(items), size))
    pool = _pool(count)
    try:
        waiting = deque((chunk, _submitted(pool, work, chunk)) for chunk in islice(chunks, count * _CHUNKS))
        while waiting:
            chunk, future = waiting.popleft()
            answers = _answer(future)
            waiting.extend((more, _submitted(pool, work, more)) for more in islice(chunks, 1))
            yield from _one_by_one(work, lost, chunk) if answers is None else answers
    except BaseException:
        _terminate()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _each(work: Callable[[Sequence[T]], Iterable[R]], items: Sequence[T]) -> list[R]:
    return list(work(items))


def _one_by_one(work: Callable[[Sequence[T]], Iterable[R]], lost: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """Yield the answers of a single process, which is replaced when it dies."""
    pool = _pool(1)
    try:
        for item in items:
            answers = _answer(_submitted(pool, work, [item]))
            if answers is None:
                pool.shutdown(wait=False)
                pool = _pool(1)
                yield lost(item)
            else:
                yield from answers
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _pool(count: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(count, initializer=_begin, initargs=(gc.isenabled(),))


def _submitted(
    pool: ProcessPoolExecutor, work: Callable[[Sequence[T]], Iterable[R]], items: Sequence[T]
) -> Future[list[R]] | None:
    """Submit a batch and return its future, or None if a process of the pool has died.

    The first call forks. Ctrl-C must not raise there, since Python's own calls around the fork would swallow it.
    """
    from concurrent.futures.process import BrokenProcessPool

    try:
        with held("SIGINT"):
            return pool.submit(_each, work, items)
    except BrokenProcessPool:
        return None


def _answer(future: Future[list[R]] | None) -> list[R] | None:
    """Return the result of a process, or None if a process of its pool died."""
    from concurrent.futures.process import BrokenProcessPool

    try:
        return future.result() if future is not None else None
    except BrokenProcessPool:
        return None


def _terminate() -> None:
    import multiprocessing
    import threading

    threading.excepthook = lambda _: None  # the pool's own thread reports its missing processes
    for process in multiprocessing.active_children():
        process.terminate()


def _begin(collecting: bool) -> None:
    """Ignore Ctrl-C, end with the parent process, and collect garbage only if the parent does."""
    import signal
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_the_parent, daemon=True).start()
    if not collecting:
        collect_nothing()


def _end_with_the_parent() -> None:
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
