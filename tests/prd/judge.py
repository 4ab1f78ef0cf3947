"""Runs the PRD's own verification commands on a text, with the real bash and the real grep."""

import os
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Check:
    """One check of the PRD: a row of commands.toml."""

    id: str
    section: str
    severity: Literal["fail", "warning"]
    run: str


CHECKS = tuple(
    Check(**row) for row in tomllib.loads(Path(__file__).with_name("commands.toml").read_text("utf-8"))["check"]
)


def run_commands(text: bytes, scripts: bool = True) -> dict[str, bool]:
    """Say of each check whether it passes where docker/Dockerfile.zr4 has this text.

    Without scripts, download_models.sh and start.sh are not beside the Dockerfile.
    """
    with tempfile.TemporaryDirectory() as folder:
        docker = Path(folder, "docker")
        docker.mkdir()
        (docker / "Dockerfile.zr4").write_bytes(text)
        if scripts:
            (docker / "download_models.sh").touch()
            (docker / "start.sh").touch()
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-c", _SCRIPT],
            cwd=folder,
            # In the C locale every byte is a character: grep takes no file for a binary one because of an accent.
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
    if done.stderr:
        raise RuntimeError(done.stderr)
    passed = {int(number) for number in done.stdout.split()}
    return {check.id: _RUNS.index(check.run) in passed for check in CHECKS}


# The final script repeats greps of the sections before it: what has the same words is run once.
_RUNS = tuple(dict.fromkeys(check.run for check in CHECKS))


def _job(numbers: range) -> str:
    """Bash that prints the numbers of the runs that pass."""
    return "".join(f"if {{\n{_RUNS[number]}\n}} >/dev/null; then echo {number}; fi\n" for number in numbers)


# Nearly all the time goes into starting grep, so one half of the runs goes on beside the other.
_SCRIPT = f"{{\n{_job(range(0, len(_RUNS), 2))}}} &\n{_job(range(1, len(_RUNS), 2))}wait\n"
