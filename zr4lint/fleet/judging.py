"""Lints texts into rows as the command line does; in careful mode, in a separate process."""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from threading import Timer
from typing import IO, TYPE_CHECKING

from msgspec import structs

from zr4lint.app.task import Options, Result, Task, perform
from zr4lint.fleet.rows import Answer, answer
from zr4lint.fleet.texts import Held, Text
from zr4lint.project.discovery import Input

if TYPE_CHECKING:
    from zr4lint.fleet.order import Desk

Performer = Callable[[Sequence[Task]], Iterator[Result]]

PATIENCE = 5
"""A file is stopped from outside after this many times its processor time limit, in wall-clock time."""

_HEAD = struct.Struct(">Q")


def judged(texts: Sequence[Text], desk: Desk, performer: Performer = perform) -> Iterator[Answer]:
    """Yield the answer to each text, in order."""
    tasks = [_task(text, desk) for text in texts]
    results = performer([task for task in tasks if isinstance(task, Task)])
    for text, task in zip(texts, tasks, strict=True):
        if not isinstance(task, Task):
            yield Answer(structs.replace(text.row, error=task))
            continue
        result = next(results)
        if result.report is None:
            error = (result.error or "not linted").removeprefix(f"{text.row.path}: ")
            yield Answer(structs.replace(text.row, error=error))
        else:
            yield answer(text.row, result.report)


def _task(text: Text, desk: Desk) -> Task | str:
    """Return the task of a text, or the reason why there is none."""
    if text.row.error is not None:
        return text.row.error
    order = desk.order
    if text.data is None:
        folder = os.path.dirname(text.file) or "."
        options = Options(max_size=order.max_size, max_time=order.max_time)
    else:
        folder = None
        options = Held(data=text.data, max_size=order.max_size, max_time=order.max_time)
    task = desk.task(Input(text.file, text.row.path), text.name, folder, options)
    names = ", ".join(pack.name for pack in desk.assignment.packs)
    return task if task is not None else f"no pack matches; pass --pack ({names})"


class Careful:
    """Performs each task in another process, which is replaced if a task kills it; used as a `Performer`."""

    def __init__(self, max_time: int) -> None:
        self._seconds = max_time * PATIENCE
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Careful:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def __call__(self, tasks: Sequence[Task]) -> Iterator[Result]:
        """Yield the result of each task; if its process died, the result is that error."""
        for task in tasks:
            yield self._performed(task)

    def _performed(self, task: Task) -> Result:
        if self._process is None:
            self._process = _started()
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        timer = Timer(self._seconds, process.kill)
        timer.start()
        try:
            _send(process.stdin, pickle.dumps(task))
            data = _receive(process.stdout)
        except OSError:
            data = None
        finally:
            timer.cancel()
        if data is None:
            self._end()
            return Result(None, "not linted: its process was killed")
        result: Result = pickle.loads(data)
        return result

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with self._process:
                pass
            self._process = None


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-c", "from zr4lint.fleet.judging import serve; serve()"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def serve() -> None:
    """Perform the tasks from standard input until it ends; other output is redirected to stderr."""
    tasks, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _dies_first()
    while (data := _receive(tasks)) is not None:
        task: Task = pickle.loads(data)
        _send(results, pickle.dumps(next(iter(perform([task])))))


def _dies_first() -> None:
    """Ask the kernel to kill this process first if memory runs out."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")


def _send(stream: IO[bytes], data: bytes) -> None:
    stream.write(_HEAD.pack(len(data)) + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes | None:
    """Return the next message, or None at the end or if the message is incomplete."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    (size,) = _HEAD.unpack(head)
    data = stream.read(size)
    return data if len(data) == size else None
