"""Findings that say the same, or that a script's broken syntax brings, told once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import structs

from zr4lint.linting.hanging import leading, one_for_all, together
from zr4lint.linting.judged import Judged
from zr4lint.model.finding import Edit, Finding, Fix, Severity
from zr4lint.packs.own_rules import COMMAND_FAILS, SHELL_SYNTAX

_LACK = re.compile(r"\bis (?:not|installed only)\b|\bdoes not\b|\bmay not\b|^no |\bconditionally\b")
_WRONG_WORDS = re.compile(r"pinned|requested|, not `")
_ALIKE = 3
"""Findings of one rule at the same words that are told as one."""


def gathered(findings: Sequence[Finding], judged: Judged) -> Iterable[Finding]:
    """One finding for those that say the same; those on a script that its shell refuses are told by that refusal."""
    return _listed(_alike(_open_ended(_refused(findings, judged))))


def _open_ended(findings: list[Finding]) -> list[Finding]:
    """The findings, with those about what is missing under a heredoc that takes the rest of the file."""
    ends = re.compile(r"heredoc `.*` is not terminated$")
    heredoc = next((f for f in findings if f.severity is Severity.ERROR and ends.match(f.message)), None)
    if heredoc is None:
        return findings
    hanging = [f for f in findings if f is not heredoc and _lacks(f)]
    left = [f for f in findings if f is not heredoc and f not in hanging]
    return [*left, one_for_all(heredoc, hanging) if hanging else heredoc]


def _refused(findings: Sequence[Finding], judged: Judged) -> list[Finding]:
    """The findings, with those about what a refused RUN does not do under the one that tells so."""
    left = list(findings)
    spans = [instruction.span for instruction in judged.dockerfile.instructions if instruction.keyword == "RUN"]
    for refusal in [f for f in findings if f.code in (SHELL_SYNTAX.code, COMMAND_FAILS.code)]:
        run = next((s for s in spans if s.start <= refusal.span.start < s.end), None)
        if run is None or refusal not in left:
            continue
        hanging = [f for f in left if f is not refusal and run.start <= f.span.start < run.end and _follows(f, refusal)]
        if hanging:
            left = [f for f in left if f not in hanging and f is not refusal]
            left.append(one_for_all(refusal, hanging))
    return left


def _follows(finding: Finding, refusal: Finding) -> bool:
    """Whether a finding says what a RUN does not do, and nothing against its words."""
    if finding.code == refusal.code or finding.severity is Severity.INFO:
        return False
    if finding.span == refusal.span:
        return True
    return _lacks(finding) and refusal.code == SHELL_SYNTAX.code


def _lacks(finding: Finding) -> bool:
    """Whether a finding says that something is missing, not that words are wrong."""
    return _LACK.search(finding.message) is not None and _WRONG_WORDS.search(finding.message) is None


def _alike(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Requirements that fail with the same words are told once, at the first place."""
    by_message: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.requirement is None or finding.code.startswith("ZL") or "this" in finding.message.split():
            yield finding
        else:
            by_message.setdefault(finding.message, []).append(finding)
    for group in by_message.values():
        first = leading(group)
        yield first if len(group) == 1 else one_for_all(first, group)


def _listed(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings of one rule at the very same words are told in one sentence."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.span, finding.severity, finding.suppressed), []).append(finding)
    for group in groups.values():
        sentence = together([f.message for f in group]) if len(group) >= _ALIKE else group[0].message
        if sentence == group[0].message:
            yield from group
        else:
            joined = structs.replace(group[0], message=sentence, expected=None, fix=_joined(group))
            yield structs.replace(joined, also=tuple(dict.fromkeys(c for f in group for c in f.also)))


def _joined(group: Sequence[Finding]) -> Fix | None:
    """One fix for several that insert at the same place."""
    fixes = [f.fix for f in group if f.fix is not None]
    places = {(edit.start, edit.end) for fix in fixes for edit in fix.edits}
    if len(fixes) < len(group) or len(places) != 1 or any(len(fix.edits) != 1 for fix in fixes):
        return next(iter(fixes), None)
    (start, end), texts = places.pop(), dict.fromkeys(fix.edits[0].text for fix in fixes)
    if start != end:
        return fixes[0]
    level = min(fix.applicability for fix in fixes)
    return Fix(fixes[0].title if len(texts) == 1 else "Add them", level, (Edit(start, end, "".join(texts)),))
