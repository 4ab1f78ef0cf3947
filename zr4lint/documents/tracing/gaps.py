"""Finds the gaps of a trace: demands without a check, checks without a demand, instructions without either."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from zr4lint.checks import KINDS, RuleResult
from zr4lint.documents.checking.world import check_uncompiled
from zr4lint.documents.decisions import Decision, settle
from zr4lint.documents.tracing.records import Gap, How, Requirement, Sort, Step
from zr4lint.model.finding import FileReport

if TYPE_CHECKING:
    from zr4lint.dockerfile import Dockerfile, Instruction
    from zr4lint.documents.tracing.passages import Read
    from zr4lint.model.source import Span
    from zr4lint.packs.model import Pack


def demands(document: Read, pack: Pack, decisions: Sequence[Decision]) -> Iterator[Gap]:
    """Yield the demands of a document that no rule checks, in the order of the document.

    These are the demands that don't compile, except those that a decision settles, and the instructions of the target
    text that meet no rule.
    """
    consulted = document.consulted
    found: list[Gap] = []
    if consulted.target is not None:
        report = FileReport(consulted.source, tuple(check_uncompiled(consulted.target)), ())
        undecided = (finding for finding in settle(report, decisions)[0].findings if not finding.suppressed)
        found += (_gap(document, finding.span, finding.message) for finding in undecided)
    for instruction in idle(document.facts.dockerfile, document.results, pack):
        span = consulted.wanted.span(instruction.span.start, instruction.span.end)
        found.append(_gap(document, span, "no rule is about this instruction of the target text"))
    yield from sorted(found, key=lambda gap: (gap.line or 0, gap.column or 0))


def _gap(document: Read, span: Span, reason: str) -> Gap:
    passage = document.consulted.passage(span, How.TARGET)
    return Gap(Sort.DEMAND, passage.path, passage.line, passage.column, passage.words or passage.text, reason)


def checks(requirements: Sequence[Requirement], packs: Sequence[Pack], read: Mapping[str, Read]) -> Iterator[Gap]:
    """Yield the rules that no line of a document requires."""
    by_name = {pack.name: pack for pack in packs}
    for one in requirements:
        pack, rule = by_name[one.pack], one.rule
        document = read.get(one.pack)
        if document is not None and not one.passages:
            origin = rule.origin
            source = f"; its source is {rule.source}" if rule.source != _default(pack) else ""
            reason = f"no line of {document.consulted.path} requires it{source}"
            if origin is not None:
                reason = f"line {origin.line} of {document.consulted.path} is empty, or beyond its end"
            yield _unasked(one, reason)
        elif document is None and rule.origin is None and not rule.section and rule.source == _default(pack):
            yield _unasked(one, "it names no source")


def _unasked(one: Requirement, reason: str) -> Gap:
    return Gap(Sort.CHECK, one.pack, None, None, one.rule.summary, reason, one.rule.code, one.rule.name)


def _default(pack: Pack) -> str:
    """Return the source of rules that name none."""
    return pack.specification.document if pack.specification is not None else pack.title


def instructions(
    dockerfile: Dockerfile,
    steps: Sequence[Step],
    packs: Sequence[tuple[Pack, Mapping[str, RuleResult]]],
    wanted: set[str],
) -> Iterator[Gap]:
    """Yield the instructions that no requirement is about and that no target text contains.

    `wanted` are the instructions of target texts, with their words joined by single blanks.
    """
    idle_everywhere = {i.index for i in dockerfile.instructions}
    for pack, results in packs:
        idle_everywhere &= {i.index for i in idle(dockerfile, results, pack)}
    for instruction, step in zip(dockerfile.instructions, steps, strict=True):
        if instruction.index in idle_everywhere and plain(dockerfile, instruction) not in wanted:
            line, column = dockerfile.source.position(instruction.span.start)
            reason = "no rule and no line of a document requires it"
            yield Gap(Sort.INSTRUCTION, dockerfile.source.path, line, column, step.text, reason)


def idle(dockerfile: Dockerfile, results: Mapping[str, RuleResult], pack: Pack) -> Iterator[Instruction]:
    """Yield the instructions that neither meet nor break a rule of a pack, and that no met rule relies on."""
    late = {rule.rule.code for rule in pack.rules if KINDS[rule.check].late}
    used: set[int] = set()
    blamed: list[int] = []
    for code, result in results.items():
        if code in late:
            continue
        blamed += (unmet.span.start for unmet in result.unmet if unmet.span is not None)
        for met in result.met:
            used.add(met.instruction.index)
            used |= met.supports
    blamed.sort()
    for instruction in dockerfile.instructions:
        span = instruction.span
        if instruction.index not in used and bisect_left(blamed, span.start) == bisect_left(blamed, span.end):
            yield instruction


def plain(dockerfile: Dockerfile, instruction: Instruction) -> str:
    """Return the words of an instruction, joined by single blanks."""
    return " ".join(dockerfile.source.slice(instruction.span).split())
