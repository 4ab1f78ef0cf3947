"""Run the commands of docs/adopt.md in a repository and replace the output in the page."""

from __future__ import annotations

import re
import shlex
import tempfile
from pathlib import Path

from tests.inprocess import call
from tests.installed import ROOT

PAGE = ROOT / "docs" / "adopt.md"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DOCKERFILE = re.compile(r"^```dockerfile\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def replayed(text: str, folder: Path) -> str:
    """Return the page with the output (stdout and stderr) that its commands have in the empty `folder`."""
    (dockerfile,) = _DOCKERFILE.findall(text)
    (folder / ".git").mkdir()
    (folder / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    (folder / "requirements.txt").write_text("flask==3.1.0\n", encoding="utf-8")
    return _BLOCK.sub(lambda block: _played(block[1], folder), text)


def _played(body: str, folder: Path) -> str:
    lines: list[str] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            done = call(*shlex.split(line)[2:], cwd=folder)
            assert done.code in {0, 1}, done.err
            lines += [f"{line}\n", done.err, done.out]
    return f"```console\n{''.join(lines)}```"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        PAGE.write_text(replayed(PAGE.read_text(encoding="utf-8"), Path(scratch)), encoding="utf-8")
