"""The fixer: the only module that rewrites text.

It applies the fixes that don't overlap, lints again, and goes on until nothing changes. What comes out is kept only
if it is proven: it still parses, has no error that the file lacked, no more findings than before, and stays as it is
when it is fixed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from msgspec import Struct, structs

from zr4lint.dockerfile import parse
from zr4lint.model.finding import Applicability, Edit, FileReport, Finding, Fix, Severity
from zr4lint.model.source import SourceFile

MAX_REPEATS = 4
"""In how many rounds one finding may be fixed before its fix is taken to help nothing."""

Lint = Callable[[SourceFile], FileReport]
Wanted = Callable[[Finding], bool]


class Refusal(Struct, frozen=True):
    """The rules whose fixes were thrown away, and why."""

    codes: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"the fixes of {', '.join(self.codes)} are left out: {self.why}"


class Fixed(Struct, frozen=True):
    """What fixing a file came to.

    `source` is the new text, or the old one where nothing was changed; `report` is about it. `fixed` counts the
    findings of the old text that are gone, `refused` tells of what was thrown away.
    """

    source: SourceFile
    report: FileReport
    fixed: int
    refused: Refusal | None


def fix(source: SourceFile, lint: Lint, level: Applicability, wanted: Wanted = lambda _: True) -> Fixed:
    """Apply the fixes of the `wanted` findings that may be trusted at least as far as `level`, to a fixpoint.

    `lint` reports on every rule: a fix of one must not break another. A fix that is applied again and again and
    helps nothing is left out, and everything is begun anew without it.
    """
    fixer = _Fixer(source, lint, level, wanted)
    before = fixer.lint(source.text)
    done = fixer.best(before)
    for _ in range(MAX_REPEATS):
        # What was left out in one text may do in the one that the rest has made.
        again = fixer.best(done.report)
        if again.source.text == done.source.text:
            break
        done = again
    gone = _counts(before.findings) - _counts(done.report.findings)
    return structs.replace(done, fixed=gone.total())


class _Attempt(Struct, frozen=True):
    """One way to a fixpoint: the report of what came out, None for a cycle, and how many rounds used each fix."""

    report: FileReport | None
    applied: Counter[tuple[str, str]]


class _Fixer:
    """The ways to fix one file; a text that several of them come by is linted once."""

    def __init__(self, source: SourceFile, lint: Lint, level: Applicability, wanted: Wanted) -> None:
        self.source = source
        self.level = level
        self.wanted = wanted
        self._lint = lint
        self._known: dict[str, FileReport] = {}

    def lint(self, text: str) -> FileReport:
        """The report on a text of this file."""
        if text not in self._known:
            self._known[text] = self._lint(SourceFile(text, self.source.path, bom=self.source.bom))
        return self._known[text]

    def best(self, before: FileReport) -> Fixed:
        """Fix from the worst findings on; where errors are left, in other orders as well."""
        # What an error's fix puts to use must not be taken out first; what stands in the way of every fix has to be.
        outcomes = [self.fixed(before, before, worst_first=True)]
        if outcomes[0].refused or _errors(outcomes[0].report.findings):
            outcomes.append(self.fixed(before, before, worst_first=False))
            cleared = self.cleared(before)
            if cleared is not before:
                outcomes.append(self.fixed(before, cleared, worst_first=True))
        best = min(outcomes, key=lambda outcome: _errors(outcome.report.findings).total())
        return self.rule_by_rule(before, best, best.refused) if best.refused else best

    def rule_by_rule(self, before: FileReport, unchanged: Fixed, refusal: Refusal) -> Fixed:
        """Apply the safe fixes of as many rules as go together, where all at once were thrown away.

        Each has to leave fewer findings: of two that undo each other neither does.
        """
        best, kept = unchanged, frozenset[str]()
        for code in sorted({f.code for f in before.findings if f.fix is not None and self.wanted(f)}):
            outcome = self.of_rules(kept | {code}).fixed(before, before, worst_first=True)
            if not outcome.refused and _number(outcome.report) < _number(best.report):
                best, kept = outcome, kept | {code}
        left_out = any(f.fix is not None for f in best.report.findings)
        codes = tuple(code for code in refusal.codes if code not in kept)
        return structs.replace(best, refused=structs.replace(refusal, codes=codes) if codes and left_out else None)

    def of_rules(self, codes: frozenset[str]) -> _Fixer:
        """The same for the safe fixes of some rules."""
        among = _Fixer(
            self.source, self._lint, Applicability.SAFE, lambda finding: finding.code in codes and self.wanted(finding)
        )
        among._known = self._known
        return among

    def cleared(self, before: FileReport) -> FileReport:
        """The file without an instruction that alone stands in the way: one whose removal leaves fewer errors."""
        best = before
        for finding in filter(self.wanted, before.findings):
            fix = finding.fix
            if fix is None or fix.applicability < self.level or finding.suppressed or any(e.text for e in fix.edits):
                continue
            report = self.lint(apply_fixes(before.source.text, [fix]))
            if _errors(report.findings).total() < _errors(best.findings).total():
                best = report
        return best

    def fixed(self, before: FileReport, start: FileReport, *, worst_first: bool) -> Fixed:
        """Fix `start`, a report on the file or on what was made of it, and prove what comes out against `before`."""
        useless: set[tuple[str, str]] = set()
        while True:
            attempt = self._attempt(start, useless, worst_first=worst_first)
            again = {key for key, rounds in attempt.applied.items() if rounds > MAX_REPEATS} - useless
            if not again:
                break
            useless |= again
        if attempt.report is None:
            return _refused(before, attempt, "they undo each other")
        why = None if attempt.report is before else worse(before, attempt.report)
        return _refused(before, attempt, why) if why else Fixed(attempt.report.source, attempt.report, 0, None)

    def _attempt(self, start: FileReport, useless: set[tuple[str, str]], *, worst_first: bool) -> _Attempt:
        report = start
        seen = {start.source.text}
        applied: Counter[tuple[str, str]] = Counter()
        while True:
            useful = (f for f in report.findings if self.wanted(f) and _key(f) not in useless)
            chosen = _choose(useful, self.level, worst_first)
            applied.update({_key(finding) for finding in chosen})
            text = apply_fixes(report.source.text, [f.fix for f in chosen if f.fix is not None])
            if text == report.source.text or max(applied.values(), default=0) > MAX_REPEATS:
                return _Attempt(report, applied)
            if text in seen:
                return _Attempt(None, applied)
            seen.add(text)
            report = self.lint(text)


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
    if parse(after.source).errors and not parse(before.source).errors:
        return "the file would no longer parse"
    new_errors = _errors(after.findings) - _errors(before.findings)
    if new_errors:
        return f"they would bring {', '.join(sorted(new_errors))}"
    return "they would bring more findings" if _number(after) > _number(before) else None


def _number(report: FileReport) -> int:
    return sum(finding.conflict is None for finding in report.findings)


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
    return Counter(f.code for f in findings if f.severity is Severity.ERROR and not f.conflict)


def _counts(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    return Counter((f.code, f.message) for f in findings)


def _refused(before: FileReport, attempt: _Attempt, why: str) -> Fixed:
    return Fixed(before.source, before, 0, Refusal(tuple(sorted({code for code, _ in attempt.applied})), why))
