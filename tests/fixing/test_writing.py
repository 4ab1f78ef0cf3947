"""Files on disk always have the old or the new text, and keep mode, link, line ends and byte order mark."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.inprocess import call
from tests.support.ending import PATIENCE
from tests.test_cli import CONFORMING as GOOD
from tests.test_cli import DOCKER, WITHOUT_ML
from zr4lint.filesystem.writing import WriteError, replace
from zr4lint.model.source import BOM

BAD = GOOD.replace("--no-install-recommends \\\n    git", "\\\n    git")
SCRIPTS = ("download_models.sh", "start.sh")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for script in SCRIPTS:
        (tmp_path / script).write_bytes((DOCKER / script).read_bytes())
    (tmp_path / "Dockerfile.zr4").write_text(BAD)
    (tmp_path / "zr4lint.toml").write_text(WITHOUT_ML)
    return tmp_path


def zr4lint(*arguments: str, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    done = call(*arguments, cwd=cwd, stdin=stdin)
    return subprocess.CompletedProcess(arguments, done.code, done.out.encode(), done.err.encode())


def of_its_own(*arguments: str, cwd: Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run the same in a separate process."""
    command = [sys.executable, "-m", "zr4lint", *arguments]
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, check=False, timeout=PATIENCE)


@pytest.mark.slow
def test_fix_writes_the_file_and_says_what_it_did(folder: Path) -> None:
    done = of_its_own("--fix", "Dockerfile.zr4", cwd=folder)
    assert (folder / "Dockerfile.zr4").read_text().count("--no-install-recommends") == 2
    assert done.returncode == 0
    assert b"Fixed 1. All 52 requirements met." in done.stdout


def test_unsafe_fixes_are_held_back_until_asked_for(folder: Path) -> None:
    file = folder / "Dockerfile.zr4"
    file.write_text(GOOD.replace("    torch==2.5.1 \\", "    torch==2.4.0 \\"))
    held = zr4lint("--fix", "Dockerfile.zr4", cwd=folder)
    assert (held.returncode, file.read_text()) == (1, GOOD.replace("    torch==2.5.1 \\", "    torch==2.4.0 \\"))
    assert b"Found 1 error (1 held back for --unsafe-fixes)." in held.stdout
    assert zr4lint("--fix", "--unsafe-fixes", "Dockerfile.zr4", cwd=folder).returncode == 0
    assert file.read_text() == GOOD


@pytest.mark.slow
def test_diff_shows_and_writes_nothing(folder: Path) -> None:
    shown = of_its_own("--diff", "Dockerfile.zr4", cwd=folder)
    assert (shown.returncode, (folder / "Dockerfile.zr4").read_text()) == (1, BAD)
    lines = shown.stdout.decode().splitlines()
    assert lines[:2] == ["--- a/Dockerfile.zr4", "+++ b/Dockerfile.zr4"]
    changed = [line for line in lines[2:] if line[0] in "+-"]
    assert changed == [
        "-RUN apt-get update && apt-get install -y \\",
        "+RUN apt-get update && apt-get install --no-install-recommends -y \\",
    ]


def test_diff_of_a_conforming_file_is_empty(folder: Path) -> None:
    (folder / "Dockerfile.zr4").write_text(GOOD)
    shown = zr4lint("--diff", "Dockerfile.zr4", cwd=folder)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, b"", b"")


def test_the_diff_can_be_applied(folder: Path) -> None:
    patch = zr4lint("--diff", "--unsafe-fixes", "Dockerfile.zr4", cwd=folder).stdout
    subprocess.run(["git", "apply", "-"], cwd=folder, input=patch, check=True)
    assert zr4lint("Dockerfile.zr4", cwd=folder).returncode == 0


@pytest.mark.slow
def test_standard_input_comes_out_fixed_and_the_report_goes_to_stderr(folder: Path) -> None:
    done = of_its_own("--fix", "--stdin-filename", "Dockerfile.zr4", "-", cwd=folder, stdin=BAD.encode())
    assert done.stdout.decode().count("--no-install-recommends") == 2
    assert b"Fixed 1." in done.stderr


def test_a_layer_that_can_not_fit_is_named(folder: Path) -> None:
    notes = "".join(f"    # note {number}\n" for number in range(9))
    (folder / "Dockerfile.zr4").write_text(GOOD.replace("    && rm -rf", notes + "    && rm -rf", 1))
    done = zr4lint("--fix", "Dockerfile.zr4", cwd=folder)
    assert done.returncode == 1
    assert b"layer 2, System dependencies, has" in done.stdout


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o464])
def test_the_mode_is_kept(folder: Path, mode: int) -> None:
    file = folder / "Dockerfile.zr4"
    file.chmod(mode)
    zr4lint("--fix", "Dockerfile.zr4", cwd=folder)
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_link_stays_a_link_and_its_target_is_written(folder: Path) -> None:
    target = folder / "real"
    target.write_text(BAD)
    (folder / "Dockerfile.zr4").unlink()
    (folder / "Dockerfile.zr4").symlink_to("real")
    zr4lint("--fix", "Dockerfile.zr4", cwd=folder)
    assert (folder / "Dockerfile.zr4").readlink() == Path("real")
    assert target.read_text() != BAD


