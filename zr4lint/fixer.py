"""The fixer: the only module that rewrites text.

It applies the fixes that don't overlap, lints again, and goes on until nothing changes. What comes out is kept only
if it is proven: it still parses, has no error that the file lacked, no more findings than before, and stays as it is
when it is fixed again.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from zr4lint.finding import Applicability, Edit, FileReport, Finding, Fix, Severity
from zr4lint.source import SourceFile

MAX_REPEATS = 4
"""In how many rounds one finding may be fixed before its fix is taken to help nothing."""

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


def fix(source: SourceFile, lint: Lint, level: Applicability, wanted: Callable[[Finding], bool] | None = None) -> Fixed:
    """Apply the fixes of the `wanted` findings that may be trusted at least as far as `level`, to a fixpoint.

    `lint` reports on every rule: a fix of one must not break another. A fix that is applied again and again and
    helps nothing is left out, and everything is begun anew without it.
    """
    before = lint(source)
    done = _best(before, lint, level, wanted)
    for _ in range(MAX_REPEATS):
        # What was left out in one text may do in the one that the rest has made.
        again = _best(done.report, lint, level, wanted)
        if again.source.text == done.source.text:
            break
        done = again._replace(fixed=done.fixed + again.fixed)
    return done


def _best(before: FileReport, lint: Lint, level: Applicability, wanted: Callable[[Finding], bool] | None) -> Fixed:
    # What an error's fix puts to use must not be taken out first; but what stands in the way of every fix has to be.
    outcomes = [_fixed(before, before, lint, level, wanted, worst_first=True)]
    if outcomes[0].refused or _errors(outcomes[0].report.findings):
        outcomes.append(_fixed(before, before, lint, level, wanted, worst_first=False))
        cleared = _cleared(before, lint, level, wanted)
        if cleared is not before:
            outcomes.append(_fixed(before, cleared, lint, level, wanted, worst_first=True))
    best = min(outcomes, key=lambda outcome: _errors(outcome.report.findings).total())
    return _rule_by_rule(before, lint, wanted, best) if best.refused else best


def _rule_by_rule(before: FileReport, lint: Lint, wanted: Callable[[Finding], bool] | None, refused: Fixed) -> Fixed:
    """The safe fixes of as many rules as go together, where all at once were thrown away."""
    best, kept = refused, frozenset[str]()
    for code in sorted({f.code for f in before.findings if f.fix is not None}):
        codes = kept | {code}
        among: Callable[[Finding], bool] = lambda f, codes=codes: f.code in codes and (wanted is None or wanted(f))  # type: ignore[misc]  # noqa: E731
        outcome = _fixed(before, before, lint, Applicability.SAFE, among, worst_first=True)
        if not outcome.refused and outcome.fixed:
            best, kept = outcome, codes
    left_out = sorted({f.code for f in best.report.findings if f.fix is not None})
    return best._replace(refused=refused.refused) if left_out else best


def _cleared(
    before: FileReport, lint: Lint, level: Applicability, wanted: Callable[[Finding], bool] | None
) -> FileReport:
    """The file without an instruction that alone stands in the way of others: one whose removal leaves fewer errors."""
    best = before
    for finding in filter(wanted, before.findings):
        fix = finding.fix
        if fix is None or fix.applicability < level or finding.suppressed or any(edit.text for edit in fix.edits):
            continue
        text = apply_fixes(before.source.text, [fix])
        report = lint(SourceFile(text, before.source.path, bom=before.source.bom))
        if _errors(report.findings).total() < _errors(best.findings).total():
            best = report
    return best


def _fixed(
    before: FileReport,
    start: FileReport,
    lint: Lint,
    level: Applicability,
    wanted: Callable[[Finding], bool] | None,
    *,
    worst_first: bool,
) -> Fixed:
    useless: set[tuple[str, str]] = set()

    def useful(finding: Finding) -> bool:
        return (wanted is None or wanted(finding)) and _key(finding) not in useless

    while True:
        attempt = _attempt(start, lint, level, useful, worst_first)
        again = {key for key, rounds in attempt.applied.items() if rounds > MAX_REPEATS} - useless
        if not again:
            break
        useless |= again
    report = attempt.report
    if report is None:
        return _refused(before, attempt, "they undo each other")
    if report is before:
        return Fixed(before.source, before, 0, None)
    if why := worse(before, report):
        return _refused(before, attempt, why)
    gone = _counts(before.findings) - _counts(report.findings)
    return Fixed(report.source, report, gone.total(), None)


class _Attempt(NamedTuple):
    """One way to a fixpoint: the report of what came out, None for a cycle, and how many rounds used each fix."""

    report: FileReport | None
    applied: Counter[tuple[str, str]]


def _attempt(
    before: FileReport, lint: Lint, level: Applicability, wanted: Callable[[Finding], bool], worst_first: bool
) -> _Attempt:
    report = before
    seen = {before.source.text}
    applied: Counter[tuple[str, str]] = Counter()
    while True:
        chosen = _choose(filter(wanted, report.findings), level, worst_first)
        applied.update({_key(finding) for finding in chosen})
        text = apply_fixes(report.source.text, [f.fix for f in chosen if f.fix is not None])
        if text == report.source.text or max(applied.values(), default=0) > MAX_REPEATS:
            return _Attempt(report, applied)
        if text in seen:
            return _Attempt(None, applied)
        seen.add(text)
        report = lint(SourceFile(text, before.source.path, bom=before.source.bom))


def _key(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.message


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


def _choose(findings: Iterable[Finding], level: Applicability, worst_first: bool) -> list[Finding]:
    """The findings whose fixes are applied together: each whole, none overlapping, one for each of several alike.

    They are all of one severity, the worst there is or the least.
    """
    fixable = [f for f in findings if f.fix and f.fix.edits and f.fix.applicability >= level and not f.suppressed]
    severities = sorted({f.severity for f in fixable}, reverse=worst_first)
    chosen: list[Finding] = []
    taken: list[Edit] = []
    seen: set[tuple[Edit, ...]] = set()
    for finding in sorted(fixable, key=lambda f: (f.code, f.span)):
        fix = finding.fix
        if fix is None or finding.severity is not severities[0] or fix.edits in seen:
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


def _refused(before: FileReport, attempt: _Attempt, why: str) -> Fixed:
    codes = ", ".join(sorted({code for code, _ in attempt.applied}))
    return Fixed(before.source, before, 0, f"the fixes of {codes} are left out: {why}")
