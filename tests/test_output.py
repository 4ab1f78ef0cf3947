"""Several reports of one run, each with its own file; and the badge."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from tests.inprocess import call
from tests.installed import ROOT, environment
from tests.test_cli import WITHOUT_ML
from zr4lint.app.errors import UsageError
from zr4lint.cli.destinations import Target, targets
from zr4lint.report import FORMATS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "docker", tmp_path, dirs_exist_ok=True)
    file = tmp_path / "Dockerfile.zr4"
    file.write_text(file.read_text().replace("torch==2.5.1", "torch==2.5.0"))
    (tmp_path / "zr4lint.toml").write_text(WITHOUT_ML)
    return tmp_path


def zr4lint(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(args, *call(*args, cwd=cwd))


def of_its_own(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the same in a separate process."""
    env = environment() | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "zr4lint", *args]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_the_nth_file_takes_the_nth_format() -> None:
    a, b = "a", "b"
    assert targets(["text"], []) == [Target("text", None)]
    assert targets(["json"], [a]) == [Target("json", a)]
    assert targets(["json", "sarif"], [a, b]) == [Target("json", a), Target("sarif", b)]
    assert targets(["json", "text"], [a]) == [Target("json", a), Target("text", None)]
    assert targets(["json", "text"], ["-", a]) == [Target("json", None), Target("text", a)]


@pytest.mark.parametrize(
    ("formats", "files", "words"),
    [
        (["json", "text"], [], "only one can go to standard output"),
        (["json", "text"], ["-"], "only one can go to standard output"),
        (["json"], ["a", "b"], "2 files for 1 format;"),
        (["json", "text"], ["a", "./a"], "one file can't take two formats"),
    ],
)
def test_what_makes_no_sense_is_refused(formats: list[str], files: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        targets(formats, files)


@pytest.mark.slow
def test_all_formats_of_one_run_are_those_of_runs_of_their_own(here: Path) -> None:
    pairs = [word for name in FORMATS if name != "concise" for word in ("--format", name, "--output", f"out.{name}")]
    done = of_its_own(*pairs, "--format", "concise", cwd=here)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == zr4lint("--format", "concise", cwd=here).stdout
    for name in FORMATS:
        if name != "concise":
            assert (here / f"out.{name}").read_text() == zr4lint("--format", name, cwd=here).stdout


def test_a_dash_is_standard_output(here: Path) -> None:
    done = zr4lint("--format", "concise", "-o", "-", "--format", "json", "-o", "x.json", cwd=here)
    assert done.stdout.startswith("Dockerfile.zr4:37:5: error ZR0501")
    assert json.loads((here / "x.json").read_text())["summary"]["error"] == 1
    assert not (here / "-").exists()


def test_wrong_pairs_are_one_line_and_write_nothing(here: Path) -> None:
    done = zr4lint("--format", "json", "--output", "a", "--output", "b", cwd=here)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert not (here / "a").exists()


@pytest.mark.parametrize("name", FORMATS)
def test_where_nothing_could_be_linted_formats_tell_of_it_or_are_silent(here: Path, name: str) -> None:
    done = zr4lint("--format", name, "gone", cwd=here)
    assert (done.returncode, done.stderr) == (2, "zr4lint: gone: no such file\n")
    assert ("gone: no such file" in done.stdout) is FORMATS[name].tells_errors
    assert bool(done.stdout) is FORMATS[name].tells_errors


def test_badge(here: Path) -> None:
    done = of_its_own("badge", cwd=here)
    assert (done.returncode, done.stderr) == (0, "")
    words = [element.text for element in ElementTree.fromstring(done.stdout).iter() if element.tag.endswith("}text")]
    assert words == ["zr4lint", "57.6/60"]
    written = zr4lint("badge", "--output", "x.svg", "Dockerfile.zr4", cwd=here)
    assert (written.returncode, written.stdout) == (0, "")
    assert (here / "x.svg").read_text() == done.stdout
    (here / "Dockerfile").write_text("FROM scratch\n")
    assert zr4lint("badge", "Dockerfile", cwd=here).returncode == 2
    assert "/60</text>" in zr4lint("badge", "--pack", "zr4", "Dockerfile", cwd=here).stdout


def test_a_badge_of_nothing_is_not_drawn(here: Path) -> None:
    done = zr4lint("badge", "gone", "-o", "x.svg", cwd=here)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "zr4lint: gone: no such file\n")
    assert not (here / "x.svg").exists()
