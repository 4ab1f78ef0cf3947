"""The vocabulary that packs are written in: kinds of check by family."""

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
