"""Demotes findings that follow from a failed requirement."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.checks import KINDS
from zr4lint.model.finding import Finding, Severity
from zr4lint.packs.own_rules import OWN_RULES

if TYPE_CHECKING:
    from zr4lint.linting.judged import Judged

_OWN = frozenset(rule.code for rule in OWN_RULES)


def demote(findings: Sequence[Finding], judged: Judged) -> Iterator[Finding]:
    """Yield the findings, with those on words that fail a requirement demoted to infos with a note.

    Those words have to change for the requirement, so what another pack reports on them is temporary.
    """
    blamed = _blamed(judged)
    for finding in findings:
        by_itself = finding.requirement is not None or finding.conflict is not None or finding.code in _OWN
        cause = None if by_itself else _cause(finding, blamed)
        if cause is None or finding.severity is Severity.INFO:
            yield finding
        else:
            note = f"{cause.code} {cause.name} requires other words here"
            yield structs.replace(finding, severity=Severity.INFO, notes=(*finding.notes, note))


def _blamed(judged: Judged) -> list[Finding]:
    """Return the selected errors of specifications that point at words rather than a whole instruction, in order."""
    whole = {instruction.span for instruction in judged.dockerfile.instructions}
    found: list[Finding] = []
    for result in judged.results:
        if result.pack.specification is not None:
            ran = [rule for rule in result.pack.rules if rule.rule.code in result.results]
            late = {rule.rule.code for rule in ran if KINDS[rule.check].late}
            found += (
                finding
                for finding in result.findings
                if finding.severity is Severity.ERROR
                and finding.code not in late
                and finding.span not in whole
                and judged.options.selects(finding)
            )
    return sorted(found, key=lambda finding: finding.span.end)


def _cause(finding: Finding, blamed: Sequence[Finding]) -> Finding | None:
    """Return the first blamed finding that overlaps a finding or one of its related places, or None."""
    for span in (finding.span, *(related.span for related in finding.related)):
        at = bisect_left(blamed, span.start + 1, key=lambda one: one.span.end)
        if at < len(blamed) and blamed[at].span.start < span.end:
            return blamed[at]
    return None
