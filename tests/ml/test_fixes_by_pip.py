"""The safe fixes of pack ml, tried with the pip of this environment: what it then does is what the rule says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from zr4lint import fix_text

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

VERSIONS = ("1.25.0", "1.26.4", "2.1.0")


def fixed(text: str) -> str:
    """The words behind the last RUN of a Dockerfile when its safe fixes are applied."""
    return fix_text(text, packs=["ml"]).text.rpartition("RUN ")[2].strip()


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with three releases of a package named numpy that holds nothing."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for version in VERSIONS:
        info = f"numpy-{version}.dist-info"
        with zipfile.ZipFile(folder / f"numpy-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: numpy\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return folder


def isolated() -> dict[str, str]:
    """The variables of this process without those that steer pip; it reads no file of configuration either."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return kept | {"PIP_CONFIG_FILE": os.devnull}


def chosen(script: str, folder: Path, wheels: Path) -> str:
    """The version of numpy that pip would install for a script, which bash runs in a folder.

    pip is isolated from the machine's variables and configuration: continuous integration constrains numpy.
    """
    pip = folder / "pip"
    report = folder / "report.json"
    options = (
        f"--isolated --dry-run --ignore-installed --no-deps --no-index --find-links {wheels} --report {report} --quiet"
    )
    pip.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pip "$@" {options}\n')
    pip.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-c", script], cwd=folder, check=True, env={**isolated(), "PATH": path})
    return str(json.loads(report.read_text())["install"][0]["metadata"]["version"])


@pytest.mark.parametrize(
    ("command", "version"),
    [
        ("pip install numpy>=1.26,<2", "1.26.4"),
        ("pip install numpy >=1.26,<2", "1.26.4"),
        ("pip install numpy >= 1.26, <2", "1.26.4"),
        ("pip install numpy<1.26", "1.25.0"),
        ('bash -c "pip install numpy >=1.26,<2"', "1.26.4"),
        ("bash -c 'pip install numpy>=1.26,<2'", "1.26.4"),
    ],
)
def test_a_quoted_specifier_is_what_pip_gets(command: str, version: str, tmp_path: Path, wheels: Path) -> None:
    script = fixed(f"FROM python:3.11-bookworm\nRUN {command}\n")
    assert script != command
    assert chosen(script, tmp_path, wheels) == version
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("=")] == []


@pytest.mark.parametrize(("value", "builds"), [("1", False), ("true", False), ("0", True)])
def test_isolation_is_off_with_0_alone(value: str, builds: bool, tmp_path: Path) -> None:
    """Without an index an isolated build finds no build backend, so it fails."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text('[build-system]\nrequires = ["absent"]\nbuild-backend = "backend"\n')
    (project / "backend.py").write_text(
        "def build_wheel(*_):\n    raise SystemExit(3)\n"
        "def prepare_metadata_for_build_wheel(folder, *_):\n"
        "    import pathlib\n"
        "    info = pathlib.Path(folder, 'a-1.dist-info')\n"
        "    info.mkdir()\n"
        "    (info / 'METADATA').write_text('Metadata-Version: 2.1\\nName: a\\nVersion: 1\\n')\n"
        "    return info.name\n"
    )
    with (project / "pyproject.toml").open("a") as file:
        file.write('backend-path = ["."]\n')
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--no-index", "--quiet", str(project)]
    done = subprocess.run(
        command, env={**isolated(), "PIP_NO_BUILD_ISOLATION": value}, capture_output=True, check=False
    )
    assert (done.returncode == 0) is builds, done.stderr.decode()


def test_the_switch_is_fixed_to_what_pip_takes_for_off() -> None:
    text = "FROM python:3.11-bookworm\nENV PIP_NO_BUILD_ISOLATION=1\nRUN pip install chumpy\n"
    assert "PIP_NO_BUILD_ISOLATION=0\n" in fix_text(text, packs=["ml"]).text
