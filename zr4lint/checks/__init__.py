"""The kinds of check that packs can name."""

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
]
