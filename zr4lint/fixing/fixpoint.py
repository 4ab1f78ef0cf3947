"""Applies fixes until nothing changes.

The fixer applies the fixes that don't overlap and lints the text again, until nothing changes. It keeps the result only
if it is proven: it still parses, has no new error and no more findings than before, and does not change when it is
fixed again.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, structs

from zr4lint.fixing.application import apply_fixes
from zr4lint.fixing.proof import count, errors, worse
from zr4lint.linting.pipeline import Linted
from zr4lint.model.budgets import FIXED_INSTRUCTIONS
from zr4lint.model.finding import Applicability, Edit, FileReport, Finding, Severity
from zr4lint.model.source import SourceFile

MAX_REPEATS = 4
"""The number of rounds in which one finding may be fixed before its fix counts as useless."""

_MOST_CACHED = 200_000
"""The characters of linted texts, all together, beyond which the oldest results are dropped."""

Lint = Callable[[SourceFile], Linted]
Wanted = Callable[[Finding], bool]


class Refusal(Struct, frozen=True):
    """The rules whose fixes were not applied, and the reason."""

    codes: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        """Return the refusal as a sentence."""
        return f"did not apply the fixes of {', '.join(self.codes)}: {self.why}" if self.codes else self.why


class Fixed(Struct, frozen=True):
    """The result of fixing a file.

    `linted` is the new text and its report, or the old one if nothing was changed. `fixed` counts the removed findings
    of the old text. `refused` tells which fixes were not applied.
    """

    linted: Linted
    fixed: int
    refused: Refusal | None

    @property
    def source(self) -> SourceFile:
        """Return the text."""
        return self.linted.report.source

    @property
    def report(self) -> FileReport:
        """Return the report on the text."""
        return self.linted.report


def fix(source: SourceFile, lint: Lint, level: Applicability, wanted: Wanted = lambda _: True) -> Fixed:
    """Apply the fixes of `wanted` findings with at least the applicability `level`, until nothing changes.

    `lint` reports every rule, since a fix for one must not break another. A fix that is applied repeatedly without
    effect is left out, and the fixer starts again without it. A file that BuildKit refuses is not changed.
    """
    fixer = _Fixer(source, lint, level, wanted)
    before = fixer.lint(source.text)
    if before.dockerfile.errors:
        return Fixed(before, 0, Refusal((), "no fixes are applied to a file that BuildKit refuses"))
    return _fixed(fixer, before)


def fill(source: SourceFile, lint: Lint) -> Fixed:
    """Fix a file that may not parse yet, such as an empty one."""
    fixer = _Fixer(source, lint, Applicability.UNSAFE, lambda _: True)
    return _fixed(fixer, fixer.lint(source.text))


def _fixed(fixer: _Fixer, before: Linted) -> Fixed:
    done = fixer.best(before)
    for _ in range(MAX_REPEATS):
        # Fixes that were refused for one text may succeed on the text that the other fixes made.
        again = fixer.best(done.linted)
        if again.source.text == done.source.text:
            break
        done = again
    gone = _counts(before.report.findings) - _counts(done.linted.report.findings)
    return structs.replace(done, fixed=gone.total())


class _Attempt(Struct, frozen=True):
    """One attempt: the resulting text, or None for a cycle, and the number of rounds that used each fix."""

    linted: Linted | None
    applied: Counter[tuple[str, str]]


class _Fixer:
    """The attempts to fix one file; a text that several attempts reach is linted once."""

    def __init__(self, source: SourceFile, lint: Lint, level: Applicability, wanted: Wanted) -> None:
        self.source = source
        self.level = level
        self.wanted = wanted
        self._lint = lint
        self._known: dict[str, Linted] = {}

    def lint(self, text: str) -> Linted:
        """Lint a text of this file."""
        if text not in self._known:
            while self._known and sum(map(len, self._known)) > _MOST_CACHED:
                del self._known[next(iter(self._known))]
            self._known[text] = self._lint(SourceFile(text, self.source.path, bom=self.source.bom))
        return self._known[text]

    def best(self, before: Linted) -> Fixed:
        """Fix the worst findings first; if errors are left, try other orders, too, unless the file is large."""
        # Errors come first, since a lesser fix may remove what an error's fix uses. `cleared` removes what blocks every
        # fix.
        outcomes = [self.fixed(before, before, worst_first=True)]
        if is_large(before):
            return outcomes[0]
        if outcomes[0].refused or errors(outcomes[0].linted):
            outcomes.append(self.fixed(before, before, worst_first=False))
            cleared = self.cleared(before)
            if cleared is not before:
                outcomes.append(self.fixed(before, cleared, worst_first=True))
        if all(outcome.refused for outcome in outcomes):  # fixes of warnings that undo each other must not block errors
            of_errors = self.among(self.level, lambda finding: finding.severity is Severity.ERROR)
            outcomes.append(of_errors.fixed(before, before, worst_first=True))
        best = min(outcomes, key=lambda outcome: errors(outcome.linted).total())
        return self.rule_by_rule(before, best, best.refused) if best.refused else best

    def rule_by_rule(self, before: Linted, unchanged: Fixed, refusal: Refusal) -> Fixed:
        """Apply the safe fixes of as many rules as work together, after applying all at once was refused.

        The fixes of each rule must leave fewer findings, so of two rules that undo each other, neither is applied.
        """
        best, kept = unchanged, frozenset[str]()
        for code in sorted({f.code for f in before.report.findings if f.fix is not None and self.wanted(f)}):
            safe = self.among(Applicability.SAFE, _of_rules(kept | {code}))
            outcome = safe.fixed(before, before, worst_first=True)
            if not outcome.refused and count(outcome.linted) < count(best.linted):
                best, kept = outcome, kept | {code}
        left_out = any(f.fix is not None for f in best.linted.report.findings)
        codes = tuple(code for code in refusal.codes if code not in kept)
        return structs.replace(best, refused=structs.replace(refusal, codes=codes) if codes and left_out else None)

    def among(self, level: Applicability, wanted: Wanted) -> _Fixer:
        """Return a fixer for some of the findings."""
        among = _Fixer(self.source, self._lint, level, lambda finding: wanted(finding) and self.wanted(finding))
        among._known = self._known
        return among

    def cleared(self, before: Linted) -> Linted:
        """Return the file without the one instruction that blocks the fixes: removing it leaves fewer errors."""
        best = before
        for finding in filter(self.wanted, before.report.findings):
            fix = finding.fix
            if fix is None or fix.applicability < self.level or finding.suppressed or any(e.text for e in fix.edits):
                continue
            linted = self.lint(apply_fixes(before.report.source.text, [fix]))
            if errors(linted).total() < errors(best).total():
                best = linted
        return best

    def fixed(self, before: Linted, start: Linted, *, worst_first: bool) -> Fixed:
        """Fix `start`, the report on the file or on a changed file, and prove the result against `before`."""
        useless: set[tuple[str, str]] = set()
        while True:
            attempt = self._attempt(start, useless, worst_first=worst_first)
            again = {key for key, rounds in attempt.applied.items() if rounds > MAX_REPEATS} - useless
            if not again:
                break
            useless |= again
        if attempt.linted is None:
            return _refused(before, attempt, "they undo each other")
        why = None if attempt.linted is before else worse(before, attempt.linted)
        return _refused(before, attempt, why) if why else Fixed(attempt.linted, 0, None)

    def _attempt(self, start: Linted, useless: set[tuple[str, str]], *, worst_first: bool) -> _Attempt:
        linted = start
        seen = {start.report.source.text}
        applied: Counter[tuple[str, str]] = Counter()
        while True:
            useful = (f for f in linted.report.findings if self.wanted(f) and _key(f) not in useless)
            chosen = _choose(useful, self.level, worst_first)
            applied.update({_key(finding) for finding in chosen})
            before = linted.report.source.text
            text = apply_fixes(before, [f.fix for f in chosen if f.fix is not None])
            if text == before or max(applied.values(), default=0) > MAX_REPEATS:
                return _Attempt(linted, applied)
            if text in seen:
                return _Attempt(None, applied)
            seen.add(text)
            linted = self.lint(text)


def is_large(linted: Linted) -> bool:
    """Return whether a file is too large for fixing it in several ways."""
    return len(linted.dockerfile.instructions) > FIXED_INSTRUCTIONS


def _of_rules(codes: frozenset[str]) -> Wanted:
    return lambda finding: finding.code in codes


def _key(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.message


def _choose(findings: Iterable[Finding], level: Applicability, worst_first: bool) -> list[Finding]:
    """Return the findings whose fixes are applied together: no overlaps, and one of several alike.

    All have the same severity, the worst or the least that is found.
    """
    fixable = [f for f in findings if f.fix and f.fix.edits and f.fix.applicability >= level and not f.suppressed]
    severities = sorted({f.severity for f in fixable}, reverse=worst_first)
    chosen: list[Finding] = []
    taken: list[tuple[int, int]] = []
    seen: set[tuple[Edit, ...]] = set()
    for finding in sorted(fixable, key=lambda f: (f.code, f.span)):
        fix = finding.fix
        if fix is None or finding.severity is not severities[0] or fix.edits in seen:
            continue
        seen.add(fix.edits)
        if all(_is_free(edit, taken) for edit in fix.edits):
            chosen.append(finding)
            for edit in fix.edits:
                insort(taken, (edit.start, edit.end))
    return chosen


def _is_free(edit: Edit, taken: Sequence[tuple[int, int]]) -> bool:
    """Whether an edit touches none of these places, which are sorted; insertions at one place follow one another."""
    before = bisect_left(taken, (edit.end,))
    return not before or taken[before - 1][1] <= edit.start


def _counts(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    return Counter((f.code, f.message) for f in findings)


def _refused(before: Linted, attempt: _Attempt, why: str) -> Fixed:
    return Fixed(before, 0, Refusal(tuple(sorted({code for code, _ in attempt.applied})), why))