def test_hard_links_stay_names_of_one_file(folder: Path) -> None:
    file, other = folder / "Dockerfile.zr4", folder / "other"
    other.hardlink_to(file)
    zr4lint("--fix", "Dockerfile.zr4", cwd=folder)
    assert file.samefile(other)
    assert other.read_text() != BAD
    assert not [*folder.glob(".*")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_is_kept(folder: Path) -> None:
    file = folder / "Dockerfile.zr4"
    os.chown(file, 65534, 65533)
    file.chmod(0o640)
    zr4lint("--fix", "Dockerfile.zr4", cwd=folder)
    after = file.stat()
    assert file.read_text() != BAD
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (65534, 65533, 0o640)


def test_what_sigkill_leaves_is_hidden_and_no_dockerfile(folder: Path) -> None:
    """The name of the temporary file starts with a dot and ends in .zr4lint, so no run lints it."""
    script = (
        "import os, signal, sys; from zr4lint.filesystem import writing\n"
        "os.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)\n"
        "p = sys.argv[1]; writing.replace(p, open(p, 'rb').read(), b'new')"
    )
    done = subprocess.run([sys.executable, "-c", script, "Dockerfile.zr4"], cwd=folder, check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = folder.glob(".*")
    assert left.match(".Dockerfile.zr4.*.zr4lint")
    assert (folder / "Dockerfile.zr4").read_text() == BAD
    assert zr4lint("--show-files", cwd=folder).stdout.split() == [b"Dockerfile.zr4"]


@pytest.mark.parametrize(
    "shape",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: BOM + text,
        lambda text: BOM + text.replace("\n", "\r\n"),
    ],
    ids=["CRLF", "byte order mark", "both"],
)
def test_line_ends_and_byte_order_mark_are_kept(folder: Path, shape: object) -> None:
    assert callable(shape)
    file = folder / "Dockerfile.zr4"
    file.write_bytes(shape(GOOD.replace("ENV LC_ALL=C.UTF-8\n", "")).encode())
    zr4lint("--fix", "--unsafe-fixes", "Dockerfile.zr4", cwd=folder)
    assert file.read_bytes() == shape(GOOD).encode()


def test_bytes_that_are_no_text_survive(folder: Path) -> None:
    file = folder / "Dockerfile.zr4"
    file.write_bytes(BAD.encode().replace(b"# ComfyUI is", b"# \xff\xfe is"))
    zr4lint("--fix", "Dockerfile.zr4", cwd=folder)
    assert b"# \xff\xfe is" in file.read_bytes()
    assert file.read_bytes().count(b"--no-install-recommends") == 2


def test_one_file_that_fails_does_not_stop_the_others(folder: Path) -> None:
    (folder / "b").mkdir()
    (folder / "b" / "Dockerfile.zr4").write_text(BAD)
    done = zr4lint("--fix", "missing", "Dockerfile.zr4", "b/Dockerfile.zr4", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert all((folder / name).read_text() != BAD for name in ("Dockerfile.zr4", "b/Dockerfile.zr4"))


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"theirs")
    with pytest.raises(WriteError, match="changed while it was being fixed"):
        replace(str(file), b"what was read", b"ours")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_bytes() == b"theirs"


def test_a_folder_that_can_not_be_written_leaves_the_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "gone" / "file"
    with pytest.raises(WriteError, match="can't be written"):
        replace(str(file), b"old", b"new")


@pytest.mark.slow
def test_killed_at_any_moment_a_file_is_the_old_or_the_new_text(tmp_path: Path) -> None:
    old, new = b"old " * 200_000, b"new! " * 200_000
    file = tmp_path / "file"
    file.write_bytes(old)
    script = (
        "import sys; from pathlib import Path; from zr4lint.filesystem.writing import replace; p = Path(sys.argv[1])\n"
        f"old, new = {old[:4]!r} * 200_000, {new[:5]!r} * 200_000\n"
        "print('ready', flush=True)\n"
        "while True: replace(p, old, new); replace(p, new, old)"
    )
    for attempt in range(12):
        if file.read_bytes() != old:
            file.write_bytes(old)
        with subprocess.Popen([sys.executable, "-c", script, str(file)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(0.004 * attempt)
            os.kill(process.pid, signal.SIGKILL)
        assert file.read_bytes() in (old, new)


@pytest.mark.slow
def test_new_writes_a_conforming_file_and_never_over_another(folder: Path) -> None:
    file = folder / "Dockerfile.zr4"
    refused = zr4lint("new", "zr4", "Dockerfile.zr4", cwd=folder)
    assert (refused.returncode, file.read_text()) == (2, BAD)
    assert refused.stderr == b"zr4lint: Dockerfile.zr4: file exists, not overwritten\n"
    file.unlink()
    assert zr4lint("new", "zr4", "Dockerfile.zr4", cwd=folder).returncode == 0
    assert b"Score 60/60" in zr4lint("Dockerfile.zr4", cwd=folder).stdout
    assert zr4lint("new", "zr4", cwd=folder).stdout == file.read_bytes()
