"""Real tools on broken input."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def refused(command: str, folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    """Run a command that has to fail in a folder, with `path` as PATH; return stdout and stderr together."""
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode
    return done
