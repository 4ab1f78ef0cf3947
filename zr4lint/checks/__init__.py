"""The vocabulary of packs: one module a topic."""

from zr4lint.checks import apt, base, command, env, files, git, layout, pip_options, pip_versions, venv
from zr4lint.checks.outcome import Layer, Met, Outcome, RuleResult, Subject, Unmet
from zr4lint.checks.registry import KINDS, Kind

__all__ = [
    "KINDS",
    "Kind",
    "Layer",
    "Met",
    "Outcome",
    "RuleResult",
    "Subject",
    "Unmet",
    "apt",
    "base",
    "command",
    "env",
    "files",
    "git",
    "layout",
    "pip_options",
    "pip_versions",
    "venv",
]
