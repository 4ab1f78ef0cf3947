"""Where rules of different packs report the same words, only the most specific finding is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs

from zr4lint.linting.judged import Judged
from zr4lint.model.finding import Finding, Severity
from zr4lint.packs.own_rules import SYNTAX


def once(findings: Sequence[Finding], judged: Judged) -> Iterable[Finding]:
    """Merge findings of one kind of check on the same words into that of the first pack, specifications first.

    The codes of the others become aliases of the finding that is told. A requirement of a specification is always
    told. What BuildKit refuses is told by a rule that reports the very same words as an error, if there is one.
    """
    origins = _origins(judged)
    told: dict[str, list[tuple[int, Finding]]] = {}
    for finding in sorted(findings, key=lambda f: origins[f.code][0] if f.code in origins else 0):
        if finding.code not in origins or finding.suppressed or finding.conflict:
            yield finding
            continue
        rank, kind = origins[finding.code]
        alike = told.setdefault(kind, [])
        if finding.code == SYNTAX.code:
            alike = next((group for group in told.values() if any(_same(one, finding) for _, one in group)), alike)
        twin = next((i for i, (other, one) in enumerate(alike) if other != rank and _touch(one, finding)), None)
        if twin is None or finding.requirement is not None:
            alike.append((rank, finding))
        else:
            other, one = alike[twin]
            names = dict.fromkeys((*one.aliases, finding.code, *finding.aliases))
            alike[twin] = (other, structs.replace(one, aliases=tuple(names)))
    for alike in told.values():
        yield from (finding for _, finding in alike)


def _origins(judged: Judged) -> dict[str, tuple[int, str]]:
    """For each rule its kind of check, and the rank of its pack; the linter's own rules come last."""
    found = {SYNTAX.code: (2 * len(judged.packs), "syntax")}
    for index, pack in enumerate(judged.packs):
        rank = index if pack.specification else len(judged.packs) + index
        found.update((rule.rule.code, (rank, rule.check)) for rule in pack.rules)
    return found


def _same(one: Finding, refused: Finding) -> bool:
    return one.span == refused.span and one.severity is Severity.ERROR and one.requirement is None


def _touch(one: Finding, other: Finding) -> bool:
    """Whether two findings are about the same words."""
    if one.span.start == one.span.end or other.span.start == other.span.end:
        return one.span == other.span
    return one.span.start < other.span.end and other.span.start < one.span.end
