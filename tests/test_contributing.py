"""Follow the steps of CONTRIBUTING.md in a copy of the repository."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from tests.installed import ROOT, environment
from tests.mutations.mutations import CONFORMING, mutation
from tests.mutations.test_mutations import errors, reported

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<what>\w+)(?:=(?P<path>\S+))?)?\n(?P<body>.*?)^```$", re.M | re.S)
BLOCKS = [match.groupdict() for match in BLOCK.finditer(TEXT)]


def copied(folder: Path, *, without: str = "") -> Path:
    """Copy the repository and write the page's file blocks, except those in `without`."""
    for name in ("zr4lint", "rules", "tests", "pyproject.toml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    for block in BLOCKS:
        if block["path"] is not None and block["what"] != without:
            path = folder / block["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            if block["what"] == "after":
                anchor = str(block["body"]).partition("\n")[0] + "\n"
                text = path.read_text(encoding="utf-8")
                assert text.count(anchor) == 1
                path.write_text(text.replace(anchor, str(block["body"])), encoding="utf-8")
                continue
            with path.open("a" if block["what"] == "append" else "x", encoding="utf-8") as file:
                file.write(block["body"])
    return folder


def call(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program, *args = shlex.split(command)
    assert program == "python"
    return subprocess.run(
        [sys.executable, *args],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def commands() -> list[str]:
    return [line for block in BLOCKS if block["kind"] == "sh" for line in str(block["body"]).splitlines()]


def test_every_block_is_used() -> None:
    assert len(BLOCKS) * 2 == len(re.findall("^ *```", TEXT, re.M))
    for block in BLOCKS:
        assert block["kind"] == "sh" or block["what"] in ("after", "append", "file", "mutation")


def test_the_rule_can_be_added_as_it_is_told(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    updated, explained, tested = (call(command, folder) for command in commands()[:3])
    assert updated.returncode == 0, updated.stdout
    assert '+message = "HF_HOME is `/models`, not `/workspace/models`"\n' in updated.stdout
    assert explained.returncode == 0, explained.stdout
    assert explained.stdout.startswith("ZR1106 hf-home\n")
    assert tested.returncode == 0, tested.stdout


@pytest.mark.thorough
def test_a_kind_a_fact_and_a_format_can_be_added_as_it_is_told(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    kind, fact, form = (call(command, folder) for command in commands()[3:])
    assert kind.returncode == 0, kind.stdout
    assert "Dockerfile.signals:2:12: error SG1 polite-signal: `SIGKILL` is not an allowed signal\n" in kind.stdout
    assert (fact.returncode, fact.stdout) == (0, "['java']\n")
    assert (form.returncode, form.stdout) == (0, "Dockerfile.signals\n")
    if (ROOT / ".mypy_cache").exists():  # what is not added is known there
        shutil.copytree(ROOT / ".mypy_cache", folder / ".mypy_cache")
    checked = call("python -m mypy zr4lint", folder)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("step", ["after", "append", "file"])
def test_each_step_is_needed(tmp_path: Path, step: str) -> None:
    folder = copied(tmp_path, without=step)
    assert not all(call(command, folder).returncode == 0 for command in commands())


def test_the_mutation_is_one_that_is_reported() -> None:
    (block,) = (block for block in BLOCKS if block["what"] == "mutation")
    (edit,) = tomllib.loads(block["body"])["edit"]
    applied = mutation(edit, "breaking", "CONTRIBUTING.md", CONFORMING.read_text())
    assert reported(applied)
    assert [message.partition(" ")[0] for message in errors(applied)] == ["ZR0501"]
    missed: Mapping[str, Any] = {**edit, "at": "torchvision"}
    assert not reported(mutation(missed, "breaking", "CONTRIBUTING.md", CONFORMING.read_text()))


@pytest.mark.parametrize("target", ["lint", "check", "test", "docs", "judge", "clean"])
def test_the_targets_are_there(target: str) -> None:
    assert f"`make {target}" in TEXT
    subprocess.run(["make", "--dry-run", target], cwd=ROOT, env=environment(), check=True, capture_output=True)
