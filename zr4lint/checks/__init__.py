"""The vocabulary that packs are written in: kinds of check by family."""

from zr4lint.checks import core
from zr4lint.checks.layout import lines
from zr4lint.checks.outcome import Layer, Met, Outcome, RuleResult, Subject, Unmet
from zr4lint.checks.registry import KINDS, Kind
from zr4lint.checks.spec import (
    apt_packages,
    clones,
    commands,
    copies,
    image_state,
    packages,
    pip_options,
    pip_versions,
    placed_files,
    stages,
    start,
    start_command,
    variables,
    virtual_environment,
)

__all__ = [
    "KINDS",
    "Kind",
    "Layer",
    "Met",
    "Outcome",
    "RuleResult",
    "Subject",
    "Unmet",
    "apt_packages",
    "clones",
    "commands",
    "copies",
    "core",
    "image_state",
    "lines",
    "packages",
    "pip_options",
    "pip_versions",
    "placed_files",
    "stages",
    "start",
    "start_command",
    "variables",
    "virtual_environment",
]
