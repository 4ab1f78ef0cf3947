"""Merges findings with the same cause into one finding at the words that cause them.

A cause is proved by linting the text again with the words mended; the findings that disappear depend on the words. Only
this module gathers the facts of a file more than once. Its cost is bounded:

- It searches no file without open errors and warnings, and no file with very many findings.
- Suspects come from the words of the file, the most harmful first. The search ends when no finding is left to
  explain. It also ends after `_TRIALS` lints, or after fewer in a large file (`_WORK`), so that its time grows
  with the file and not with its square. It uses no clock, so that two runs give the same result.
- Each lint runs all rules of a specification, since its late rules read the results of the others. Of other packs, it
  runs only the rules that find errors, or whose code is among the findings to explain. It runs ShellCheck only if
  ShellCheck has found something. If only warnings depend on the words, all rules are run to decide.
- The trees of scripts are cached, since all RUNs but one are unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from zr4lint.checks import KINDS
from zr4lint.model.finding import Edit, Finding, Severity
from zr4lint.packs.own_rules import COMMAND_FAILS, OWN_RULES, SHELL_SYNTAX, SYNTAX

if TYPE_CHECKING:
    from zr4lint.linting.judged import Judged
    from zr4lint.linting.suspects.suspect import Suspect

_BY_THEMSELVES = frozenset(rule.code for rule in OWN_RULES) - {SYNTAX.code, SHELL_SYNTAX.code, COMMAND_FAILS.code}
_MOST = 2_000
"""The number of findings of a file above which none are merged."""
_TRIALS = 24
"""The most times that a text is linted again."""
_WORK = 800_000
"""The budget of these lints together: 3 for each character of the text, and 200 for each fact."""


def causes(findings: Sequence[Finding], judged: Judged) -> Iterable[Finding]:
    """Merge the findings that follow from the same words into one at these words.

    The merged finding has the code of the worst one, the codes of the others in `also`, and their messages in notes.
    """
    left = [finding for finding in findings if _is_open(finding)]
    if not judged.dockerfile.instructions or not any(finding.severity > Severity.INFO for finding in left):
        return findings
    if len(left) > _MOST:
        return findings
    from zr4lint.linting.same_cause import gathered  # only a file with findings needs it

    others = [finding for finding in findings if not _is_open(finding)]
    told: list[Finding] = []
    if judged.again is not None:
        left, told = _proved(left, judged)
    return [*others, *gathered([*told, *left], judged)]


def _proved(left: list[Finding], judged: Judged) -> tuple[list[Finding], list[Finding]]:
    """Return the findings that no suspect explains, and one finding for each suspect that explains some."""
    from zr4lint.linting.hanging import telling  # only a file with findings needs these
    from zr4lint.linting.suspects import suspects_of

    told: list[Finding] = []
    facts, text = judged.facts, judged.source.text
    known = Counter(map(_key, left))
    codes = {finding.code for finding in left}
    found = (rule for pack in judged.packs for rule in pack.rules if rule.rule.code in codes)
    late = frozenset(rule.rule.code for rule in found if KINDS[rule.check].late)
    trials = min(_TRIALS, _WORK // (3 * len(text) + 200 * len(facts.facts) + 1))
    for suspect in islice(suspects_of(facts, left), trials):
        if not any(finding.severity > Severity.INFO for finding in left):
            break
        if suspect.least > sum(finding.severity is Severity.ERROR for finding in left):
            continue  # the suspect needs more findings than are left
        hanging = _hanging(left, suspect, judged, late, known)
        if hanging:
            gone = {id(finding) for finding in hanging}
            left = [finding for finding in left if id(finding) not in gone]
            told.append(telling(suspect, hanging))
    return left, told


def _is_open(finding: Finding) -> bool:
    return not (finding.suppressed or finding.conflict or finding.code in _BY_THEMSELVES)


def _hanging(
    left: Sequence[Finding],
    suspect: Suspect,
    judged: Judged,
    late: frozenset[str],
    known: Counter[tuple[str, str]],
) -> list[Finding]:
    """Return the findings that are gone once a suspect's words are mended, or none if as many errors appear."""
    codes = frozenset(code for finding in left for code in (finding.code, *finding.aliases))
    found = _gone(left, suspect, judged, late, known, codes)
    lower = bool(found) and all(finding.severity < Severity.ERROR for finding in found)
    return _gone(left, suspect, judged, late, known, None) if lower else found


def _gone(
    left: Sequence[Finding],
    suspect: Suspect,
    judged: Judged,
    late: frozenset[str],
    known: Counter[tuple[str, str]],
    codes: frozenset[str] | None,
) -> list[Finding]:
    """Return the findings that are gone, among the rules that find errors or `codes`, or among all rules."""
    if judged.again is None:
        return []
    from zr4lint.linting.hanging import refuses

    text = mended(judged.source.text, suspect.edits)
    again = [finding for finding in judged.again(text, codes) if _is_open(finding)]
    still = Counter(map(_key, again))
    gone: list[Finding] = []
    for finding in left:
        if still[_key(finding)]:
            still[_key(finding)] -= 1
        else:
            gone.append(finding)
    new = Counter(map(_key, again)) - known
    appeared = Counter(finding.code for finding in again if new[_key(finding)] and finding.severity > Severity.INFO)
    hanging = [finding for finding in gone if appeared[finding.code] < sum(f.code == finding.code for f in gone)]
    bound = [finding for finding in hanging if finding.requirement is not None or refuses(finding)]
    if suspect.modest:
        hanging = [f for f in hanging if f.requirement is not None or refuses(f) or _elsewhere(f, suspect)]
    worst = max((finding.severity for finding in hanging), default=Severity.INFO)
    if worst is Severity.INFO or not bound or (worst < Severity.ERROR and all(f.code in late for f in bound)):
        return []
    came = sum(f.severity >= worst and bool(new[_key(f)]) for f in again)
    gone_of_worst = sum(finding.severity >= worst for finding in hanging)
    return hanging if gone_of_worst >= suspect.least and came < gone_of_worst else []


def _elsewhere(finding: Finding, suspect: Suspect) -> bool:
    """Return whether an error is gone although its own words are unchanged."""
    span = finding.span
    return finding.severity is Severity.ERROR and not any(
        e.start < span.end and span.start < e.end for e in suspect.edits
    )


def _key(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.message


def mended(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits applied; they must not overlap."""
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits):
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join(pieces) + text[at:]
