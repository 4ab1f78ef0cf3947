"""Several processes: the same answers in the same order, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.test_cli import CONFORMING, WRONG_TORCH, environment, save, zr4lint
from zr4lint.app.parallel import WORTH_A_PROCESS, in_order, processes

COUNT = 30


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for number in range(COUNT):
        text = (CONFORMING, WRONG_TORCH, "FROM scratch\n")[number % 3]
        save(tmp_path / f"{number:03}" / "Dockerfile.zr4", text)
    save(tmp_path / "015" / "Dockerfile.zr4", "FROM a\0\n")
    return tmp_path


@pytest.mark.parametrize("name", ["text", "json", "sarif", "concise"])
def test_the_report_is_the_same(many: Path, name: str) -> None:
    one, two = (zr4lint("--format", name, "--jobs", jobs, ".", cwd=many) for jobs in ("1", "2"))
    assert one == two
    assert one.code == 2
    assert "015" in one.err


def test_fixes_are_the_same(many: Path) -> None:
    one, two = (zr4lint("--diff", "--unsafe-fixes", "-j", jobs, ".", cwd=many) for jobs in ("1", "2"))
    assert one == two
    assert one.out.count("+++ b/") > COUNT // 3


def test_files_are_fixed_in_all_processes(many: Path) -> None:
    zr4lint("--fix", "--unsafe-fixes", "--jobs", "2", "--pack", "zr4", ".", cwd=many)
    for number in (1, 4, 28):
        assert "    torch==2.5.0 \\\n" not in (many / f"{number:03}" / "Dockerfile.zr4").read_text()


@pytest.mark.parametrize("jobs", ["0", "-1", "x"])
def test_a_wrong_number(tmp_path: Path, jobs: str) -> None:
    assert zr4lint("--jobs", jobs, cwd=tmp_path).code == 2


def test_how_many_processes() -> None:
    assert processes(3, 2) == 2
    assert processes(3, 0) == 1
    assert processes(None, WORTH_A_PROCESS - 1) == 1
    assert processes(None, 10_000) == len(os.sched_getaffinity(0))


def _doubled(number: int) -> int:
    return 2 * number


@pytest.mark.parametrize("count", [1, 2])
def test_answers_come_in_the_order_of_the_items(count: int) -> None:
    assert list(in_order(_doubled, range(100), count)) == list(range(0, 200, 2))


def test_ctrl_c_ends_all_of_them(many: Path) -> None:
    for number in range(100, 500):
        save(many / f"{number:03}" / "Dockerfile.zr4", CONFORMING)
    command = [sys.executable, "-m", "zr4lint", "--jobs", "2", "."]
    process = subprocess.Popen(
        command, cwd=many, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.strip()) == (130, b"", b"")
    for _ in range(50):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("a process is left")
