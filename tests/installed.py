"""Build zr4lint and install it into a separate environment, as users do.

Each process builds once. Tests that use the installation share the group GROUP, and therefore a process.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
GROUP = pytest.mark.xdist_group("installed")
SHIPPED = (
    "zr4lint",
    "rules",
    "docker",
    "ci",
    "scripts",
    "pyproject.toml",
    "hatch_build.py",
    "Makefile",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE",
    ".pre-commit-hooks.yaml",
    ".gitignore",
)
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


class Built(NamedTuple):
    """The two files of a release."""

    sdist: Path
    wheel: Path


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command that has to succeed; return stdout and stderr together."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment() if env is None else env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}"
    return done.stdout


def environment(*first_on_path: Path) -> dict[str, str]:
    """Return this process's variables, without those that point to this checkout or change output."""
    unset = {"PYTHONPATH", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "NO_COLOR", "FORCE_COLOR", "COLUMNS"}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return kept | {"PATH": os.pathsep.join([*map(str, first_on_path), os.environ["PATH"]])}


def copy_to(folder: Path) -> Path:
    """Copy the repository without its history, its tests and files that tools left."""
    folder.mkdir(parents=True)
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        elif source.exists():
            shutil.copy(source, folder / name)
    return folder


@cache
def scratch() -> Path:
    """Create a folder that is removed when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="zr4lint-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def build() -> Built:
    """Build the source distribution, and the wheel from it, with the build backend of the tests' environment."""
    out = scratch() / "dist"
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, cwd=copy_to(scratch() / "to-build"))
    return Built(next(out.glob("*.tar.gz")), next(out.glob("*.whl")))


@cache
def new_environment(name: str) -> Path:
    """Create an empty environment; return its folder of programs."""
    folder = scratch() / name
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=scratch())
    return folder / "bin"


@cache
def programs() -> Path:
    """Install the wheel into an environment without using an index; return its folder of programs.

    Dependencies come from the tests' environment, whose own zr4lint comes after the installed one on the path.
    """
    folder = new_environment("environment")
    run(*PIP, "--python", folder / "python", "install", "--no-deps", "--no-index", build().wheel, cwd=scratch())
    script = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(folder / "python", "-c", script, cwd=scratch()).strip())
    (packages / "tests.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return folder
