"""Proves that a fixed text may replace the old one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from zr4lint.model.finding import Finding, Severity

if TYPE_CHECKING:
    from zr4lint.linting.pipeline import Linted


def worse(before: Linted, after: Linted) -> str | None:
    """Return why a new text must not replace the old one, or None if it may."""
    if after.dockerfile.errors and not before.dockerfile.errors:
        return "the file would no longer parse"
    new_errors = errors(after) - errors(before)
    if new_errors:
        return f"they would bring {', '.join(sorted(new_errors))}"
    return "they would bring more findings" if count(after) > count(before) else None


def errors(linted: Linted) -> Counter[str]:
    """Return the number of errors of each rule, without conflicts."""
    return Counter(f.code for f in _own(linted) if f.severity is Severity.ERROR)


def count(linted: Linted) -> int:
    """Return the number of findings, without conflicts."""
    return sum(1 for _ in _own(linted))


def _own(linted: Linted) -> Iterable[Finding]:
    return (finding for finding in linted.report.findings if finding.conflict is None)
