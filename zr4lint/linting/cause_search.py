"""Searches for the words that cause several findings.

A cause is proved by linting the text again with the words mended; the findings that disappear depend on the words. Only
this module gathers the facts of a file more than once. Its cost is bounded:

- It searches only files with at most 2,000 findings, among them an open error or warning, and an unmet requirement or
  a refusal.
- Suspects in the words of the file come first, the most harmful of them before the others. Suspects that findings
  point at come last. The fix of a finding rarely resolves others. More than `_MOST_UNGROUPED` fixes are therefore tried
  together first, and one by one only if that resolves other errors.
- The search ends when no finding is left to explain. It also ends after `_TRIALS` lints, or after fewer in a large file
  (`_WORK`), so that its time grows with the file and not with its square. It uses no clock, so that two runs give the
  same result.
- Each lint runs all rules of a specification, since its late rules read the results of the others. Of other packs, it
  runs only the rules that find errors, or whose code is among the findings to explain. It runs ShellCheck only if
  ShellCheck has found something. If only warnings depend on the words, all rules are run to decide.
- The trees of scripts are cached, since all RUNs but one are unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from zr4lint.checks import KINDS
from zr4lint.linting.hanging import is_open, is_proof, telling
from zr4lint.linting.suspects import settling, suspects_of_words, undoing
from zr4lint.model.finding import Edit, Finding, Severity, with_edits

if TYPE_CHECKING:
    from zr4lint.linting.judged import Again, Judged
    from zr4lint.linting.suspects.suspect import Suspect

_TRIALS = 24
"""The most times that a text is linted again."""
_MOST_UNGROUPED = 2
"""The most fixes that are tried one by one without a trial of all together."""
_WORK = 800_000
"""The budget of these lints together: 3 for each character of the text, and 200 for each fact."""


def explained(left: list[Finding], judged: Judged, again: Again) -> tuple[list[Finding], list[Finding]]:
    """Return the findings that no suspect explains, and one finding for each suspect that explains some."""
    search = _Search(left, judged, again)
    for suspect in suspects_of_words(judged.facts):
        if search.is_done:
            break
        search.try_one(suspect)
    for suspect in undoing(judged.facts, search.left):
        search.try_one(suspect)
    search.try_group([*settling(search.left)])
    return search.left, search.told


class _Search:
    """The search in one file: `left` are the findings to explain, `told` those that explain others."""

    def __init__(self, left: list[Finding], judged: Judged, again: Again) -> None:
        self.left = left
        self.told: list[Finding] = []
        self._again = again
        self._text = judged.source.text
        self._known = Counter(map(_key, left))
        codes = {finding.code for finding in left}
        found = (pack.by_code[code] for pack in judged.packs for code in codes if code in pack.by_code)
        self._late = frozenset(rule.rule.code for rule in found if KINDS[rule.check].late)
        self._lints = min(_TRIALS, _WORK // (3 * len(self._text) + 200 * len(judged.facts.facts) + 1))

    @property
    def is_done(self) -> bool:
        """Whether no error or warning is left to explain, or no further lint is allowed."""
        return self._lints <= 0 or all(finding.severity <= Severity.INFO for finding in self.left)

    def try_one(self, suspect: Suspect) -> None:
        """Move the findings that depend on a suspect's words from `left` to one finding of `told`."""
        if not self._is_worth_a_lint(suspect):
            return
        hanging = self._hanging(suspect)
        if hanging:
            gone = {id(finding) for finding in hanging}
            self.left = [finding for finding in self.left if id(finding) not in gone]
            self.told.append(telling(suspect, hanging))

    def try_group(self, suspects: Sequence[Suspect]) -> None:
        """Try the fixes of several findings: all together, and one by one only if that resolves other errors."""
        suspects = [suspect for suspect in suspects if self._is_worth_a_lint(suspect)]
        others = self.left
        if len(suspects) > _MOST_UNGROUPED and _are_disjoint(suspects):
            others = self._other_errors(suspects)
        for suspect in suspects:
            if any(finding in self.left for finding in others):
                self.try_one(suspect)

    def _is_worth_a_lint(self, suspect: Suspect) -> bool:
        """Return whether enough errors are left for a suspect, and its own finding is not explained yet."""
        errors = sum(finding.severity is Severity.ERROR for finding in self.left)
        unexplained = suspect.finding is None or any(finding is suspect.finding for finding in self.left)
        return not self.is_done and suspect.least <= errors and unexplained

    def _other_errors(self, suspects: Sequence[Suspect]) -> list[Finding]:
        """Return the errors that all fixes together resolve, without the findings that the fixes are for."""
        _, hanging = self._lint([edit for suspect in suspects for edit in suspect.edits], self._codes())
        errors = [finding for finding in hanging if finding.severity is Severity.ERROR]
        return [finding for finding in errors if not any(finding is suspect.finding for suspect in suspects)]

    def _hanging(self, suspect: Suspect) -> list[Finding]:
        """Return the findings that are gone once a suspect's words are mended, or none if as many errors appear."""
        found = self._gone(suspect, self._codes())
        lower = bool(found) and all(finding.severity < Severity.ERROR for finding in found)
        return self._gone(suspect, None) if lower else found

    def _codes(self) -> frozenset[str]:
        return frozenset(code for finding in self.left for code in (finding.code, *finding.aliases))

    def _lint(self, edits: Iterable[Edit], codes: frozenset[str] | None) -> tuple[Sequence[Finding], list[Finding]]:
        """Lint the text with edits; return the findings that are new, and those of `left` that depend on the words.

        Only the rules that find errors or `codes` run, or all rules if `codes` is None.
        """
        self._lints -= 1
        found = [finding for finding in self._again(with_edits(self._text, sorted(edits)), codes) if is_open(finding)]
        still = Counter(map(_key, found))
        gone: list[Finding] = []
        for finding in self.left:
            if still[_key(finding)]:
                still[_key(finding)] -= 1
            else:
                gone.append(finding)
        added = Counter(map(_key, found)) - self._known
        new = [finding for finding in found if added[_key(finding)]]
        appeared = Counter(finding.code for finding in new if finding.severity > Severity.INFO)
        lost = Counter(finding.code for finding in gone)
        return new, [finding for finding in gone if appeared[finding.code] < lost[finding.code]]

    def _gone(self, suspect: Suspect, codes: frozenset[str] | None) -> list[Finding]:
        """Return the findings that depend on a suspect's words, among those of `codes`."""
        new, hanging = self._lint(suspect.edits, codes)
        bound = [finding for finding in hanging if is_proof(finding)]
        if suspect.modest:
            hanging = [f for f in hanging if is_proof(f) or _elsewhere(f, suspect)]
        hanging = [finding for finding in hanging if not self._in_flag(finding, suspect)]
        worst = max((finding.severity for finding in hanging), default=Severity.INFO)
        if worst is Severity.INFO or not bound or (worst < Severity.ERROR and all(f.code in self._late for f in bound)):
            return []
        came = sum(finding.severity >= worst for finding in new)
        gone_of_worst = sum(finding.severity >= worst for finding in hanging)
        return hanging if gone_of_worst >= suspect.least and came < gone_of_worst else []

    def _in_flag(self, finding: Finding, suspect: Suspect) -> bool:
        """Return whether a finding is about a part of a flag that a suspect takes out, such as the image of a mount."""
        span = finding.span
        flags = (e for e in suspect.edits if not e.text and self._text.startswith("--mount", e.start))
        return any(e.start < span.start and span.end <= e.end for e in flags)


def _elsewhere(finding: Finding, suspect: Suspect) -> bool:
    """Return whether an error is gone although its own words are unchanged."""
    span = finding.span
    return finding.severity is Severity.ERROR and not any(
        e.start < span.end and span.start < e.end for e in suspect.edits
    )


def _are_disjoint(suspects: Sequence[Suspect]) -> bool:
    """Return whether the edits of several suspects do not overlap."""
    edits = sorted(edit for suspect in suspects for edit in suspect.edits)
    return all(before.end <= after.start for before, after in pairwise(edits))


def _key(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.message
