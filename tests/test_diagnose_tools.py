"""Run real tools on broken input; `zr4lint diagnose` finds the cause from their output in a builder's log.

Tools that are not on PyPI, and builders, are in tests/judge/judge_diagnose.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from tests.inprocess import call
from tests.support.tools import refused

if TYPE_CHECKING:
    from pathlib import Path

PIP = f"{sys.executable} -m pip --disable-pip-version-check --no-input"
UV = f"{find_uv_bin()} pip --no-python-downloads --quiet"
INSTALL = f"{UV} install --python {sys.executable}"
REFUSING = "127.0.0.1:9"

COMMANDS = {
    "sh, no such program": ("command-not-found", "nosuchprogram --version"),
    "sh, source": ("bashism-in-sh", "source env.sh"),
    "sh, pipefail": ("bashism-in-sh", "set -o pipefail; true | false"),
    "sh, open quote": ("shell-syntax", 'if true; then echo "a'),
    "sh, redirection": ("unquoted-specifier", "cat <2.0"),
    "sh, no bit": ("not-executable", "./plain.sh"),
    "sh, CRLF": ("script-crlf", "./crlf.sh"),
    "bash, no such program": ("command-not-found", "bash -c 'nosuchprogram --version'"),
    "bash, open if": ("shell-syntax", "bash -c 'if true; then echo a'"),
    "bash, no bit": ("not-executable", "bash -c ./plain.sh"),
    "pip, no file": ("requirements-file-missing", f"{PIP} install -r missing.txt"),
    "pip, requirement": ("requirement-invalid", f"{PIP} install --no-index -r wrong.txt"),
    "pip, option": ("pip-option-unknown", f"{PIP} install --no-such-option x"),
    "pip, no package": ("package-not-on-index", f"{PIP} install --no-index --isolated zr4lint-nosuch"),
    "uv, no file": ("requirements-file-missing", f"{INSTALL} -r missing.txt"),
    "uv, requirement": ("requirement-invalid", f"{INSTALL} --offline -r wrong.txt"),
    "uv, option": ("pip-option-unknown", f"{INSTALL} --no-such-option x"),
    "uv, no package": ("package-not-on-index", f"{INSTALL} --offline --no-index zr4lint-nosuch"),
    "uv, no server": ("connection-refused", f"{INSTALL} --index-url http://{REFUSING}/simple zr4lint-nosuch"),
    "uv, no environment": ("uv-no-environment", f"{UV} install --offline x"),
    "uv, no lock file": ("lockfile-stale", f"{find_uv_bin()} sync --project project --frozen"),
    "git, no server": ("connection-refused", f"git clone https://{REFUSING}/x.git"),
    "git, no host": ("name-not-resolved", "git clone https://nosuch.invalid/x.git"),
    "git, no branch": ("git-ref-missing", "git clone --quiet -b nosuch repository clone"),
    "git, folder": ("git-target-exists", "git clone repository full"),
    "python, no module": ("module-missing", f"{sys.executable} -c 'import nosuchmodule'"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that make the commands fail."""
    root = tmp_path_factory.mktemp("broken")
    (root / "plain.sh").write_text("#!/bin/sh\necho hi\n")
    (root / "crlf.sh").write_bytes(b"#!/bin/sh\r\necho hi\r\n")
    (root / "crlf.sh").chmod(0o755)
    (root / "wrong.txt").write_text("torch=1\n")
    (root / "project").mkdir()
    (root / "project" / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n')
    (root / "full").mkdir()
    (root / "full" / "file").touch()
    subprocess.run(["git", "init", "--quiet", "repository"], cwd=root, check=True)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", "repository"]
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=root, check=True)
    return root


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_words_of_the_tool(name: str, folder: Path) -> None:
    cause, command = COMMANDS[name]
    ran = refused(command, folder, "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    # dash prints its path as its name, as in a RUN.
    output = ran.stdout
    words = f"The command '/bin/sh -c {command}' returned a non-zero code: {ran.returncode}\n"
    log = f"Step 2/2 : RUN {command}\n ---> Running in 0123456789ab\n{output}{words}"
    done = call("diagnose", "--format", "json", cwd=folder, stdin=log.encode())
    failure = json.loads(done.out)["failures"][0]
    assert [found["id"] for found in failure["causes"]] == [cause], output
    assert failure["exit_code"] == ran.returncode
