"""Findings of the linter's own rules."""

from __future__ import annotations

from zr4lint.linting.judged import Judged
from zr4lint.model.finding import Finding, Fix, Rule
from zr4lint.model.source import Span


def own_finding(
    judged: Judged, rule: Rule, message: str, span: Span, fix: Fix | None = None, advice: str | None = None
) -> Finding:
    """A finding of one of the linter's own rules; `advice` says what to do."""
    return Finding(judged.source.path, rule.code, rule.name, rule.severity, message, span, fix=fix, help=advice)
