"""The SARIF reports pass Microsoft's Multitool with GitHub's rules, and sarif-tools."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.installed import ROOT

MULTITOOL = ROOT / "ci" / "node" / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
CONFORMING = (ROOT / "docker" / "Dockerfile.zr4").read_text()
ONLINE = "SARIF2006"
"""UrisShouldBeReachable, because it requests every address from the network."""

ODD = "a b/#1 %41/größe 日本/[x] & 'y'"


def report(folder: Path, *args: str) -> Path:
    """The SARIF of a run in a folder."""
    command = [sys.executable, "-m", "zr4lint", "--format", "sarif", "--output", "report.sarif", *args]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode in (0, 1, 2), done.stderr
    return folder / "report.sarif"


def objections(sarif: Path) -> Counter[str]:
    """Return the Multitool's rules that gave an error or a warning for a report."""
    out = sarif.with_suffix(".judged.sarif")
    command = [str(MULTITOOL), "validate", "--rule-kind", "Sarif;Gh", "--level", "Error;Warning;Note"]
    subprocess.run(
        [*command, str(sarif), "--output", str(out), "--log", "ForceOverwrite"],
        capture_output=True,
        check=False,
        timeout=300,
    )
    run = json.loads(out.read_text(encoding="utf-8-sig"))["runs"][0]
    assert run["invocations"][0]["executionSuccessful"], run["invocations"]
    counted: Counter[str] = Counter()
    for result in run.get("results", []):
        level = result.get("level", "warning")
        if level != "note" and result["ruleId"] != ONLINE:
            counted[f"{level} {result['ruleId']} {result['message'].get('arguments')}"] += 1
    return counted


def results(sarif: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(sarif.read_text())["runs"][0]["results"]
    return found


def conforming(folder: Path) -> Path:
    shutil.copytree(ROOT / "docker", folder / "docker")
    return report(folder, "docker/Dockerfile.zr4")


def many(folder: Path) -> Path:
    """Return a file that meets few requirements: thirty or more findings, with fixes."""
    file = folder / "Dockerfile.zr4"
    file.write_text("FROM ubuntu AS x\nRUN apt-get install git\nRUN pip install torch==2.5.0 mmcv>=2.1.0\nCMD start\n")
    sarif = report(folder, file.name)
    assert len(results(sarif)) >= 30
    assert len([result for result in results(sarif) if "fixes" in result]) >= 10
    return sarif


def odd(folder: Path) -> Path:
    """Return paths with characters that a URI has to escape, and words that a viewer could interpret."""
    file = folder / ODD / "Dockerfile.zr4"
    file.parent.mkdir(parents=True)
    file.write_text(CONFORMING.replace("torch==2.5.1", "torch==2.5.0").replace("PyTorch", "[a](b) {0} 日本 \x1b"))
    sarif = report(folder, ODD)
    assert [result["ruleId"] for result in results(sarif)].count("ZR0501") == 1
    return sarif


def not_linted(folder: Path) -> Path:
    """A path that does not exist, and a file that does."""
    shutil.copytree(ROOT / "docker", folder / "docker")
    sarif = report(folder, "docker", "gone/Dockerfile.zr4")
    (invocation,) = json.loads(sarif.read_text())["runs"][0]["invocations"]
    assert invocation["toolConfigurationNotifications"]
    return sarif


def suppressed(folder: Path) -> Path:
    """A finding that a comment suppresses, with a reason."""
    text = CONFORMING.replace("torch==2.5.1", "torch==2.5.0")
    (folder / "Dockerfile.zr4").write_text(f"{text}# zr4lint: ignore-file[ZR0501] the next wheel is awaited\n")
    sarif = report(folder)
    assert [r for r in results(sarif) if r.get("suppressions")], "nothing is suppressed"
    return sarif


@pytest.mark.parametrize("make", [conforming, many, odd, not_linted, suppressed], ids=lambda make: str(make.__name__))
def test_no_error_and_no_warning(make: Callable[[Path], Path], tmp_path: Path) -> None:
    assert objections(make(tmp_path)) == Counter()


def test_a_broken_report_is_objected_to(tmp_path: Path) -> None:
    sarif = many(tmp_path)
    document = json.loads(sarif.read_text())
    result = document["runs"][0]["results"][0]
    result["locations"] = []
    result["ruleIndex"] = 9999
    sarif.write_text(json.dumps(document))
    assert len(objections(sarif)) >= 2


@cache
def sarif_tools() -> str:
    return str(Path(sys.executable).parent / "sarif")


@pytest.mark.parametrize("make", [conforming, many, odd], ids=lambda make: str(make.__name__))
def test_sarif_tools_reads_it(make: Callable[[Path], Path], tmp_path: Path) -> None:
    sarif = make(tmp_path)
    command = [sarif_tools(), "csv", "--output", str(tmp_path / "out.csv"), str(sarif)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = (tmp_path / "out.csv").read_text().strip().splitlines()
    assert len(rows) == 1 + len(results(sarif))


def test_sarif_tools_finds_none_where_there_is_none_and_some_where_there_are(tmp_path: Path) -> None:
    for make, found in ((conforming, False), (many, True)):
        folder = tmp_path / make.__name__
        folder.mkdir()
        command = [sarif_tools(), "--check", "error", "summary", str(make(folder))]
        assert bool(subprocess.run(command, capture_output=True, check=False).returncode) is found
