"""The contracts of pyproject.toml are kept, and each of them notices what it forbids."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installed import ROOT, environment


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", "pyproject.toml"],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "zr4lint", tmp_path / "zr4lint", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_they_are_kept(copy: Path) -> None:
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout
    assert ", 0 broken." in done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("source.py", "from zr4lint import finding", "One way"),
        ("shell/model.py", "from zr4lint.facts import Facts", "One way"),
        ("checks/env.py", "from zr4lint import run", "One way"),
        ("packs.py", "from zr4lint.dockerfile import parse", "Packs know"),
        ("report/concise.py", "from zr4lint.facts import Facts", "Reports know"),
        ("run.py", "from zr4lint import cli", "Nothing imports"),
        ("facts/build.py", "import dockerfile_parse", "Nothing imports the whole of dockerfile-parse"),
        ("facts/build.py", "from zr4lint.alone import import_alone", "Modules are imported alone"),
        ("run.py", "import click", "click is for cli.py"),
        ("facts/commands.py", "import tree_sitter", "tree-sitter is for zr4lint.shell"),
        ("explain.py", "from rich.text import Text", "rich is for"),
        ("another.py", "", "One way"),
    ],
)
def test_what_they_forbid_is_noticed(copy: Path, module: str, line: str, contract: str) -> None:
    with (copy / "zr4lint" / module).open("a") as file:
        file.write(f"\n{line}\n")
    done = lint_imports(copy)
    assert done.returncode == 1, done.stdout
    assert [name for name in re.findall("^(.+) BROKEN", done.stdout, re.MULTILINE) if name.startswith(contract)]
