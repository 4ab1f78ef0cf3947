"""Applies suppressions and finds the unused ones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.linting.suppressions.comments import END, Mistake, Suppression, read
from zr4lint.linting.suppressions.hygiene import about, malformed
from zr4lint.model.source import Span
from zr4lint.packs.rulebook import Rulebook

if TYPE_CHECKING:
    from zr4lint.dockerfile import Dockerfile
    from zr4lint.linting.judged import Judged
    from zr4lint.model.finding import Finding


def applied(findings: Sequence[Finding], judged: Judged) -> Iterator[Finding]:
    """Yield the findings with the suppressions of a file applied, and the findings on the suppressions.

    Whether a suppression is used does not depend on the selected rules.
    """
    dockerfile, source = judged.dockerfile, judged.source
    read_ones = [found for comment in dockerfile.comments if (found := read(comment, source))]
    mistakes = [one for one in read_ones if isinstance(one, Mistake)]
    areas = [*_areas([one for one in read_ones if isinstance(one, Suppression)], dockerfile, mistakes)]
    used: set[Span] = set()
    yield from _suppressed(findings, areas, used, judged.facts.anchor)
    rules = Rulebook(judged.packs)
    about_them = [finding for area in areas for finding in about(area.suppression, used, rules, judged)]
    about_them += (malformed(mistake, source) for mistake in mistakes)
    for finding in about_them:
        yield structs.replace(finding, severity=judged.options.severity_of(finding))


class _Area(Struct, frozen=True):
    """The span of a suppression; it applies to findings that start in the span."""

    span: Span
    suppression: Suppression


def _areas(found: list[Suppression], dockerfile: Dockerfile, mistakes: list[Mistake]) -> Iterator[_Area]:
    """Yield the areas of suppressions, and add those without a beginning or an end to `mistakes`."""
    end = len(dockerfile.source.text) + 1
    ends = [instruction.span.end for instruction in dockerfile.instructions]
    stages = [i.index for i in dockerfile.instructions if i.keyword == "FROM"]
    starts = [0, *(dockerfile.instructions[index].span.start for index in stages[1:]), end]
    bounds = [Span(*pair) for pair in pairwise(starts)]
    open_ones: list[Suppression] = []
    for one in sorted(found, key=lambda s: s.span):
        start = one.span.start
        index = bisect_right(ends, start)
        match one.scope:
            case "ignore-file":
                yield _Area(Span(0, end), one)
            case "ignore-stage":
                stage = bisect_right(stages, index) - 1
                yield _Area(bounds[max(stage, 0)], one)
            case "ignore-start":
                open_ones.append(one)
            case scope if scope == END:
                if (begun := _begun(one, open_ones)) is None:
                    mistakes.append(Mistake("this `ignore-end` has no `ignore-start`", one.span, "Remove it"))
                else:
                    yield _Area(Span(begun.span.start, start), structs.replace(begun, end=one.span))
            case _:
                first = dockerfile.instructions[index].span.start if one.inside else start
                yield _Area(Span(first, ends[index] + 1 if index < len(ends) else start), one)
    for one in open_ones:
        mistakes.append(Mistake("no `ignore-end` follows", one.span, "Add `# zr4lint: ignore-end`, or use ignore-file"))
        yield _Area(Span(one.span.start, end), one)


def _begun(end: Suppression, open_ones: list[Suppression]) -> Suppression | None:
    """Return the suppression that `end` closes: the last open one, or the last that names the same rules."""
    if not end.names:
        return open_ones.pop() if open_ones else None
    names = {name.text for name in end.names}
    for index in reversed(range(len(open_ones))):
        if {name.text for name in open_ones[index].names} == names:
            return open_ones.pop(index)
    return None


def _suppressed(
    findings: Iterable[Finding], areas: Sequence[_Area], used: set[Span], anchor: Callable[[Span], Span]
) -> Iterator[Finding]:
    """Yield the findings, suppressed if an area contains them; of several areas, the one that starts last is used.

    `anchor` returns the place of a finding in the file that has the comments.
    """
    order = sorted(range(len(areas)), key=lambda n: (areas[n].span.start, areas[n].suppression.span))
    events: list[tuple[int, int, int]] = []
    for rank, number in enumerate(order):
        span = areas[number].span
        if span.start < span.end:
            events += ((span.start, 1, rank), (span.end, 0, rank))
    events.sort()
    holding: dict[str, dict[int, Span]] = {}
    at = 0
    for start, finding in sorted(((anchor(f.span), f) for f in findings), key=lambda pair: (pair[0], pair[1].span)):
        while at < len(events) and events[at][0] <= start.start:
            _, begins, rank = events[at]
            _hold(holding, areas[order[rank]].suppression, rank, begins=bool(begins))
            at += 1
        codes = (finding.code, *finding.aliases)
        words = (finding.name, *(code[:size].upper() for code in codes for size in range(len(code), 0, -1)))
        best = max((next(reversed(ranks)) for word in words if (ranks := holding.get(word))), default=None)
        if best is None:
            yield finding
            continue
        used.add(next(holding[word][best] for word in words if best in holding.get(word, ())))
        yield structs.replace(finding, suppressed=True, justification=areas[order[best]].suppression.reason)


def _hold(holding: dict[str, dict[int, Span]], suppression: Suppression, rank: int, *, begins: bool) -> None:
    for name in suppression.names:
        for word in {name.text, name.text.upper()}:
            if begins:
                holding.setdefault(word, {}).setdefault(rank, name.span)
            else:
                holding.get(word, {}).pop(rank, None)
