"""Several processes give the same results in the same order and leave nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from tests.inprocess import call
from tests.support.ending import PATIENCE, until
from tests.support.slow import SLOW
from tests.test_cli import CONFORMING, WRONG_TORCH, environment, save, zr4lint
from zr4lint.app.parallel import WORTH_A_PROCESS, in_order, processes

pytestmark = pytest.mark.slow

T = TypeVar("T")
R = TypeVar("R")

COUNT = 30


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for number in range(COUNT):
        text = (CONFORMING, WRONG_TORCH, "FROM scratch\n")[number % 3]
        save(tmp_path / f"{number:03}" / "Dockerfile.zr4", text)
    save(tmp_path / "015" / "Dockerfile.zr4", "FROM a\0\n")
    return tmp_path


def test_the_report_is_the_same(many: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    formats = ("text", "json", "sarif", "concise")
    folders = [tmp_path_factory.mktemp("reports") for _ in range(2)]
    outputs = [[w for name in formats for w in ("--format", name, "--output", str(f / name))] for f in folders]
    one = call("--jobs", "1", *outputs[0], ".", cwd=many)
    two = zr4lint("--jobs", "2", *outputs[1], ".", cwd=many)
    assert one == two
    assert one.code == 2
    assert "015" in one.err
    for name in formats:
        first, second = ((folder / name).read_text() for folder in folders)
        assert first == second, name
        assert "torch-pin" in first, name


@pytest.mark.thorough
def test_fixes_are_the_same(many: Path) -> None:
    args = ("--diff", "--unsafe-fixes", "-j")
    one, two = (run(*args, jobs, ".", cwd=many) for run, jobs in ((call, "1"), (zr4lint, "2")))
    assert one == two
    assert one.out.count("+++ b/") > COUNT // 3


def test_files_are_fixed_in_all_processes(many: Path) -> None:
    zr4lint("--fix", "--unsafe-fixes", "--jobs", "2", "--pack", "zr4", ".", cwd=many)
    for number in (1, 4, 28):
        assert "    torch==2.5.0 \\\n" not in (many / f"{number:03}" / "Dockerfile.zr4").read_text()


@pytest.mark.parametrize("jobs", ["0", "-1", "x"])
def test_a_wrong_number(tmp_path: Path, jobs: str) -> None:
    assert call("--jobs", jobs, cwd=tmp_path).code == 2


def test_how_many_processes() -> None:
    assert processes(3, 2) == 2
    assert processes(3, 0) == 1
    assert processes(None, WORTH_A_PROCESS - 1) == 1
    assert processes(None, 10_000) == len(os.sched_getaffinity(0))


def _doubled(number: int) -> int:
    return 2 * number


@pytest.mark.parametrize("count", [1, 2])
def test_answers_come_in_the_order_of_the_items(count: int) -> None:
    assert list(in_order(partial(_each, _doubled), _given_up, range(100), count)) == list(range(0, 200, 2))


def _each(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return [work(item) for item in items]


def _given_up(number: int) -> int:
    return -number


def _deadly(number: int) -> int:
    if number in (13, 57):
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def test_an_item_that_kills_its_process_costs_no_other_its_answer() -> None:
    answers = list(in_order(partial(_each, _deadly), _given_up, range(100), 2))
    assert answers == [-number if number in (13, 57) else 2 * number for number in range(100)]


def _deadly_once(path: Path) -> str:
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def test_an_item_whose_process_dies_once_is_done_again(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(4)]
    for path in paths[1:]:
        path.touch()
    assert list(in_order(partial(_each, _deadly_once), str, paths, 2)) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_workers_end_with_the_process_that_started_them(tmp_path: Path, number: signal.Signals) -> None:
    for name in range(4):
        save(tmp_path / f"{name}" / "Dockerfile.zr4", SLOW)
    command = [sys.executable, "-m", "zr4lint", "--jobs", "2", "--max-time", "600", "."]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until(lambda: workers(process) == 2)
    process.send_signal(number)
    out, _ = process.communicate(timeout=PATIENCE)  # ends when no worker has the pipe open
    assert out == b""


def workers(process: subprocess.Popen[bytes]) -> int:
    """Return how many children of a process ignore Ctrl-C, which a worker does first."""
    found = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
            ignored = int(fields["SigIgn"], 16) >> (signal.SIGINT - 1) & 1
            found += int(fields["PPid"]) == process.pid and ignored
    return found


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_ctrl_c_ends_all_of_them(tmp_path: Path) -> None:
    for number in range(4):
        save(tmp_path / f"{number}" / "Dockerfile.zr4", SLOW)
    command = [sys.executable, "-m", "zr4lint", "--jobs", "2", "--max-time", "600", "."]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        until(lambda: workers(process) == 2)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, err.strip()) == (130, b"", b"")
        until(lambda: not alive(process.pid))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def alive(group: int) -> bool:
    """Return whether a process group has processes."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
