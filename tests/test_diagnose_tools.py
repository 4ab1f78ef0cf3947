"""The words of real tools: each is run on broken input, and its words, in the log of a builder, name the cause."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.inprocess import call

if TYPE_CHECKING:
    from pathlib import Path

PIP = f"{sys.executable} -m pip --disable-pip-version-check --no-input"
REFUSING = "127.0.0.1:9"

COMMANDS = {
    "command-not-found": "nosuchprogram --version",
    "bashism-in-sh": "source env.sh",
    "shell-syntax": 'if true; then echo "a',
    "unquoted-specifier": "cat <2.0",
    "not-executable": "./plain.sh",
    "script-crlf": "./crlf.sh",
    "requirements-file-missing": f"{PIP} install -r missing.txt",
    "requirement-invalid": f"{PIP} install --no-index -r wrong.txt",
    "pip-option-unknown": f"{PIP} install --no-such-option x",
    "package-not-on-index": f"{PIP} install --no-index --isolated zr4lint-nosuch",
    "connection-refused": f"git clone https://{REFUSING}/x.git",
    "name-not-resolved": "git clone https://nosuch.invalid/x.git",
    "git-ref-missing": "git clone --quiet -b nosuch repository clone",
    "git-target-exists": "git clone repository full",
    "apt-package-unknown": "apt-get -o Debug::NoLocking=1 install --simulate -y zr4lint-nosuch",
    "lockfile-stale": "npm ci --offline",
    "npm-script-missing": "npm run nosuch",
    "module-missing": f"{sys.executable} -c 'import nosuchmodule'",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands trip over."""
    root = tmp_path_factory.mktemp("broken")
    (root / "plain.sh").write_text("#!/bin/sh\necho hi\n")
    (root / "crlf.sh").write_bytes(b"#!/bin/sh\r\necho hi\r\n")
    (root / "crlf.sh").chmod(0o755)
    (root / "wrong.txt").write_text("torch=1\n")
    (root / "package.json").write_text('{"name": "x", "version": "1.0.0"}')
    (root / "full").mkdir()
    (root / "full" / "file").touch()
    subprocess.run(["git", "init", "--quiet", "repository"], cwd=root, check=True)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", "repository"]
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=root, check=True)
    return root


@pytest.mark.parametrize("cause", COMMANDS)
def test_words_of_the_tool(cause: str, folder: Path) -> None:
    command = COMMANDS[cause]
    program = command.split(maxsplit=1)[0]
    if program in ("git", "npm", "apt-get") and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    if program == "apt-get" and os.geteuid():
        pytest.skip("apt-get installs nothing for this user")
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ran.returncode
    # dash calls itself by its path, as it does in a RUN.
    output = ran.stdout
    words = f"The command '/bin/sh -c {command}' returned a non-zero code: {ran.returncode}\n"
    log = f"Step 2/2 : RUN {command}\n ---> Running in 0123456789ab\n{output}{words}"
    done = call("diagnose", "--format", "json", cwd=folder, stdin=log.encode())
    failure = json.loads(done.out)["failures"][0]
    assert [found["id"] for found in failure["causes"]] == [cause], output
    assert failure["exit_code"] == ran.returncode
