"""The open texts and their analyses.

Each version of a text has one analysis, all in one thread. An analysis is cancelled when no request needs it. Checking
a document takes seconds and cannot be cancelled, so documents have a thread of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from zr4lint.lsp.analysis import Analysis, Trouble, analyse
from zr4lint.lsp.buffers import Buffer, Language
from zr4lint.lsp.linters import Linters
from zr4lint.model.deadline import Deadline, TimeUpError

if TYPE_CHECKING:
    from lsprotocol import types

MAX_SECONDS = 20.0
"""The most seconds of processor time of one analysis."""

_T = TypeVar("_T")


class Watch(Deadline):
    """A deadline that passes early when it is stopped; `start` starts its time."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped = False

    def start(self) -> None:
        """Start the time, measured on the calling thread."""
        super().__init__(MAX_SECONDS)

    @property
    def passed(self) -> bool:
        """Return whether the time is up, or no request needs the result."""
        return self.stopped or super().passed


class _Job:
    """The analysis of one version of a text; `waiting` counts the requests that wait for it."""

    def __init__(self, buffer: Buffer, linters: Linters, worker: ThreadPoolExecutor) -> None:
        self.buffer = buffer
        self.waiting = 0
        self._linters = linters
        self._watch = Watch()
        self.future = asyncio.wrap_future(worker.submit(self._work))

    def stop(self) -> None:
        """Stop the work; the result becomes None."""
        self._watch.stopped = True

    @property
    def stopped(self) -> bool:
        """Return whether no request needs the result any more."""
        return self._watch.stopped

    def _work(self) -> Analysis | None:
        try:
            self._watch.start()
            self._watch.check()
            return analyse(self.buffer, self._linters, self._watch)
        except TimeUpError:
            if self.stopped:
                return None
            trouble = Trouble(1, f"not linted: takes more than {MAX_SECONDS:.0f} seconds", "time-limit")
            return Analysis(self.buffer, troubles=(trouble,))


class Desk:
    """The open texts, and the analyses of their newest versions."""

    def __init__(self) -> None:
        self.buffers: dict[str, Buffer] = {}
        self.linters = Linters()
        self._jobs: dict[str, _Job] = {}
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="lint")
        self._documents = ThreadPoolExecutor(1, thread_name_prefix="documents")

    def put(self, buffer: Buffer) -> None:
        """Open a text, or replace it by a new version."""
        self.forget(buffer.uri)
        self.buffers[buffer.uri] = buffer

    def change(self, uri: str, version: int | None, changes: list[types.TextDocumentContentChangeEvent]) -> None:
        """Change a text; ignored for a text that is not open."""
        if uri in self.buffers:
            self.put(self.buffers[uri].changed(version, changes))

    def close(self, uri: str) -> None:
        """Close a text."""
        self.forget(uri)
        self.buffers.pop(uri, None)

    def forget(self, uri: str) -> None:
        """Discard the analysis of a text, since its dependencies have changed."""
        if uri in self._jobs:
            self._jobs.pop(uri).stop()

    def restart(self, linters: Linters) -> None:
        """Use other linters; every open text is linted again."""
        self.linters = linters
        for uri in [*self._jobs]:
            self.forget(uri)

    async def analysis(self, uri: str) -> Analysis | None:
        """Return the analysis of the newest version of a text, or None if it is not open."""
        while (buffer := self.buffers.get(uri)) is not None:
            job = self._jobs.get(uri)
            if job is None or job.stopped:
                worker = self._documents if buffer.language is Language.DOCUMENT else self._worker
                job = self._jobs[uri] = _Job(buffer, self.linters, worker)
            found = await self._result(job)
            if found is not None and self.buffers.get(uri) is buffer:
                return found
        return None

    async def _result(self, job: _Job) -> Analysis | None:
        """Return the result of a job; the job is stopped when its last waiting request is cancelled."""
        job.waiting += 1
        try:
            return await asyncio.shield(job.future)
        except asyncio.CancelledError:
            if job.waiting == 1 and not job.future.done():
                job.stop()
            raise
        finally:
            job.waiting -= 1

    async def work(self, function: Callable[[Watch], _T]) -> _T | None:
        """Run a function outside of the event loop; return None if its time is up. Cancelling the caller stops it."""
        watch = Watch()

        def run() -> _T | None:
            watch.start()
            with suppress(TimeUpError):
                watch.check()
                return function(watch)
            return None

        try:
            return await asyncio.wrap_future(self._worker.submit(run))
        finally:
            watch.stopped = True
