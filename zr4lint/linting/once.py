"""Keeps only the most specific of the findings that rules of different packs report on the same words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model.finding import Finding, Severity
from zr4lint.model.source import Span
from zr4lint.packs.own_rules import MISSING_SOURCE, SYNTAX

if TYPE_CHECKING:
    from zr4lint.linting.judged import Judged

_CONTEXT = "context-files"
"""The kind of check that looks for files in the build context."""


def once(findings: Sequence[Finding], judged: Judged) -> Iterable[Finding]:
    """Merge findings of one kind of check on the same words into that of the first pack, specifications first.

    The remaining finding lists the codes of the others. A requirement of a specification always keeps its own finding.
    A refusal by BuildKit is merged into an error of another rule on exactly the same words, if there is one, and a
    missing source of the context into the finding of a pack's rule that checks for it.
    """
    origins = _origins(judged, {finding.code for finding in findings})
    by_kind: dict[str, list[tuple[int, Finding]]] = {}
    refused: list[Finding] = []
    for finding in findings:
        if finding.code in (SYNTAX.code, MISSING_SOURCE.code):
            refused.append(finding)
        elif finding.code not in origins or finding.suppressed or finding.conflict:
            yield finding
        else:
            rank, kind = origins[finding.code]
            by_kind.setdefault(kind, []).append((rank, finding))
    told: list[Finding] = []
    for ranked in by_kind.values():
        told += _merged(ranked)
    told_of_syntax = {f.span: i for i, f in enumerate(told) if _tells_of_syntax(f, origins[f.code][1])}
    told_of_context = {f.span: i for i, f in enumerate(told) if origins[f.code][1] == _CONTEXT}
    for finding in refused:
        twin = (told_of_syntax if finding.code == SYNTAX.code else told_of_context).get(finding.span)
        if twin is None or finding.suppressed:
            yield finding
        else:
            worse = max(told[twin].severity, finding.severity)
            told[twin] = structs.replace(_also(told[twin], finding), severity=worse)
    yield from told


def _merged(ranked: list[tuple[int, Finding]]) -> list[Finding]:
    """Merge each finding of one kind into a finding of an earlier pack that touches it."""
    ranked.sort(key=lambda one: one[0])
    told: list[Finding] = []
    for _, group in groupby(ranked, key=lambda one: one[0]):
        earlier = _Places(told)
        added: list[Finding] = []
        for _, finding in group:
            twin = earlier.touching(finding.span) if finding.requirement is None else None
            if twin is None:
                added.append(finding)
            else:
                told[twin] = _also(told[twin], finding)
        told += added
    return told


class _Places:
    """Findings by place, as indexes in a list."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._order = sorted(range(len(findings)), key=lambda index: findings[index].span)
        self._spans = [findings[index].span for index in self._order]
        self._furthest = list(accumulate((span.end for span in self._spans), max))

    def touching(self, span: Span) -> int | None:
        """Return the index of a finding that touches a span, or None; an empty span touches only itself."""
        if span.start == span.end:
            at = bisect_left(self._spans, span)
            return self._order[at] if at < len(self._spans) and self._spans[at] == span else None
        at = bisect_left(self._spans, Span(span.end, span.end)) - 1
        while at >= 0 and self._furthest[at] > span.start:
            if self._spans[at].end > span.start and self._spans[at].start != self._spans[at].end:
                return self._order[at]
            at -= 1
        return None


def _tells_of_syntax(finding: Finding, kind: str) -> bool:
    """Return whether a finding can replace BuildKit's refusal of the same words."""
    return finding.severity is Severity.ERROR and (kind == "syntax" or finding.requirement is None)


def _also(told: Finding, other: Finding) -> Finding:
    codes, aliases = dict.fromkeys((*told.also, other.code)), dict.fromkeys((*told.aliases, *other.aliases))
    return structs.replace(told, also=tuple(codes), aliases=tuple(aliases))


def _origins(judged: Judged, codes: Collection[str]) -> dict[str, tuple[int, str]]:
    """Return for each of these rules of packs the rank of its pack, specifications first, and its kind of check."""
    found: dict[str, tuple[int, str]] = {}
    for index, pack in enumerate(judged.packs):
        rank = index if pack.specification else len(judged.packs) + index
        found.update((code, (rank, pack.by_code[code].check)) for code in codes if code in pack.by_code)
    return found
