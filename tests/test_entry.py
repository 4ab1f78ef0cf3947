"""Command lines that zr4lint reads without click: click reads them the same way, and click reads all others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest

from tests.test_cli import environment
from zr4lint.cli.check import command
from zr4lint.cli.entry import FLAGS, options_and_paths
from zr4lint.cli.linting import DEFAULTS

ROOT = Path(__file__).parent.parent

FLAG_OPTIONS = tuple(f"--{flag.replace('_', '-')}" for flag in FLAGS)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("Dockerfile", "rules", "-f"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()


def by_click(words: list[str]) -> Mapping[str, Any]:
    """Return the options that click reads, without unset ones."""
    with command.make_context("zr4lint", list(words)) as ctx:
        return {
            name: value
            for name, value in ctx.params.items()
            if value not in (None, False, ()) and DEFAULTS.get(name) != value
        }


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["Dockerfile"],
        ["Dockerfile", "rules"],
        ["Dockerfile", "missing"],
        ["Dockerfile", "-"],
        ["--", "-f"],
        ["--fix", "--", "Dockerfile", "-f", "--"],
        ["Dockerfile", "--fix", "--unsafe-fixes"],
        ["--quiet", "--quiet", "Dockerfile"],
        ["-q", "-v", "-e", "Dockerfile"],
        ["--pack", "zr4", "Dockerfile", "--pack=core,ml"],
        [
            "Dockerfile",
            "--select",
            "DL",
            "--select=ZC1",
            "--ignore",
            "DL3008",
            "--extend-select=SC",
            "--extend-ignore=a=b",
        ],
        ["--format", "sarif", "--output", "out.sarif", "Dockerfile", "--output-format=text", "-o", "new/out.txt"],
        ["--format=json", "--output-file", "Dockerfile"],
        *([flag, "Dockerfile"] for flag in FLAG_OPTIONS),
    ],
    ids=" ".join,
)
def test_click_reads_the_same(words: list[str]) -> None:
    read = options_and_paths(words, {})
    assert read is not None
    assert {name: value for name, value in read.items() if value} == by_click(words)


@pytest.mark.parametrize(
    "words",
    [
        ["--pack"],
        ["--pack", "--fix"],
        ["--pack="],
        ["--format", "full"],
        ["--format=unknown", "Dockerfile"],
        ["--output", "-", "Dockerfile"],
        ["--output", "folder"],
        ["--output", "./out"],
        ["-o=out"],
        ["-oout"],
        ["-qe", "Dockerfile"],
        ["--jobs", "2"],
        ["-f"],
        ["--fi", "Dockerfile"],
        ["--unsafe_fixes", "Dockerfile"],
        ["--fix=1"],
        ["--watch"],
        ["--version"],
        ["--help"],
        ["rules"],
        ["chek"],
        ["missing"],
        ["-"],
        [""],
    ],
    ids=" ".join,
)
def test_others_are_left_to_click(words: list[str]) -> None:
    assert options_and_paths(words, {}) is None


@pytest.mark.parametrize("name", ["ZR4LINT_FORMAT", "ZR4LINT_JOBS", "_ZR4LINT_COMPLETE"])
def test_variables_that_stand_for_options_are_left_to_click(name: str) -> None:
    assert options_and_paths(["Dockerfile"], {name: "json"}) is None
    assert options_and_paths(["Dockerfile"], {f"OTHER_{name}": "json"}) is not None


def test_each_flag_is_an_option_of_check() -> None:
    flags = {p.name for p in command.params if isinstance(p, click.Option) and p.is_flag and p.expose_value}
    assert set(FLAGS) == flags - {"watch"}


@pytest.mark.slow
def test_paths_alone_import_neither_click_nor_shellcheck() -> None:
    code = (
        "import sys\nfrom zr4lint.cli.entry import run\nfrom zr4lint.shellcheck import program\n"
        "program.switched_off = True\nsys.argv = ['zr4lint', 'docker/Dockerfile.zr4']\nrun()\n"
        "print([name for name in ('click', 'tempfile', 'zr4lint.shellcheck.running') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
