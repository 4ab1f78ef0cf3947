"""Runs on real workers: the findings are those of the plain run, even if workers die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.fleet.results import bare, corpus, files, plainly_told, told
from tests.inprocess import Done, call
from tests.support.ending import PATIENCE, until
from tests.support.slow import SLOW
from tests.test_cli import CONFORMING, complaint, environment, save

pytestmark = pytest.mark.slow

COUNT = 40


@contextmanager
def running(*args: str, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `zr4lint fleet run` with two workers, in a process group that ends afterwards."""
    command = [sys.executable, "-m", "zr4lint", "fleet", "run", "--workers", "2", "-o", "out", *args]
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def ended(process: subprocess.Popen[bytes]) -> Done:
    out, err = process.communicate(timeout=PATIENCE)
    return Done(process.returncode, out.decode(), err.decode())


def fleet(*args: str, cwd: Path) -> Done:
    with running(*args, cwd=cwd) as process:
        return ended(process)


def marks(folder: Path) -> list[str]:
    """Return the finished parts."""
    return sorted(path.name for path in (folder / "out" / "files").glob("*.parquet"))


def workers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return the processes that lint: those of Dask, and the guard processes that they start."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if _lints(child)]


def _lints(process: psutil.Process) -> bool:
    try:
        words = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return "spawn_main" in words or "judging" in words


def answered_once(folder: Path, count: int) -> None:
    urls = [row["url"] for row in files(folder / "out")]
    assert len(urls) == len({*urls}) == count


