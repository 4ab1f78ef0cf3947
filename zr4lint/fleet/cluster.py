"""Runs parts on Dask's distributed, with workers on this machine or those of a running scheduler."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import dask
from distributed import Client, Future, LocalCluster
from distributed.scheduler import KilledWorker
from msgspec import Struct

from zr4lint.app.errors import UsageError
from zr4lint.fleet.addresses import reason
from zr4lint.fleet.worker import Part, VersionError, answer_part

MOST_TRIES = 3
"""The most retries of a part after its worker died or its results could not be written."""

WAITING = 4
"""The number of parts queued at each worker."""

SECONDS = 10
"""The seconds between checks of the workers while none of them answers."""

LOST_AFTER = 6
"""The number of checks without a worker after which a cluster has lost its workers."""

_CONFIGURATION = {
    "distributed.scheduler.allowed-failures": 0,  # the second try is the careful one
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.limit": "1h",
    "distributed.comm.timeouts.connect": "60s",
}


class Unfinished(Struct, frozen=True):
    """A part without results, and the reason."""

    part: Part
    reason: str


class Cluster:
    """Workers, and the client that sends them parts; `local` is None if they belong to another scheduler."""

    def __init__(self, client: Client, local: LocalCluster | None, workers: int) -> None:
        self.client = client
        self._local = local
        self._workers = workers
        self._missing = 0

    def perform(
        self, parts: Iterable[Part], order: bytes, output: str, done: Callable[[Part], object]
    ) -> list[Unfinished]:
        """Run the parts and call `done` for each that has run. Return the parts that could not be run.

        A part whose worker dies is retried in careful mode. Raises UsageError if there are no workers, or workers of
        another version.
        """
        coming, waiting = iter(parts), dict[Future[str], _Try]()
        finished: queue.SimpleQueue[Future[str]] = queue.SimpleQueue()
        unfinished: list[Unfinished] = []

        def submit(one: _Try) -> None:
            future = self.client.submit(
                answer_part,
                one.part,
                order,
                output,
                careful=one.careful,
                key=f"{one.part.name}-{one.number}",
                priority=-one.number,
                pure=False,
            )
            waiting[future] = one
            future.add_done_callback(finished.put)

        room, looked = self._look_after(), time.monotonic()
        while True:
            if time.monotonic() > looked + SECONDS:
                room, looked = self._look_after(), time.monotonic()
            while len(waiting) < room and (part := next(coming, None)) is not None:
                submit(_Try(part))
            if not waiting:
                return unfinished
            try:
                future = finished.get(timeout=SECONDS)
            except queue.Empty:
                continue
            one = waiting.pop(future)
            failure = _failure(future)
            future.release()
            if failure is None:
                done(one.part)
            elif one.number < MOST_TRIES:
                submit(one.again(failure))
            else:
                unfinished.append(Unfinished(one.part, _told(failure)))

    def count(self) -> int:
        """Return the number of threads of all workers."""
        return sum(self.client.nthreads().values())

    def _look_after(self) -> int:
        """Return the number of parts that may wait at the workers; replace lost workers of this machine.

        Raises UsageError if there have been no workers for a while.
        """
        count = self.count()
        self._missing = 0 if count else self._missing + 1
        if self._local is not None and count < self._workers:
            self._local.scale(self._workers)
        if self._missing > LOST_AFTER:
            raise UsageError("the cluster has lost all its workers; start it again, and the run goes on")
        return max(count, self._workers) * WAITING


class _Try(Struct, frozen=True):
    """The n-th try of a part, counted from 0."""

    part: Part
    number: int = 0
    careful: bool = False

    def again(self, failure: BaseException) -> _Try:
        """Return the next try; it is careful if the worker died."""
        return _Try(self.part, self.number + 1, self.careful or isinstance(failure, KilledWorker))


def _failure(future: Future[str]) -> BaseException | None:
    """Return why a part failed, or None if it succeeded; raises UsageError if retrying makes no sense."""
    if future.status == "finished":
        return None
    if future.status == "cancelled":
        raise UsageError("the scheduler has gone away; start it again, and the run goes on")
    failure: BaseException = future.exception()
    if isinstance(failure, VersionError | ModuleNotFoundError):
        raise UsageError(f"the workers can't lint: {failure}")
    return failure


def _told(failure: BaseException) -> str:
    if isinstance(failure, KilledWorker):
        return f"its worker died {MOST_TRIES + 1} times"
    return reason(failure) if isinstance(failure, Exception) else type(failure).__name__


@contextmanager
def cluster(workers: int, scheduler: str | None) -> Iterator[Cluster]:
    """Yield `workers` workers on this machine, or those of the scheduler at an address."""
    with dask.config.set(_CONFIGURATION):
        if scheduler is not None:
            with _connected(scheduler) as client:
                yield Cluster(client, None, 1)
            return
        # Anyone who can connect to a scheduler can run code as its user. On this machine, connecting needs the
        # certificate.
        with _started(workers) as local, Client(local) as client:
            yield Cluster(client, local, workers)


def _started(workers: int) -> LocalCluster:
    """Start workers on this machine; start them again if one of them dies before it is ready."""
    for number in range(MOST_TRIES + 1):
        try:
            return LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                security=True,
                dashboard_address="127.0.0.1:0",
                silence_logs="CRITICAL",
            )
        except (RuntimeError, OSError, TimeoutError) as error:
            if number == MOST_TRIES:
                raise UsageError(f"no workers can be started: {error}") from None
    raise AssertionError


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    try:
        client: Any = Client(scheduler, timeout="30s")
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"--scheduler: {reason(error)}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=60)
        except TimeoutError:
            raise UsageError(f"--scheduler: {scheduler} has no workers") from None
        yield client
