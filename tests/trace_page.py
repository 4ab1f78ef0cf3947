"""Run the commands of docs/trace.md in a copy of a fixture and replace the output in the page.

`make docs` writes the result; a test compares it.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from pathlib import Path

from tests.inprocess import call
from tests.installed import ROOT
from zr4lint import __version__

PAGE = ROOT / "docs" / "trace.md"
FIXTURE = ROOT / "fixtures" / "documents" / "relay"


def played(page: str, folder: Path) -> str:
    """Return the page with the output of its commands, which does not depend on the release."""
    for name in ("relay.prd.md", "Dockerfile"):
        shutil.copy(FIXTURE / name, folder)
    (folder / "zr4lint.toml").write_text('packs = ["relay.toml"]\n')

    def play(block: re.Match[str]) -> str:
        printed = []
        for line in (line for line in block[1].split("\n") if line.startswith("$ ")):
            done = call(*shlex.split(line)[2:], cwd=folder)
            assert done.code in (0, 1), done.err
            printed.append(f"{line}\n{done.out}{done.err}")
        text = "\n".join(printed).replace(f'"zr4lint": "{__version__}"', '"zr4lint": "0.1.0"')
        return f"```console\n{text}```"

    return re.sub(r"```console\n((?:.|\n)*?)```", play, page)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        PAGE.write_text(played(PAGE.read_text(encoding="utf-8"), Path(scratch)), encoding="utf-8")
