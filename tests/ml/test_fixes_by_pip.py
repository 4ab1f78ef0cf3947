"""The safe fixes of pack ml do what the rule says with the pip and apt-get of this machine."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from zr4lint import fix_text
from zr4lint.knowledge.tables import table

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.thorough

VERSIONS = ("1.25.0", "1.26.4", "2.1.0")


def fixed(text: str) -> str:
    """Return the words of the last RUN of a Dockerfile after its safe fixes."""
    return fix_text(text, packs=["ml"]).text.rpartition("RUN ")[2].strip()


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with three releases of an empty package named numpy."""
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
    """Return this process's variables without those of pip; pip reads no configuration file either."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return kept | {"PIP_CONFIG_FILE": os.devnull}


def chosen(script: str, folder: Path, wheels: Path) -> str:
    """Return the version of numpy that pip would install for a script, which bash runs in a folder.

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
    """Without an index, an isolated build finds no build backend and fails."""
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


RELEASES = {
    ("torch", "2.5.1"): "",
    ("torch", "2.7.1"): "",
    ("torchaudio", "2.5.1"): "torch==2.5.1",
    ("torchaudio", "2.7.1"): "torch==2.7.1",
    ("torchaudio", "2.11.0"): "",
}
"""Requirements of releases, from PyPI's metadata."""


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """A folder with releases of torch and its companions that contain only metadata."""
    folder = tmp_path / "releases"
    folder.mkdir()
    for (name, version), required in RELEASES.items():
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
            lines += [f"Requires-Dist: {required}"] if required else []
            wheel.writestr(f"{info}/METADATA", "".join(f"{line}\n" for line in lines))
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return folder


def resolved(command: str, folder: Path, *options: str) -> dict[str, str] | None:
    """Return the wheels that pip chooses from a folder for a command line, or None if pip fails."""
    words = shlex.split(command.removeprefix("pip "))
    fixed_options = ("--dry-run", "--ignore-installed", "--no-index", "--find-links", str(folder), "--quiet")
    report = ("--report", "-")
    line = [sys.executable, "-m", "pip", "--isolated", *words, *fixed_options, *report, *options]
    done = subprocess.run(line, capture_output=True, text=True, env=isolated(), check=False)
    if done.returncode:
        return None
    return {one["metadata"]["name"]: one["metadata"]["version"] for one in json.loads(done.stdout)["install"]}


def test_a_companion_is_pinned_to_what_fits(releases: Path) -> None:
    """The newest torchaudio does not require torch, so pip installs it with any torch."""
    index = " --index-url https://download.pytorch.org/whl/cu126"
    command = "pip install torch==2.7.1 torchaudio"
    told = fixed(f"FROM python:3.11-bookworm\nRUN {command}{index}\n").removesuffix(index)
    assert resolved(command, releases) == {"torch": "2.7.1", "torchaudio": "2.11.0"}
    assert resolved(told, releases) == {"torch": "2.7.1", "torchaudio": "2.7.1"}


@pytest.mark.parametrize(
    "command",
    [
        "pip --no-deps install torchaudio==2.5.1",
        "pip -U install torch==2.5.1",
        "pip --no-build-isolation install torch",
    ],
)
def test_a_moved_option_is_taken(command: str, releases: Path) -> None:
    told = fixed(f"FROM python:3.11-bookworm\nRUN {command}\n")
    assert told != command
    assert resolved(command, releases) is None
    assert resolved(told, releases) is not None


@pytest.mark.parametrize(
    ("before", "command", "gone"),
    [
        ("--mount=type=cache,target=/root/.cache/pip", "pip install --no-cache-dir torch==2.5.1", "--no-cache-dir"),
        ("--network=default", "pip install --break-system-packages torch==2.5.1", "--break-system-packages"),
    ],
    ids=["cache", "break-system-packages"],
)
def test_what_is_installed_without_a_removed_option_is_the_same(
    before: str, command: str, gone: str, releases: Path
) -> None:
    apt = "RUN apt-get update && apt-get install -y python3-pip\n"
    told = fixed(f"FROM ubuntu:22.04\n{apt}RUN {before} {command}\n").removeprefix(f"{before} ")
    assert gone not in told
    assert resolved(told, releases) == resolved(command, releases) == {"torch": "2.5.1"}


def renames() -> list[str]:
    """The packages that a safe fix installs with apt-get."""
    rows = [row for row in table("system")["gone"] if row["instead"] and not row.get("judgement")]
    return sorted({row["instead"] for row in rows if not row["instead"].startswith("ppa:")})


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="apt-get is not there")
@pytest.mark.parametrize("package", renames())
def test_apt_get_installs_the_package_that_a_fix_names(package: str) -> None:
    known = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True, check=False)
    if "Candidate:" not in known.stdout or "Candidate: (none)" in known.stdout:
        pytest.skip("the lists of this machine's release do not have it")
    done = subprocess.run(["apt-get", "-s", "install", "-y", package], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
