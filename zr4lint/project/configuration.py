"""Configuration files: their names, and which paths they may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PYPROJECT = "pyproject.toml"
NAMES = (".zr4lint.toml", "zr4lint.toml", PYPROJECT)
"""The names of configuration files; in one folder the first wins."""

MISTAKEN_NAMES = (
    *(f"{dot}zr4lint.{suffix}" for dot in ("", ".") for suffix in ("yaml", "yml", "json", "cfg", "ini")),
    *(".zr4lint", ".zr4lintrc", "zr4lintrc"),
)
"""Names that people give a configuration, and that are not read."""


ONLY_OPTIONS = (
    *("add-ignore", "baseline", "color", "diff", "exit-zero", "fix", "format", "jobs", "max-size", "max-time"),
    *("no-suppressions", "output", "output-format", "quiet", "statistics", "unsafe-fixes", "verbose", "watch"),
    "write-baseline",
)
"""Options that people take for settings, and that only the command line has."""


class ConfigError(Exception):
    """A configuration that can't be used; each line names file, line where it can be told, and key.

    `problems` are the lines in the configuration, None where it can't be told, and what is wrong there.
    """

    def __init__(self, text: str, problems: Iterable[tuple[int | None, str]] = ()) -> None:
        super().__init__(text)
        self.problems = (*problems,)
