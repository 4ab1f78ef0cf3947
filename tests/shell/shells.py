"""Run scripts in dash and bash, to compare zr4lint's results with them."""

from __future__ import annotations

import shutil
import subprocess
from typing import NamedTuple

from zr4lint.shell import Dialect

SHELLS = {Dialect.DASH: shutil.which("dash"), Dialect.BASH: shutil.which("bash")}


class Ran(NamedTuple):
    """The result of a script in a shell: its exit code and its standard error."""

    code: int
    errors: str


def run(dialect: Dialect, script: str, *options: str) -> Ran:
    """Run a script in a shell, in an empty environment without programs."""
    program = SHELLS[dialect]
    assert program is not None, "the tests need dash and bash"
    done = subprocess.run(
        [program, *options, "-c", " " + script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={"PATH": "/nonexistent"},
        timeout=20,
        check=False,
    )
    return Ran(done.returncode, done.stderr.decode(errors="replace"))


def parses(dialect: Dialect, script: str) -> bool:
    """Return whether a shell can parse a script."""
    code, errors = run(dialect, script, "-n")
    return code == 0 and "syntax error" not in errors and "unexpected EOF" not in errors
