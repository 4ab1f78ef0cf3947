"""Builds one finding for several that depend on the same words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model.finding import Applicability, Finding, Fix
from zr4lint.packs.own_rules import COMMAND_FAILS, OWN_RULES, SHELL_SYNTAX, SYNTAX

if TYPE_CHECKING:
    from zr4lint.linting.suspects.suspect import Suspect
    from zr4lint.model.source import Span

_FORMS = (
    (re.compile(r"^(.+) is (removed again)$"), "{} are {}"),
    (re.compile(r"^(\S+) is (not .+|installed only conditionally|installed without \S+)$"), "{} are {}"),
    (re.compile(r"^this removes execute permission from (\S+)$"), "this removes execute permission from {}"),
    (re.compile(r"^(\S+) may not be installed$"), "{} may not be installed"),
    (re.compile(r"^pip does not install (\S+)$"), "pip does not install {}"),
    (re.compile(r"^no repository is cloned to (\S+)$"), "no repository is cloned to {}"),
    (re.compile(r"^(\S+) has no `=`$"), "{} have no `=`"),
    (re.compile(r"^nothing in the image is at (\S+)$"), "nothing in the image is at {}"),
)
_OF_SHELLCHECK = re.compile(r"SC\d{4}$")
_REFUSALS = frozenset((SYNTAX.code, SHELL_SYNTAX.code, COMMAND_FAILS.code))
_BY_THEMSELVES = frozenset(rule.code for rule in OWN_RULES) - _REFUSALS
REMOVED = re.compile(r" is removed again$|^this removes execute permission ")
LONGEST = 80
_NOTES = 3
_NAMED = 6
_BECAUSE = "Because of this:"
_NOT_MET = "Not met because of this:"


def telling(suspect: Suspect, hanging: Sequence[Finding]) -> Finding:
    """Return the finding at a suspect's words for all findings that depend on them."""
    at = suspect.span
    worst = max(f.severity for f in hanging)
    if (home := suspect.within) is not None:
        inside = [f for f in hanging if home.start <= f.span.start < home.end]
        failing = [f for f in inside if f.code == COMMAND_FAILS.code and f.severity is worst]
        if failing:
            return one_for_all(leading(failing), hanging, suspect.notes)
    refusals = [f for f in hanging if refuses(f) and f.span.start < at.end and at.start < f.span.end]
    exact = [f for f in hanging if f.span == at and f.severity is worst and suspect.modest]
    if any(map(is_of_shellcheck, exact)) and (own := [f for f in hanging if refuses(f)]):
        return one_for_all(leading(own), hanging, suspect.notes)
    if len(exact) == 1 and (suspect.message is not None or refusals):
        return one_for_all(exact[0], hanging, suspect.notes)
    if suspect.message is None or (suspect.modest and refusals):
        return one_for_all(_at(at, refusals if suspect.modest and refusals else hanging), hanging, suspect.notes)
    first = min(hanging, key=lambda f: (-f.severity, f.requirement is None, is_of_shellcheck(f), f.code, f.span))
    removing = _removing(hanging)
    fix = Fix(suspect.title, Applicability.UNSAFE, suspect.edits) if suspect.title else None
    cause = structs.replace(
        first,
        span=suspect.span,
        message=removing or suspect.message,
        expected=None,
        notes=(),
        help=suspect.help,
        related=suspect.related,
        fix=fix,
    )
    return one_for_all(cause, hanging, suspect.notes, own=True, told_all=removing is not None)


def is_of_shellcheck(finding: Finding) -> bool:
    """Return whether ShellCheck reports a finding."""
    return _OF_SHELLCHECK.match(finding.code) is not None


def _removing(hanging: Sequence[Finding]) -> str | None:
    """Return one message for all that a command removes, or None if the worst findings say anything else."""
    worst = max(f.severity for f in hanging)
    messages = list(dict.fromkeys(f.message for f in hanging if f.severity is worst))
    if len({f.span for f in hanging if f.severity is worst}) > 1 or not all(map(REMOVED.search, messages)):
        return None
    sentences = (together(messages, most) for most in (3, 2))
    return next((sentence for sentence in sentences if len(sentence) <= LONGEST), None)


