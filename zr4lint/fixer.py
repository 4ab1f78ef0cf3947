"""The fixer: the only module that rewrites text.

It applies the fixes that don't overlap, lints again, and goes on until nothing changes. What comes out is kept only
if it is proven: it still parses, has no error that the file lacked, no more findings than before, and stays as it is
when it is fixed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from zr4lint.finding import Applicability, Edit, FileReport, Finding, Fix, Severity
from zr4lint.source import SourceFile

MAX_ROUNDS = 100

Lint = Callable[[SourceFile], FileReport]


class Fixed(NamedTuple):
    """What fixing a file came to.

    `source` is the new text, or the old one where nothing was changed; `report` is about it. `fixed` counts the
    findings of the old text that are gone, `refused` says why a change was thrown away.
    """

    source: SourceFile
    report: FileReport
    fixed: int
    refused: str | None


def fix(source: SourceFile, lint: Lint, level: Applicability) -> Fixed:
    """Apply every fix that may be trusted at least as far as `level`, to a fixpoint."""
    before = lint(source)
    report = before
    seen = {source.text}
    applied: list[str] = []
    for _ in range(MAX_ROUNDS):
        chosen = _choose(report.findings, level)
        if not chosen:
            break
        applied += (finding.code for finding in chosen)
        text = apply_fixes(report.source.text, [f.fix for f in chosen if f.fix is not None])
        if text == report.source.text:
            break
        if text in seen:
            return _refused(before, applied, "they undo each other")
        seen.add(text)
        report = lint(SourceFile(text, source.path, bom=source.bom))
    else:
        return _refused(before, applied, f"they come to no end in {MAX_ROUNDS} rounds")
    if report is before:
        return Fixed(source, before, 0, None)
    if why := worse(before, report):
        return _refused(before, applied, why)
    gone = _counts(before.findings) - _counts(report.findings)
    return Fixed(report.source, report, gone.total(), None)


def apply_fixes(text: str, fixes: Iterable[Fix]) -> str:
    """The text with the edits of fixes that don't overlap."""
    edits = sorted((e for fix in fixes for e in fix.edits), key=lambda e: (e.start, e.end))
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join(pieces) + text[at:]


def worse(before: FileReport, after: FileReport) -> str | None:
    """Why a new text must not replace the old one; None if it may."""
    new_errors = _errors(after.findings) - _errors(before.findings)
    if new_errors:
        return f"they would bring {', '.join(sorted(new_errors))}"
    return "they would bring more findings" if len(after.findings) > len(before.findings) else None


def _choose(findings: Iterable[Finding], level: Applicability) -> list[Finding]:
    """The findings whose fixes are applied together: each whole, none overlapping, one for each of several alike.

    Errors come first. What a warning wants taken out may be what an error's fix puts to use.
    """
    fixable = [f for f in findings if f.fix and f.fix.edits and f.fix.applicability >= level and not f.suppressed]
    worst = max((f.severity for f in fixable), default=Severity.ERROR)
    chosen: list[Finding] = []
    taken: list[Edit] = []
    seen: set[tuple[Edit, ...]] = set()
    for finding in sorted(fixable, key=lambda f: (f.code, f.span)):
        fix = finding.fix
        if fix is None or finding.severity is not worst or fix.edits in seen:
            continue
        seen.add(fix.edits)
        if not any(_overlap(edit, other) for edit in fix.edits for other in taken):
            chosen.append(finding)
            taken += fix.edits
    return chosen


def _overlap(one: Edit, other: Edit) -> bool:
    """Whether two edits touch the same text; insertions at one place don't, they follow one another."""
    return one.start < other.end and other.start < one.end


def _errors(findings: Iterable[Finding]) -> Counter[str]:
    return Counter(f.code for f in findings if f.severity is Severity.ERROR)


def _counts(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    return Counter((f.code, f.message) for f in findings)


def _refused(before: FileReport, applied: list[str], why: str) -> Fixed:
    codes = ", ".join(dict.fromkeys(applied))
    return Fixed(before.source, before, 0, f"the fixes of {codes} are left out: {why}")
