"""What a configuration file says, and which files are asked."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct

from zr4lint.model.finding import Severity

PYPROJECT = "pyproject.toml"
NAMES = ("zr4lint.toml", PYPROJECT)
"""The names of configuration files; in one folder the first wins."""

HEADER = r"""[ \t]*+\[[ \t]*+["']?tool["']?[ \t]*+\.[ \t]*+["']?zr4lint["']?[ \t]*+[].]"""
"""The line that opens the table of a pyproject.toml."""

DEFAULT = "default"
LEVELS: Mapping[str, Severity] = {severity.label: severity for severity in reversed(Severity)}
FAIL_ON: Mapping[str, Severity | None] = {**LEVELS, "never": None}
CONFLICTS: Mapping[str, Severity | None] = {**LEVELS, "off": None}


class ConfigError(Exception):
    """A configuration that can't be used; the message names file, line where it can be told, and key."""


class Configuration(Struct, frozen=True):
    """What a configuration file says; `lines` tells in which line each key stands, where that can be told."""

    shown: str
    folder: str
    packs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    fail_on: Severity | None = None
    min_score: float | None = None
    context: str | None = None
    exclude: tuple[str, ...] = ()
    conflicts: Severity | None = Severity.INFO
    amended: bool = False
    lines: Mapping[str, int | None] = {}

    def says(self, key: str) -> bool:
        """Whether a key is given."""
        return key in self.lines

    def origin(self, key: str) -> str:
        """Where the value of a key comes from."""
        if key not in self.lines:
            return DEFAULT
        line = self.lines[key]
        return self.shown if line is None else f"{self.shown}:{line}"


def inside(path: str, folder: str) -> bool:
    """Whether a path, all links followed, lies in a folder."""
    above = os.path.realpath(folder)
    try:
        return os.path.commonpath([above, os.path.realpath(path)]) == above
    except ValueError:  # on another drive
        return False
