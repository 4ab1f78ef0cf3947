"""Links the requirements of a pack with words of the Dockerfile, and determines their states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.checks import KINDS, RuleResult
from zr4lint.documents.tracing.passages import Read, passages_of
from zr4lint.documents.tracing.records import How, Passage, Requirement, Spot, State
from zr4lint.linting.engine import PackResult
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Linted

if TYPE_CHECKING:
    from zr4lint.model.finding import Conformance, Finding
    from zr4lint.model.source import Span
    from zr4lint.packs.model import PackRule

_LONGEST = 500
"""The most characters of a spot that are searched for in a document."""


class Judged(Struct, frozen=True):
    """The results of one pack in a Dockerfile; `text` is the Dockerfile's text without secrets."""

    linted: Linted
    result: PackResult
    options: LintOptions
    document: Read | None
    text: str


def requirements_of(judged: Judged) -> Iterator[Requirement]:
    """Yield a requirement for each rule of a pack that ran, in the order of the pack."""
    failing = _of_empty_layers(judged)
    findings = _by_rule(judged.result.findings)
    final = _by_rule(judged.linted.report.findings)
    against: dict[str, list[Finding]] = {}
    for finding in judged.linted.report.findings:
        if finding.conflict is not None:
            against.setdefault(finding.conflict, []).append(finding)
    for rule in judged.result.pack.rules:
        result = judged.result.results.get(rule.rule.code)
        if result is None:
            continue
        passages = passages_of(rule, judged.document) if judged.document is not None else _unread(rule)
        spots = tuple(_spots(rule, result, findings.get(rule.rule.name, []), judged))
        told = final.get(rule.rule.name, [])
        state, notes = _state(rule, result, against.get(rule.rule.code, []), judged)
        if state is State.MET and rule.rule.code in failing:
            state, notes = State.UNMET, ("its layer has no instruction of its own",)
        yield Requirement(
            rule.rule,
            judged.result.pack.name,
            judged.options.severity_of(rule.rule),
            state,
            passages,
            tuple(_linked(spots, passages)),
            state is not State.MET and bool(told) and all(finding.suppressed for finding in told),
            notes,
        )


def _unread(rule: PackRule) -> tuple[Passage, ...]:
    """Return the line that a pack names in a document that was not read."""
    origin = rule.rule.origin
    return (Passage(origin.document, origin.line, 1, "", "", How.STATED),) if origin is not None else ()


def _by_rule(findings: Sequence[Finding]) -> Mapping[str, list[Finding]]:
    """Return findings by the names of their rules."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.name, []).append(finding)
    return found


def _state(
    rule: PackRule, result: RuleResult, against: Sequence[Finding], judged: Judged
) -> tuple[State, tuple[str, ...]]:
    if rule.unset:
        settings = ", ".join(sorted(set(rule.settings.values())))
        return State.UNKNOWN, (f"the setting {settings} of the pack has no value",)
    if any(not unmet.unsure for unmet in result.unmet):
        return State.UNMET, ()
    if result.unmet:
        return State.UNKNOWN, ()
    if judged.linted.dockerfile.errors:
        return State.UNKNOWN, ("BuildKit refuses the file",)
    if against:
        return State.CONFLICT, tuple(dict.fromkeys(f"{one.code} {one.name}: {one.message}" for one in against))
    return State.MET, ()


def _of_empty_layers(judged: Judged) -> set[str]:
    """Return the codes of rules that do not count as met in the conformance because their layer is empty."""
    parts: Sequence[Conformance] = judged.linted.report.conformance
    name = judged.result.pack.name
    return {code for part in parts if part.pack == name for row in part.rows for code in row.unmet}


def _spots(rule: PackRule, result: RuleResult, findings: Sequence[Finding], judged: Judged) -> Iterator[Spot]:
    """Yield the words of findings, then the words that meet the rule, each once."""
    seen: set[tuple[Span, str]] = set()
    wrong = zip(result.unmet, findings, strict=True)
    found = [(finding.span, finding.message, unmet.span is None) for unmet, finding in wrong]
    met = [] if KINDS[rule.check].late else [(met.span, "", False) for met in result.met]
    for span, message, absent in (*found, *met):
        if (span, message) not in seen:
            seen.add((span, message))
            yield Spot(span, span.of(judged.text), None, message or None, absent)


def _linked(spots: Sequence[Spot], passages: Sequence[Passage]) -> Iterator[Spot]:
    """Yield the spots, each with the passage that has its words, or else with the first passage.

    Words that occur equally often in both texts are paired in order. Only the first characters of long words are
    compared. A passage whose words are in the message of a finding comes first.
    """
    same: dict[str, list[Passage]] = {}
    for passage in passages:
        same.setdefault(" ".join(passage.words.split()), []).append(passage)
    counts = Counter(map(_words, spots))
    seen: Counter[str] = Counter()
    for spot in spots:
        words = _words(spot)
        alike = same.get(words, ())
        said = {word.strip("`,") for word in (spot.message or "").split()}
        named = (passage for passage in passages if passage.words and passage.words in said)
        holding = (passage for passage in passages if words and words in passage.text)
        repeated = alike[seen[words] if len(alike) == counts[words] else 0] if alike else None
        seen[words] += 1
        found = next(named, None) or repeated or next(holding, None) or next(iter(passages), None)
        yield structs.replace(spot, passage=found)


def _words(spot: Spot) -> str:
    return " ".join(spot.text[:_LONGEST].split())
