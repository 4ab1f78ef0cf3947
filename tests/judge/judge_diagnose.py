"""Check `zr4lint diagnose` on real logs of broken builds by Debian's builders and tools.

buildah and podman build without a daemon, in a chroot, with copied layers, from an image with this machine's dash.
Where the kernel or the container forbids such builds, the tests are skipped with the builder's last message.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.inprocess import call
from tests.support.tools import refused

if TYPE_CHECKING:
    from pathlib import Path

BUILDERS = ("buildah", "podman")
ATTEMPTS = 6
"""Builds in a chroot sometimes lose a command's last output; the test then repeats the build."""

BASE = "FROM scratch AS base\nCOPY root/ /\n"
BUILDS: dict[str, tuple[str, str, str, int | None]] = {
    "no nvcc": ("RUN echo start && nvcc --version", "nvcc-missing", "", 127),
    "no such program": ("RUN nosuchprogram --version", "command-not-found", "", 127),
    "source in sh": ("RUN source env.sh", "bashism-in-sh", "", 127),
    "redirection": ("RUN pip install numpy<2.0", "unquoted-specifier", "", 2),
    "CRLF": ("COPY --chmod=755 crlf.sh /\nRUN /crlf.sh", "script-crlf", "RUN /crlf.sh", 127),
    "no execute bit": ("COPY plain.sh /\nRUN /plain.sh", "not-executable", "RUN /plain.sh", 126),
    "no such file": ("COPY missing.txt /", "copy-source-missing", "", None),
    "another stage": ("FROM base\nRUN true\nRUN nosuchprogram", "command-not-found", "RUN nosuchprogram", 127),
    "exit code": ("RUN exit 3", "", "", 3),
    "continued": ("RUN true && \\\n    nosuchprogram -x", "command-not-found", "RUN true && nosuchprogram -x", 127),
    "parse error": ("RUNN true", "dockerfile-syntax", "", None),
}
"""By name: the instructions after the base, the cause, the failing instruction if it differs, and the exit code."""

TOOLS = {
    "apt, no package": ("apt-package-unknown", "apt-get -o Debug::NoLocking=1 install --simulate -y zr4lint-nosuch"),
    "apt, no version": ("apt-version-gone", "apt-get -o Debug::NoLocking=1 install --simulate -y bash=0.0.1"),
    "npm, no lock file": ("lockfile-stale", "npm ci --offline"),
    "npm, no script": ("npm-script-missing", "npm run nosuch"),
    "npm, no server": (
        "connection-refused",
        "npm install --fetch-retries=0 --registry=http://127.0.0.1:9 zr4lint-nosuch",
    ),
    "npm, no manifest": ("package-json-missing", "npm --prefix missing run build"),
}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build context with the root of an image that contains only a shell."""
    folder = tmp_path_factory.mktemp("context")
    shell = os.path.realpath(shutil.which("dash") or "/bin/sh")
    libraries = re.findall(r"(/\S+)", subprocess.run(["ldd", shell], capture_output=True, text=True).stdout)
    for source, target in ((shell, "/bin/sh"), *((library, library) for library in libraries)):
        copied = folder / "root" / target.lstrip("/")
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copied)
        copied.chmod(0o755)
    (folder / "crlf.sh").write_bytes(b"#!/bin/sh\r\necho hi\r\n")
    (folder / "plain.sh").write_text("#!/bin/sh\necho hi\n")
    return folder


@pytest.fixture(scope="module", params=BUILDERS)
def builder(request: pytest.FixtureRequest, context: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A builder that can build an image on this machine."""
    name: str = request.param
    folder = tmp_path_factory.mktemp(name)
    (folder / "Dockerfile").write_text(f"{BASE}RUN true\n")
    ran = build(name, folder / "Dockerfile", context, folder)
    if ran.returncode:
        pytest.skip(f"{name} builds no image here: {ran.stdout.strip().splitlines()[-1:]}")
    return name


def build(builder: str, dockerfile: Path, context: Path, store: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which(builder)
    assert program is not None, f"{builder} is not installed: apt-get install {builder}"
    with tempfile.TemporaryDirectory() as run:  # podman requires a path of at most 50 characters
        command = [program, "--storage-driver", "vfs", "--root", f"{store}/root", "--runroot", run]
        return subprocess.run(
            [*command, "build", "--isolation", "chroot", "-f", str(dockerfile), str(context)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )


def diagnosed(log: str, folder: Path, *options: str) -> dict[str, Any]:
    (folder / "build.log").write_text(log)
    done = call("diagnose", "build.log", "--format", "json", "--no-config", *options, cwd=folder)
    assert done.code == 1, (done, log)
    document: dict[str, Any] = json.loads(done.out)
    return document


@pytest.mark.parametrize("name", BUILDS)
def test_a_build_that_fails(builder: str, name: str, context: Path, tmp_path: Path) -> None:
    text, cause, step, code = BUILDS[name]
    (tmp_path / "Dockerfile").write_text(f"{BASE}{text}\n")
    for _ in range(ATTEMPTS):
        ran = build(builder, tmp_path / "Dockerfile", context, tmp_path)
        assert ran.returncode
        log = ran.stdout
        if not cause or "sh: " in log or "exited with" not in log:
            break
    for options in ([], ["--file", "Dockerfile"]):
        failure = diagnosed(log, tmp_path, *options)["failures"][0]
        assert [found["id"] for found in failure["causes"]][:1] == ([cause] if cause else []), log
        assert failure["exit_code"] == code
        assert not failure["notes"], log
        if cause != "dockerfile-syntax":
            assert failure["instruction"]["text"] == (step or text), log


@pytest.mark.parametrize("name", TOOLS)
def test_words_of_a_tool(name: str, tmp_path: Path) -> None:
    cause, command = TOOLS[name]
    (tmp_path / "package.json").write_text('{"name": "x", "version": "1.0.0"}')
    (tmp_path / "missing").mkdir()
    ran = refused(command, tmp_path, os.environ["PATH"])
    words = f'Error: building at STEP "RUN {command}": while running runtime: exit status {ran.returncode}\n'
    failure = diagnosed(f"STEP 2/2: RUN {command}\n{ran.stdout}{words}", tmp_path)["failures"][0]
    assert [found["id"] for found in failure["causes"]] == [cause], ran.stdout
    assert failure["exit_code"] == ran.returncode