@pytest.mark.thorough
def test_a_run_and_the_same_again(tmp_path: Path) -> None:
    corpus(tmp_path / "here", COUNT)
    save(tmp_path / "here" / "x" / "Dockerfile", "FROM a\0\n")
    first = fleet("--part-size", "7", "here", cwd=tmp_path)
    assert first.code == 0, first
    assert first.out == ""
    assert "41 files in 41 repositories, 1 not linted: " in first.err
    answered_once(tmp_path, COUNT + 1)
    assert told(tmp_path / "out") == plainly_told("here", cwd=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.parquet")}
    again = fleet("--part-size", "7", "here", cwd=tmp_path)
    assert again.err.startswith("zr4lint: 6 of 6 parts were done before\n41 files")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.parquet")} == before
    report = call("fleet", "report", "out", cwd=tmp_path)
    assert report.out.startswith("out: 41 files in 41 repositories, 1 not linted\n")


@pytest.mark.thorough
def test_what_is_missing_is_done_again_and_nothing_else(tmp_path: Path) -> None:
    corpus(tmp_path / "here", COUNT)
    assert fleet("--part-size", "10", "here", cwd=tmp_path).code == 0
    everything = told(tmp_path / "out")
    names = marks(tmp_path)
    lost = tmp_path / "out" / "files" / names[0]
    lost.unlink()
    save(tmp_path / "out" / "files" / ".x.part", "half written")
    kept = {name: (tmp_path / "out" / "files" / name).stat().st_mtime_ns for name in names[1:]}
    done = fleet("--part-size", "10", "here", cwd=tmp_path)
    assert "3 of 4 parts were done before" in done.err
    assert marks(tmp_path) == names
    assert {name: (tmp_path / "out" / "files" / name).stat().st_mtime_ns for name in names[1:]} == kept
    assert not (tmp_path / "out" / "files" / ".x.part").exists()
    assert told(tmp_path / "out") == everything


@pytest.mark.thorough
def test_other_settings_are_another_run(tmp_path: Path) -> None:
    corpus(tmp_path / "here", 6)
    assert fleet("here", cwd=tmp_path).code == 0
    done = fleet("--select", "ZC101", "here", cwd=tmp_path)
    assert "the results of an earlier run with other files, packs or settings no longer count" in done.err
    report = call("fleet", "report", "out", cwd=tmp_path).out
    assert report.startswith("out: 6 files")
    rules = report.partition("Rules by count\n")[2].partition("\n\n")[0].splitlines()[1:]
    assert [rule.split()[0] for rule in rules] in ([], ["ZC101"])


@pytest.mark.thorough
def test_a_worker_that_is_killed_costs_nothing(tmp_path: Path) -> None:
    corpus(tmp_path / "here", COUNT)
    save(tmp_path / "here" / "slow" / "Dockerfile", "FROM a\n" * 10_000)
    with running("--part-size", "5", "here", cwd=tmp_path) as process:
        until(lambda: process.poll() is not None or bool(marks(tmp_path)))
        busy = next(one for one in workers(process))
        busy.kill()
        done = ended(process)
    assert done.code == 0, done
    answered_once(tmp_path, COUNT + 1)
    assert told(tmp_path / "out") == plainly_told("here", cwd=tmp_path)


@pytest.mark.thorough
def test_a_file_whose_process_is_killed_is_a_row(tmp_path: Path) -> None:
    """The test kills each process that works on the file for long, as a system without memory does."""
    corpus(tmp_path / "here", COUNT)
    save(tmp_path / "here" / "poison" / "Dockerfile", SLOW)
    killed: list[int] = []
    with (
        running("--part-size", "20", "--max-time", "600", "here", cwd=tmp_path) as process,
        _watch(lambda: _kill_slow_workers(process, 6, killed)),
    ):
        done = ended(process)
    assert done.code == 0, done
    assert len(killed) == 2  # a worker, and then the guard process
    rows = {row["url"]: row["error"] for row in files(tmp_path / "out")}
    assert {url: error for url, error in rows.items() if error} == {
        "here/poison/Dockerfile": "not linted: its process was killed"
    }
    answered_once(tmp_path, COUNT + 1)
    (tmp_path / "here" / "poison" / "Dockerfile").unlink()
    assert told(tmp_path / "out") == plainly_told("here", cwd=tmp_path)


@contextmanager
def _watch(once: Callable[[], object]) -> Iterator[None]:
    """Repeat an action while a block runs."""
    end = threading.Event()

    def watch() -> None:
        while not end.wait(0.02):
            once()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _kill_slow_workers(process: subprocess.Popen[bytes], seconds: float, killed: list[int]) -> None:
    """Kill each worker that has taken more processor time, and add its number to `killed`."""
    for worker in workers(process):
        try:
            if worker.cpu_times().user > seconds:
                worker.kill()
                worker.wait()
                killed.append(worker.pid)
        except psutil.Error:
            continue


@pytest.mark.thorough
def test_repositories_of_a_manifest(tmp_path: Path) -> None:
    for number in range(3):
        folder = tmp_path / f"r{number}"
        bare(folder, {"Dockerfile.zr4": CONFORMING, "docker/Dockerfile": "FROM ubuntu\n"})
    lines = [f"r{number}/bare.git,main" for number in range(3)]
    save(tmp_path / "m.csv", "\n".join(["repository,ref", *lines, "none.git,", lines[0]]) + "\n")
    done = fleet("--manifest", "m.csv", cwd=tmp_path)
    assert done.code == 0, done
    assert "zr4lint: 1 named more than once\n" in done.err
    assert "10 files in 4 repositories, 4 not linted: " in done.err
    answered_once(tmp_path, 10)
    report = call("fleet", "report", "out", cwd=tmp_path).out
    assert "100.0" in report
    assert "none.git#: " in report


@pytest.mark.thorough
@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_run_which_can_go_on(tmp_path: Path, number: signal.Signals) -> None:
    corpus(tmp_path / "here", COUNT)
    save(tmp_path / "here" / "r0" / "000" / "Dockerfile", "FROM a\n" * 10_000)
    with running("--part-size", "5", "here", cwd=tmp_path) as process:
        until(lambda: process.poll() is not None or bool(marks(tmp_path)))
        started = workers(process)
        process.send_signal(number)
        done = ended(process)
    assert done.code in (130, -number)
    until(lambda: not any(_alive(worker) for worker in started))
    assert fleet("--part-size", "5", "here", cwd=tmp_path).code == 0
    answered_once(tmp_path, COUNT + 1)
    assert told(tmp_path / "out") == plainly_told("here", cwd=tmp_path)


def _alive(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


@pytest.mark.thorough
def test_a_scheduler_that_runs_already(tmp_path: Path) -> None:
    """The scheduler's workers have another folder and do not know the folder of the command."""
    corpus(tmp_path / "here", 12)
    (tmp_path / "elsewhere").mkdir()
    env = environment()
    python = Path(sys.executable).parent
    address = tmp_path / "scheduler.json"
    scheduler = [python / "dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path / "elsewhere", "env": env}
    with subprocess.Popen([*scheduler, "--scheduler-file", address], **quiet) as first:  # type: ignore[call-overload]
        worker = [python / "dask", "worker", "--scheduler-file", address, "--no-dashboard", "--nthreads", "1"]
        until(address.exists)
        with subprocess.Popen(worker, **quiet) as second:  # type: ignore[call-overload]
            try:
                import json

                until(lambda: bool(address.read_text()))
                where = json.loads(address.read_text())["address"]
                done = fleet("--scheduler", where, "here", cwd=tmp_path)
            finally:
                second.terminate()
                first.terminate()
    assert done.code == 0, done
    assert told(tmp_path / "out") == plainly_told("here", cwd=tmp_path)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "name paths or URLs, or a --manifest"),
        (("none",), "none: no such file"),
        (("--manifest", "empty.csv"), "nothing to lint: the manifest has no rows"),
        (("--select", "ZX999", "."), "--select: no rule has the code or the name `ZX999`"),
        (("--max-size", "x", "."), "--max-size: `x` is not a size such as 500K, 10M or 1G"),
        (("zip://a::https://example.org/b",), "zip://a::https://example.org/b: its protocol is not one of"),
    ],
)
def test_what_can_not_be_begun(tmp_path: Path, args: tuple[str, ...], message: str) -> None:
    save(tmp_path / "empty.csv", "url\n")
    save(tmp_path / "Dockerfile", "FROM scratch\n")
    assert complaint(call("fleet", "run", "-o", "out", *args, cwd=tmp_path)).startswith(message)
    assert not marks(tmp_path)


@pytest.mark.parametrize("output", ["https://example.org/x", "zip://x", "s3://x::y"])
def test_where_results_can_not_be_written(tmp_path: Path, output: str) -> None:
    save(tmp_path / "Dockerfile", "FROM scratch\n")
    told_of = complaint(call("fleet", "run", "-o", output, ".", cwd=tmp_path))
    assert told_of == f"{output}: results can't be written there"
