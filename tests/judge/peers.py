"""Run hadolint and tally on the Dockerfiles of core's cases and read the codes that they find."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.cases.case import RuleCase, every_case
from tests.cases.judging import rule_of

BUILDKIT = "buildkit/"
"""Prefix of tally's names for BuildKit's checks."""


def cases() -> list[RuleCase]:
    """The cases of core's rules that a peer also has, without the cases that have a build context."""
    return [
        item
        for item in every_case()
        if item.pack == "core" and item.case.context is None and rule_of(item.pack, item.rule).aliases
    ]


def program(name: str) -> str:
    """The path of a program beside this Python, or on PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found is not None, f"{name} is not installed: make judge installs it"
    return found


def written(items: Sequence[RuleCase], folder: Path) -> list[Path]:
    """Write the Dockerfile of each case to its own folder."""
    files: list[Path] = []
    for number, item in enumerate(items):
        file = folder / str(number) / "Dockerfile"
        file.parent.mkdir(parents=True)
        file.write_bytes(item.case.text.encode())
        files.append(file)
    return files


def hadolint(files: Sequence[Path]) -> Mapping[Path, set[str]]:
    """The codes that hadolint finds in each file. Files that it crashes on, such as `WORKDIR a`, are left out."""
    return _each(files, [program("hadolint"), "--no-fail", "--format", "json"], lambda out: {o["code"] for o in out})


def tally(files: Sequence[Path]) -> Mapping[Path, set[str]]:
    """The checks of BuildKit that tally finds in each file. Files that it can't parse are left out."""
    command = [program("tally"), "lint", "--format", "json", "--slow-checks", "off", "--fail-level", "none"]
    return _each(files, command, _checks)


def _checks(document: Any) -> set[str]:
    rules = {violation["rule"] for one in document["files"] for violation in one["violations"]}
    return {rule.removeprefix(BUILDKIT) for rule in rules if rule.startswith(BUILDKIT)}


def _each(files: Sequence[Path], command: list[str], read: Callable[[Any], set[str]]) -> Mapping[Path, set[str]]:
    """A program's output for each file. It runs once per file, so that a crash affects one file only."""

    def judged(file: Path) -> tuple[Path, set[str] | None]:
        done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
        try:
            return file, read(json.loads(done.stdout))
        except json.JSONDecodeError:
            return file, None

    with ThreadPoolExecutor(4) as pool:
        return {file: codes for file, codes in pool.map(judged, files) if codes is not None}
