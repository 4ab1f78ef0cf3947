"""The names of the commands."""

from __future__ import annotations

COMMANDS = (
    "check",
    "init",
    "new",
    "badge",
    "rule",
    "rules",
    "packs",
    "kinds",
    "knowledge",
    "config",
    "diagnose",
    "pack",
    "prd",
    "trace",
    "fleet",
    "lsp",
    "help",
)
"""The commands; each is a module of this package."""

DEFAULT = COMMANDS[0]
"""The command that runs when no command is named."""
