"""Rules as every room has them, from the tables of packs."""

from __future__ import annotations

from zr4lint.model.finding import Applicability, Origin, Rule, Severity
from zr4lint.packs.model import Section
from zr4lint.packs.tables import RuleTable

_LEVELS = {severity.label: severity for severity in Severity}
_FIXES = {"none": None, **{applicability.label: applicability for applicability in Applicability}}


def rule_of(table: RuleTable, section: Section | None, document: str, origin: Origin | None) -> Rule:
    """The rule of a table; `document` is what its source begins with, `origin` the line that it names."""
    return Rule(
        code=table.code,
        name=table.name,
        severity=_LEVELS[table.level],
        summary=table.summary,
        why=table.why,
        section=table.section,
        layer=None if table.anywhere or section is None else section.layer,
        source=table.source or (f"{document} section {table.section}" if table.section else document),
        bad=table.bad,
        good=table.good,
        applicability=_FIXES[table.fix],
        security=table.security,
        aliases=table.aliases,
        default=table.default,
        tags=table.tags,
        status=table.status,
        since=table.since,
        confidence=table.confidence,
        references=table.references,
        origin=origin,
    )
