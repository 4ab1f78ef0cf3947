"""Bounds the number of findings, so that no file can make a report of any size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from zr4lint.linting.judged import Judged, own_finding
from zr4lint.model.budgets import FINDINGS_OF_A_RULE, OUTCOMES_OF_A_RULE
from zr4lint.model.finding import Finding, in_order
from zr4lint.packs.own_rules import TOO_LARGE


def bound(findings: Sequence[Finding], judged: Judged) -> Iterator[Finding]:
    """Yield the first findings of each rule, and a finding where the omitted ones begin."""
    if len(findings) <= FINDINGS_OF_A_RULE:
        yield from findings
        return
    seen: Counter[str] = Counter()
    first: dict[str, Finding] = {}
    for finding in in_order(findings):
        seen[finding.code] += 1
        if seen[finding.code] <= FINDINGS_OF_A_RULE:
            yield finding
        else:
            first.setdefault(finding.code, finding)
    for code, finding in first.items():
        left_out = seen[code] - FINDINGS_OF_A_RULE
        more = "or more findings" if seen[code] >= OUTCOMES_OF_A_RULE else "more findings"
        message = f"{left_out} {more} of {code} are not listed"
        yield own_finding(judged, TOO_LARGE, message, finding.span)
