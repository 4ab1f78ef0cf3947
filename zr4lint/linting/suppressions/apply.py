"""Applying suppressions, and finding those that are no use."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from msgspec import Struct, structs

from zr4lint.dockerfile import Dockerfile, parse
from zr4lint.linting import engine
from zr4lint.linting.engine import Config
from zr4lint.linting.suppressions.comments import END, Mistake, Suppression, read
from zr4lint.linting.suppressions.hygiene import about, malformed
from zr4lint.model.finding import FileReport, Finding
from zr4lint.model.source import SourceFile, Span
from zr4lint.packs.model import Pack
from zr4lint.packs.rulebook import Rulebook


def lint_heeding(source: SourceFile, packs: Sequence[Pack], config: Config) -> FileReport:
    """Lint a file with all rules, and apply the suppressions in it."""
    dockerfile = parse(source)
    read_ones = [found for comment in dockerfile.comments if (found := read(comment, source))]
    if not read_ones:
        return engine.lint(source, packs, config)
    report = engine.lint(source, packs, structs.replace(config, select=("",), ignore=()))
    findings = _applied(report.findings, read_ones, dockerfile, Rulebook(packs))
    kept = (structs.replace(f, severity=config.severity_of(f)) for f in findings if config.selects(f))
    return structs.replace(report, findings=tuple(sorted(kept, key=lambda f: (f.span, f.code))))


class _Area(Struct, frozen=True):
    """Where a suppression holds: for findings that start in its span."""

    span: Span
    suppression: Suppression


def _applied(
    findings: Sequence[Finding], read_ones: list[Suppression | Mistake], dockerfile: Dockerfile, rules: Rulebook
) -> Iterator[Finding]:
    mistakes = [one for one in read_ones if isinstance(one, Mistake)]
    areas = [*_areas([one for one in read_ones if isinstance(one, Suppression)], dockerfile, mistakes)]
    used: set[Span] = set()
    yield from _suppressed(findings, areas, used)
    source = dockerfile.source
    for area in areas:
        yield from about(area.suppression, used, rules, dockerfile)
    for mistake in mistakes:
        yield malformed(mistake, source)


def _areas(found: list[Suppression], dockerfile: Dockerfile, mistakes: list[Mistake]) -> Iterator[_Area]:
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
                    mistakes.append(Mistake("this ends what no ignore-start has begun", one.span))
                else:
                    yield _Area(Span(begun.span.start, start), structs.replace(begun, end=one.span))
            case _:
                first = dockerfile.instructions[index].span.start if one.inside else start
                yield _Area(Span(first, ends[index] + 1 if index < len(ends) else start), one)
    for one in open_ones:
        mistakes.append(Mistake("no ignore-end follows: this holds to the end of the file", one.span))
        yield _Area(Span(one.span.start, end), one)


def _begun(end: Suppression, open_ones: list[Suppression]) -> Suppression | None:
    """The suppression that is ended: the last that is open, or the last that names the same rules."""
    if not end.names:
        return open_ones.pop() if open_ones else None
    names = {name.text for name in end.names}
    for index in reversed(range(len(open_ones))):
        if {name.text for name in open_ones[index].names} == names:
            return open_ones.pop(index)
    return None


def _suppressed(findings: Iterable[Finding], areas: Sequence[_Area], used: set[Span]) -> Iterator[Finding]:
    """The findings, suppressed where an area holds; of several the one that starts last is used."""
    order = sorted(range(len(areas)), key=lambda n: (areas[n].span.start, areas[n].suppression.span))
    events: list[tuple[int, int, int]] = []
    for rank, number in enumerate(order):
        span = areas[number].span
        if span.start < span.end:
            events += ((span.start, 1, rank), (span.end, 0, rank))
    events.sort()
    holding: dict[str, dict[int, Span]] = {}
    at = 0
    for finding in sorted(findings, key=lambda f: f.span):
        while at < len(events) and events[at][0] <= finding.span.start:
            _, begins, rank = events[at]
            _hold(holding, areas[order[rank]].suppression, rank, begins=bool(begins))
            at += 1
        words = (finding.name, *(finding.code[:size] for size in range(len(finding.code), 0, -1)))
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
