"""Run programs in turn and measure the time and memory of each run."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class RunError(Exception):
    """A measured program failed; the message contains its name and output."""


class Command(NamedTuple):
    """A program with its arguments. `name` is its name in the tables, `codes` are the exit codes of a good run."""

    name: str
    words: tuple[str, ...]
    stdin: Path | None = None
    codes: tuple[int, ...] = (0, 1)


class Taken(NamedTuple):
    """The measurements of a run: wall time and processor time in seconds, and peak memory in MB."""

    wall: float
    cpu: float
    memory: float


class Spread(NamedTuple):
    """The median and the quartiles of figures."""

    low: float
    median: float
    high: float


def spread(figures: Sequence[float]) -> Spread:
    """Return the median and the quartiles of figures."""
    ordered = sorted(figures)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    return Spread(at(0.25), at(0.5), at(0.75))


def rounds(
    commands: Sequence[Command], count: int, folder: Path, *, one_core: bool = False, warm: bool = True
) -> list[list[Taken]]:
    """Measure each command in each of `count` rounds, in the order A B C A B C.

    The commands run in `folder`. With `one_core` they all run on the same core. With `warm`, two more rounds come first
    and are not counted; the second run of a new installation writes the file of `zr4lint.preload`.
    """
    uncounted = 2 if warm else 0
    with _working_in(folder), _cores(one_core):
        taken = [[run(command, folder) for command in commands] for _ in range(count + uncounted)]
    return [list(column) for column in zip(*taken[uncounted:], strict=True)]


def run(command: Command, folder: Path) -> Taken:
    """Run a command to its end. Its output goes to a file, so that it never waits for a reader."""
    output = folder / "output.txt"
    written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, str(command.stdin or os.devnull), os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(output), written, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    start = time.perf_counter()
    process = os.posix_spawn(command.words[0], command.words, environment(), file_actions=actions)
    try:
        _, status, usage = os.wait4(process, 0)
    except BaseException:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        raise
    wall = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in command.codes:
        said = output.read_text(encoding="utf-8", errors="replace")[-500:]
        raise RunError(f"{command.name}: exit code {code}\n{said}")
    return Taken(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def environment() -> dict[str, str]:
    """The environment of the programs, without variables that point to a checkout or disable compiled files."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _cores(one: bool) -> Iterator[None]:
    """Restrict started processes to one core."""
    if not one:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