def one_for_all(
    told: Finding, hanging: Iterable[Finding], notes: tuple[str, ...] = (), *, own: bool = False, told_all: bool = False
) -> Finding:
    """Return the finding `told` with the codes of the others in `also`, and their messages in notes.

    If `own` is set, `told` describes the cause in its own words, so its former message becomes a note, too. If
    `told_all` is set, its message already covers all of them.
    """
    others = [finding for finding in hanging if own or (finding.code, finding.message) != (told.code, told.message)]
    everyone = [*hanging]
    worst = max((finding.severity for finding in everyone), default=told.severity)
    listed = [] if told_all else [f for f in others if f.severity is worst] or others
    codes = dict.fromkeys(c for f in everyone for c in (f.code, *f.also) if c != told.code)
    required_first = sorted(listed, key=lambda f: f.requirement is None)
    said = [*effects(f.message for f in required_first if f.message != told.message)]
    said = [
        *(note.removeprefix(_BECAUSE).strip().rstrip(".") for note in told.notes if note.startswith(_BECAUSE)),
        *said,
    ]
    if len(said) > _NOTES + 1:
        said = [*said[:_NOTES], f"{len(said) - _NOTES} more findings"]
    required = [f for f in (told, *everyone) if f.requirement is not None and f.severity is worst]
    unmet = tuple(dict.fromkeys((*(f"{f.code} {f.name}" for f in required), *told.unmet)))
    kept = [note for note in told.notes if not note.startswith((_NOT_MET, _BECAUSE))]
    requirements = [f"{_NOT_MET} {_list(unmet, _NAMED)}."] if len(unmet) > 1 else []
    spare = None if own or refuses(told) else next((f.fix for f in others if f.fix is not None), None)
    return structs.replace(
        told,
        fix=told.fix or spare,
        severity=max(told.severity, worst),
        notes=(*kept, *notes, *([f"{_BECAUSE} {'; '.join(said)}."] if said else ()), *requirements),
        aliases=tuple(dict.fromkeys((*told.aliases, *(alias for f in everyone for alias in f.aliases)))),
        also=tuple(dict.fromkeys((*told.also, *codes))),
        unmet=unmet,
    )


def refuses(finding: Finding) -> bool:
    """Return whether a finding reports that BuildKit, the shell or a program refuses something."""
    return not _REFUSALS.isdisjoint((finding.code, *(code for code in finding.also if code == SYNTAX.code)))


def is_open(finding: Finding) -> bool:
    """Return whether a finding is neither suppressed nor in a conflict, and may follow from words elsewhere."""
    return not (finding.suppressed or finding.conflict or finding.code in _BY_THEMSELVES)


def is_proof(finding: Finding) -> bool:
    """Return whether a finding is an unmet requirement or a refusal; a cause is proved only by one of these."""
    return finding.requirement is not None or refuses(finding)


def leading(findings: Sequence[Finding]) -> Finding:
    """Return the worst of some findings; of several, the first in the text."""
    return min(findings, key=lambda f: (-f.severity, f.requirement is None, f.span.start, f.code))


def effects(messages: Iterable[str]) -> Iterator[str]:
    """Yield messages, with those of the same form on several names joined in one sentence."""
    groups: dict[str, list[str]] = {}
    for message in dict.fromkeys(messages):
        for pattern, _ in _FORMS:
            if found := pattern.match(message):
                groups.setdefault(f"{pattern.pattern}\0{found[2] if pattern.groups > 1 else ''}", []).append(message)
                break
        else:
            groups.setdefault(message, []).append(message)
    for group in groups.values():
        yield group[0] if len(group) == 1 else together(group)


def together(messages: Sequence[str], most: int = 3) -> str:
    """Return messages of one form as one sentence, or the first message if they differ in form."""
    for pattern, sentence in _FORMS:
        found = [pattern.match(message) for message in messages]
        if all(found):
            names = dict.fromkeys(match[1] for match in found if match is not None)
            rest = messages[0] if len(names) == 1 else ""
            said = found[0][2] if pattern.groups > 1 and found[0] is not None else ""
            return rest or sentence.format(_list([*names], most), said)
    return messages[0]


def _list(names: Sequence[str], most: int) -> str:
    """Return names as a list; those beyond `most` are counted."""
    if len(names) <= most:
        return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    left = len(names) - most + 1
    return f"{', '.join(names[: most - 1])} and {left} others"


def _at(span: Span, findings: Sequence[Finding]) -> Finding:
    """Return the worst finding at some words, or the leading one if there is none.

    Findings whose fix changes these words come first, since others may only be placed there.
    """
    here = [f for f in findings if f.span.start < span.end and span.start < f.span.end]
    found = here or findings
    worst = max(f.severity for f in found)
    found = [f for f in found if f.severity is worst]
    fixable = [f for f in found if _replaces_words(f, span)]
    return leading(fixable or [f for f in found if f.span == span] or found)


def _replaces_words(finding: Finding, span: Span) -> bool:
    """Return whether the fix of a finding only replaces words within `span`."""
    edits = finding.fix.edits if finding.fix is not None else ()
    return bool(edits) and all(span.start <= e.start < e.end <= span.end and e.text for e in edits)
