"""The names of configuration files, and the paths that a configuration may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PYPROJECT = "pyproject.toml"
NAMES = (".zr4lint.toml", "zr4lint.toml", PYPROJECT)
"""The names of configuration files; the first that exists in a folder is used."""

MISTAKEN_NAMES = (
    *(f"{dot}zr4lint.{suffix}" for dot in ("", ".") for suffix in ("yaml", "yml", "json", "cfg", "ini")),
    *(".zr4lint", ".zr4lintrc", "zr4lintrc"),
)
"""Names that users give to a configuration by mistake; zr4lint does not read these files."""


ONLY_OPTIONS = (
    "add-ignore", "baseline", "color", "diff", "exit-zero", "fix", "format", "jobs", "max-size", "max-time",
    "no-suppressions", "output", "output-format", "quiet", "statistics", "unsafe-fixes", "verbose", "watch",
    "write-baseline",
)  # fmt: skip
"""Options of the command line that users mistake for settings."""


class ConfigError(Exception):
    """A configuration that cannot be used; each line of the message names the file, the line if known, and the key.

    `problems` are pairs of a line of the configuration, or None if unknown, and the reason.
    """

    def __init__(self, text: str, problems: Iterable[tuple[int | None, str]] = ()) -> None:
        super().__init__(text)
        self.problems = (*problems,)
