"""The extension for VS Code is type-checked, bundled and packaged as for publishing."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.installed import ROOT, scratch

if TYPE_CHECKING:
    from pathlib import Path

EXTENSION = ROOT / "editors" / "vscode"

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


def npm(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["npm", *args], cwd=cwd, capture_output=True, text=True, check=False, timeout=600)


@cache
def installed() -> Path:
    """A copy of the extension with its build dependencies at the locked versions."""
    folder = scratch() / "vscode"
    leave_out = shutil.ignore_patterns("node_modules", "dist", "*.vsix")
    shutil.copytree(EXTENSION, folder, ignore=leave_out, dirs_exist_ok=True)
    done = npm("ci", "--no-audit", "--no-fund", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_it_is_packaged() -> None:
    folder = installed()
    done = npm("run", "package", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(folder / "zr4lint.vsix") as archive:
        names = [*archive.namelist()]
        manifest = json.loads(archive.read("extension/package.json"))
        assert b"activate" in archive.read("extension/dist/extension.js")
    assert sorted(name for name in names if name.startswith("extension/")) == [
        "extension/dist/extension.js",
        "extension/package.json",
        "extension/readme.md",
    ]
    assert manifest["main"] == "./dist/extension.js"


def test_a_wrong_type_is_noticed() -> None:
    copy = scratch() / "vscode-wrong"
    shutil.copytree(installed(), copy, symlinks=True, dirs_exist_ok=True)
    with (copy / "src" / "extension.ts").open("a") as file:
        file.write("\nconst count: number = settings();\nvoid count;\n")
    done = npm("run", "check", cwd=copy)
    assert done.returncode != 0
    assert "TS2322" in done.stdout
