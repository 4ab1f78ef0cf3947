"""The code keeps the import contracts of pyproject.toml, and each contract detects a violation."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
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


@pytest.mark.slow
def test_they_are_kept(copy: Path) -> None:
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout
    assert ", 0 broken." in done.stdout


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("model/source.py", "from zr4lint.model import finding", "No two rooms"),
        ("shell/commands.py", "from zr4lint.facts import Facts", "A module imports only"),
        ("checks/spec/variables.py", "from zr4lint.app import run", "A module imports only"),
        ("checks/spec/variables.py", "from zr4lint.checks import ml", "Families of checks"),
        ("checks/layout/layers.py", "from zr4lint.checks.spec import variables", "Families of checks"),
        ("packs/reader.py", "from zr4lint.dockerfile import parse", "Packs know"),
        ("report/concise.py", "from zr4lint.facts import Facts", "A module imports only"),
        ("app/run.py", "from zr4lint import cli", "Nothing imports"),
        ("facts/gathering.py", "import dockerfile_parse", "Nothing imports the whole of dockerfile-parse"),
        ("app/run.py", "import click", "click is for the command line"),
        ("facts/command_facts.py", "import tree_sitter", "tree-sitter is for the shell"),
        ("packs/rulebook.py", "from rich.text import Text", "rich is for"),
        ("another.py", "", "A module imports only"),
    ],
)
def test_what_they_forbid_is_noticed(copy: Path, module: str, line: str, contract: str) -> None:
    with (copy / "zr4lint" / module).open("a") as file:
        file.write(f"\n{line}\n")
    done = lint_imports(copy)
    assert done.returncode == 1, done.stdout
    assert [name for name in re.findall("^(.+) BROKEN", done.stdout, re.MULTILINE) if name.startswith(contract)]


def test_modules_have_names_of_their_own() -> None:
    """A command's module has the name of the command; other rooms may have modules of the same name."""
    paths = [
        path for path in Path(ROOT, "zr4lint").rglob("*.py") if path.parent.name != "cli" and path.stem != "__init__"
    ]
    assert [name for name, count in Counter(path.stem for path in paths).items() if count > 1] == []
