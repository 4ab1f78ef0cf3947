"""Run the PRD's own verification commands on a text, with the real bash and the real grep."""

import os
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Sequence
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
    """Return for each check whether it passes if docker/Dockerfile.zr4 has this text.

    Without scripts, the folder of the Dockerfile lacks download_models.sh and start.sh.
    """
    with tempfile.TemporaryDirectory() as folder:
        docker = Path(folder, "docker")
        docker.mkdir()
        (docker / "Dockerfile.zr4").write_bytes(text)
        if scripts:
            (docker / "download_models.sh").touch()
            (docker / "start.sh").touch()
        printed = _bash(_SCRIPT, folder)
    passed = {int(number) for number in printed.split()}
    return {check.id: _RUNS.index(check.run) in passed for check in CHECKS}


def run_on_all(texts: Sequence[bytes]) -> list[dict[str, bool]]:
    """Do the same for many texts, with both scripts: a grep that only tests whether a pattern occurs starts once.

    It then prints the names of the files that match.
    """
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            docker = Path(folder, str(number), "docker")
            docker.mkdir(parents=True)
            (docker / "Dockerfile.zr4").write_bytes(text)
            (docker / "download_models.sh").touch()
            (docker / "start.sh").touch()
        printed = _bash("".join(_job_on_all(run, len(texts)) for run in _RUNS), folder)
    passed = [{int(file.partition("/")[0]) for file in files.split()} for files in printed.split(_NEXT)[:-1]]
    runs = dict(zip(_RUNS, passed, strict=True))
    return [{check.id: number in runs[check.run] for check in CHECKS} for number in range(len(texts))]


def _bash(script: str, folder: str) -> str:
    """Return the output of a script that writes nothing to stderr."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", script],
        cwd=folder,
        # In the C locale every byte is a character, so grep does not treat a file with an accent as binary.
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    if done.stderr:
        raise RuntimeError(done.stderr)
    return done.stdout


# The final script repeats greps of earlier sections, so each distinct command runs once.
_RUNS = tuple(dict.fromkeys(check.run for check in CHECKS))

_OCCURS = re.compile(r"grep -q (?P<pattern>'[^']*'|\"[^\"]*\") docker/Dockerfile\.zr4")
_NEXT = "--\n"


def _job(numbers: range) -> str:
    """Return bash code that prints the numbers of the runs that pass."""
    return "".join(f"if {{\n{_RUNS[number]}\n}} >/dev/null; then echo {number}; fi\n" for number in numbers)


def _job_on_all(run: str, count: int) -> str:
    """Return bash code that prints the folders, or their files, where a run passes, and a line of dashes."""
    if occurs := _OCCURS.fullmatch(run):
        return f"grep -l {occurs['pattern']} */docker/Dockerfile.zr4\necho --\n"
    within = f"cd $number; if {{\n{run}\n}} >/dev/null; then echo $number; fi; cd ..\n"
    return f"for number in {{0..{count - 1}}}; do\n{within}done\necho --\n"


# Starting grep takes nearly all the time, so the two halves of the runs work in parallel.
_SCRIPT = f"{{\n{_job(range(0, len(_RUNS), 2))}}} &\n{_job(range(1, len(_RUNS), 2))}wait\n"
