"""Configuration files: their names, and which paths they may name."""

from __future__ import annotations

PYPROJECT = "pyproject.toml"
NAMES = (".zr4lint.toml", "zr4lint.toml", PYPROJECT)
"""The names of configuration files; in one folder the first wins."""

MISTAKEN_NAMES = (
    *(f"{dot}zr4lint.{suffix}" for dot in ("", ".") for suffix in ("yaml", "yml", "json", "cfg", "ini")),
    *(".zr4lint", ".zr4lintrc", "zr4lintrc"),
)
"""Names that people give a configuration, and that are not read."""


class ConfigError(Exception):
    """A configuration that can't be used; the message names file, line where it can be told, and key."""
