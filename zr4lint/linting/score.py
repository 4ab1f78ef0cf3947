"""Computes the conformance of a file to a specification: the rows of the table, the witnesses, the score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.model.finding import Applicability, Conformance, Criterion, Finding, Row, Rule, Severity, Witness

if TYPE_CHECKING:
    from zr4lint.checks import RuleResult
    from zr4lint.packs.model import CriterionRule, Pack


def conformance_of(pack: Pack, results: dict[str, RuleResult], findings: Sequence[Finding]) -> Conformance:
    """Return the conformance for the results of a specification's rules."""
    criteria = pack.specification.criteria if pack.specification is not None else ()
    layers = frozenset(section.layer for section in pack.sections if section.layer is not None)
    filled = layers & {r.layer for r in results.values() if r.met or any(u.span is not None for u in r.unmet)}
    share = len(filled) / len(layers) if layers else 1.0
    met = set(_met(pack, results, filled))
    witnesses = tuple(
        Witness(result.code, outcome.elsewhere or outcome.span) for result in results.values() for outcome in result.met
    )
    return Conformance(
        pack=pack.name,
        met=len(met),
        total=len(results),
        rows=tuple(_rows(pack, results, met)),
        criteria=tuple(_points(c, pack, results, met, findings, share) for c in criteria),
        witnesses=tuple(sorted(witnesses, key=lambda w: (w.code, w.span.start, w.span.end))),
        build=pack.specification.build if pack.specification is not None else None,
    )


def _met(pack: Pack, results: dict[str, RuleResult], filled: frozenset[int]) -> Iterator[str]:
    """Yield the codes of the met rules; in a section whose layer has no instruction of its own, none is met."""
    layers = {section.number: section.layer for section in pack.sections}
    for rule in (pack_rule.rule for pack_rule in pack.rules if pack_rule.rule.code in results):
        layer = layers.get(rule.section)
        if not results[rule.code].unmet and (layer is None or layer in filled):
            yield rule.code


def _rows(pack: Pack, results: dict[str, RuleResult], met: set[str]) -> Iterable[Row]:
    """Yield the rows of the conformance table, one for each section of the pack."""
    by_section: dict[str, list[Rule]] = {}
    for pack_rule in (rule for rule in pack.rules if rule.rule.code in results):
        by_section.setdefault(pack_rule.rule.section, []).append(pack_rule.rule)
    for section in pack.sections:
        rules = by_section.get(section.number, [])
        lines = [
            line
            for rule in rules
            if rule.layer is not None
            for outcome in results[rule.code].met
            for line in (outcome.instruction.line, outcome.instruction.end_line)
        ]
        title = section.title if section.layer is None else f"{section.layer} {section.title}"
        found = (min(lines), max(lines)) if lines else None
        codes = tuple(rule.code for rule in rules)
        unmet = tuple(code for code in codes if code not in met)
        yield Row(
            title=title,
            met=len(codes) - len(unmet),
            total=len(codes),
            found=found,
            required=section.lines,
            build=section.build,
            size=section.size,
            codes=codes,
            unmet=unmet,
        )


def _points(
    criterion: CriterionRule,
    pack: Pack,
    results: dict[str, RuleResult],
    met: set[str],
    findings: Sequence[Finding],
    layers: float,
) -> Criterion:
    """Return a criterion's points: its share of what is met, rounded down to a tenth so that only all of it is full.

    `layers` is the share of the specification's layers that the file has. Otherwise, an empty file would earn points
    for layers in order, and for findings with fixes.
    """
    match criterion.by:
        case "rules":
            good, total = sum(code in met for code in criterion.rules), len(criterion.rules)
        case "must":
            must = [r.rule.code for r in pack.rules if r.rule.severity is Severity.ERROR]
            good, total = sum(code in met for code in must), len(must)
        case "commands":
            good, total = _commands_passing(pack, results, met)
        case _:
            good = sum(f.fix is not None and f.fix.applicability > Applicability.DISPLAY for f in findings)
            total = len(findings)
    share = (good / total if total else 1.0) * layers
    return Criterion(criterion.name, int(share * criterion.points * 10) / 10, criterion.points)


def _commands_passing(pack: Pack, results: dict[str, RuleResult], met: set[str]) -> tuple[int, int]:
    """Return how many rules with verification commands are met by a file that also passes the commands."""
    failing = {unmet.about for result in results.values() for unmet in result.unmet if unmet.about}
    rules = [r.rule.code for r in pack.rules if r.greps]
    return sum(code in met and code not in failing for code in rules), len(rules)
