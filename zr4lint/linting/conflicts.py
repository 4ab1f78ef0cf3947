"""Marks conflicts: findings on words that a specification requires.

The file is not at fault. The author of the specification has to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.model.finding import Applicability, Finding, Related
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.linting.engine import PackResult
    from zr4lint.linting.judged import Judged


class _Demand(Struct, frozen=True):
    requirement: str
    words: str
    span: Span
    accepted: bool


def settle(findings: Sequence[Finding], judged: Judged) -> Iterator[Finding]:
    """Yield the findings, with those on words that meet a requirement marked as conflicts or dropped.

    A conflict has the severity that the options give to conflicts. An accepted conflict is reported only if conflicts
    are listed. The fix of a conflict is only shown, since it would break the requirement.
    """
    level = judged.options.conflicts
    demands = _demands(judged.results)
    for finding in findings:
        near = (d for d in demands.get(finding.code, ()) if _touch(d.span, finding.span))
        demand = next(near, None)
        if demand is None:
            yield finding
        elif level is not None and (not demand.accepted or judged.options.lists_conflicts):
            yield structs.replace(
                finding,
                severity=level,
                conflict=demand.requirement,
                related=(*finding.related, Related(demand.words, demand.span)),
                fix=finding.fix and structs.replace(finding.fix, applicability=Applicability.DISPLAY),
            )


def _demands(results: Iterable[PackResult]) -> dict[str, list[_Demand]]:
    """Return the demands on the words of a file, by the codes of the rules that warn of them."""
    found: dict[str, list[_Demand]] = {}
    for result in results:
        pack = result.pack
        if pack.specification is None:
            continue
        for conflict in pack.specification.conflicts:
            code = conflict.requirement
            words = f"the {pack.specification.document} requires this: {code} {pack.by_code[code].rule.name}"
            own = result.results.get(code)
            spans = sorted(met.elsewhere or met.span for met in own.met) if own is not None else []
            demands = [_Demand(code, words, span, conflict.accepted) for span in spans]
            for warning in conflict.rules:
                found.setdefault(warning, []).extend(demands)
    return found


def _touch(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
