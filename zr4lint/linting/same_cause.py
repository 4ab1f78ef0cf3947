"""Merges findings that say the same, or that follow from a script's broken syntax."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.facts import Ran
from zr4lint.linting.hanging import LONGEST, REMOVED, is_of_shellcheck, leading, one_for_all, refuses, together
from zr4lint.model.finding import Edit, Finding, Fix, Severity
from zr4lint.packs.own_rules import COMMAND_FAILS
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.linting.judged import Judged
    from zr4lint.model.source import Span

_LACK = re.compile(
    r"\bis (?:not|installed only)\b|\bdoes not\b|\bmay not\b|^no |\bsets no\b|\bconditionally\b|\bnever runs$"
)
_WRONG_WORDS = re.compile(r"pinned|requested|, not `")
_NOT_COPIED = re.compile(r"^`(\S+)` is not copied$|^the target of (\S+) is ")
_NOT_CLONED = re.compile(
    r"^no repository is cloned to |^the target of this clone is |^the clone in .* is removed|^WORKDIR "
)
_NOTHING_AT = "nothing in the image is at "
_TOGETHER = re.compile(r" is (?:not installed with|installed without) \S+$")
_OF_LINES = re.compile(r" on lines? \d| has \d+ lines?\b")
_ABSENT = re.compile(r"^pip does not install (\S+)$|^(\S+) is not installed into the environment on PATH$")
_UNPARSED = re.compile(r"SC1\d{3}$")
_VAGUE = frozenset({"SC1072", "SC1073"})
"""Errors that only tell where ShellCheck stopped."""
_AS_REDIRECTION = re.compile(r"^the shell reads `.*` as a redirection$")
_BETWEEN_NAMES = re.compile(r"[\s:=/]")
_GONE = " was removed before"
"""The end of the message on a program that is called after the build removed it."""
_PAIRS = 20_000
"""The most pairs of refusals and findings whose words are compared."""
_ALIKE = 3
"""The number of findings of one rule at the same words from which they are merged."""


def gathered(findings: Sequence[Finding], judged: Judged) -> Iterable[Finding]:
    """Merge findings that say the same, and findings on refused words into the refusal."""
    found = _redirected(_unparsed(_refused(_open_ended([*findings]), judged), judged))
    return _removed(_listed(_dependent(_by_command(_alike(found), judged))))


def _open_ended(findings: list[Finding]) -> list[Finding]:
    """Merge findings about missing things into an unterminated heredoc that takes the rest of the file."""
    ends = re.compile(r"heredoc `.*` is not terminated$")
    heredoc = next((f for f in findings if f.severity is Severity.ERROR and ends.match(f.message)), None)
    return findings if heredoc is None else _under(heredoc, [f for f in findings if _lacks(f)], findings)


def _refused(findings: list[Finding], judged: Judged) -> list[Finding]:
    """Merge findings on an instruction that BuildKit or the shell refuses into the refusal."""
    refusals = [f for f in findings if refuses(f) and f.severity is Severity.ERROR]
    if not refusals:
        return findings
    instructions = judged.dockerfile.instructions
    starts = [instruction.span.start for instruction in instructions]

    def home_of(finding: Finding) -> Instruction | None:
        index = bisect_right(starts, finding.span.start) - 1
        home = instructions[index] if index >= 0 else None
        return home if home is not None and finding.span.start <= max(home.span.end, home.span.start) else None

    inside: dict[int, list[Finding]] = {}
    for finding in findings:
        if (home := home_of(finding)) and not refuses(finding) and not _OF_LINES.search(finding.message):
            inside.setdefault(home.index, []).append(finding)
    lacking = [finding for finding in findings if _lacks(finding)]
    if len(refusals) * len(lacking) > _PAIRS:
        lacking = []
    gone: set[int] = set()
    told: list[Finding] = []
    for refusal in refusals:
        home = home_of(refusal)
        if home is None or id(refusal) in gone:
            continue
        hanging = {id(f): f for f in inside.get(home.index, ())}
        if refusal.code == COMMAND_FAILS.code:
            skipped = _never_run(judged, home)
            hanging = {at: f for at, f in hanging.items() if _follows_from(f, refusal, skipped)}
        words = frozenset(_BETWEEN_NAMES.split(home.arguments.text)) if lacking else frozenset()
        if home.keyword == "RUN":
            words |= {word.strip("'\"()") for word in words}
        hanging |= {id(f): f for f in lacking if _names(f, words)}
        hanging = {at: f for at, f in hanging.items() if at not in gone and f is not refusal}
        if hanging:
            gone |= {*hanging, id(refusal)}
            told.append(one_for_all(refusal, [*hanging.values()]))
    return [*(finding for finding in findings if id(finding) not in gone), *told]


def _never_run(judged: Judged, home: Instruction) -> list[Span]:
    """Return the spans of the commands of an instruction that never run."""
    found = (fact for fact in judged.facts.facts if isinstance(fact, Ran) and fact.at.reach is Reach.NEVER)
    return [fact.at.span for fact in found if fact.at.instruction is home]


def _follows_from(finding: Finding, refusal: Finding, skipped: Iterable[Span]) -> bool:
    """Return whether a finding is on the failing command, or reports something missing in a skipped command."""
    if finding.span == refusal.span or _says_so_too(finding, refusal):
        return True
    return _lacks(finding) and any(s.start <= finding.span.start and finding.span.end <= s.end for s in skipped)


def _says_so_too(finding: Finding, refusal: Finding) -> bool:
    """Return whether ShellCheck reports an error in the failing command."""
    inside = refusal.span.start <= finding.span.start and finding.span.end <= refusal.span.end
    return inside and finding.severity is Severity.ERROR and is_of_shellcheck(finding)


def _unparsed(findings: list[Finding], judged: Judged) -> list[Finding]:
    """Merge ShellCheck's parse errors in one script into the clearest of them."""
    starts = [instruction.span.start for instruction in judged.dockerfile.instructions]
    groups: dict[int, list[Finding]] = {}
    for finding in findings:
        if finding.severity is Severity.ERROR and _UNPARSED.match(finding.code):
            groups.setdefault(bisect_right(starts, finding.span.start), []).append(finding)
    for group in groups.values():
        if len(group) > 1:
            said = [finding for finding in group if finding.code not in _VAGUE] or group
            findings = _under(min(said, key=lambda f: (f.span.start, f.code)), group, findings)
    return findings


def _redirected(findings: list[Finding]) -> list[Finding]:
    """Merge ShellCheck's findings on redirections into the finding that says a version was meant."""
    for told in [finding for finding in findings if _AS_REDIRECTION.search(finding.message)]:
        same = [f for f in findings if f.code == "SC2261" and told.span.start <= f.span.start < told.span.end]
        findings = _under(told, same, findings) if same else findings
    return findings


def _names(finding: Finding, words: frozenset[str]) -> bool:
    """Return whether an instruction contains the words that a finding says are missing."""
    if finding.message.startswith("the "):
        return False
    absent = _ABSENT.match(finding.message)
    named = re.findall(r"`([^`]+)`", finding.message) or finding.message.split()[:1]
    if absent is not None:
        named = [absent[1] or absent[2]]
    return any(len(name) > 2 and name.rpartition("/")[2] in words for name in named)


def _lacks(finding: Finding) -> bool:
    """Return whether a finding says that something is missing, not that words are wrong."""
    return _LACK.search(finding.message) is not None and _WRONG_WORDS.search(finding.message) is None


def _under(cause: Finding, hanging: Sequence[Finding], findings: list[Finding]) -> list[Finding]:
    """Merge some of the findings into the one that is their cause."""
    hanging = [f for f in hanging if f is not cause]
    if not hanging:
        return findings
    gone = {id(f) for f in (cause, *hanging)}
    left = [f for f in findings if id(f) not in gone]
    return [*left, one_for_all(cause, hanging)]


def _alike(findings: Sequence[Finding]) -> list[Finding]:
    """Merge requirements that fail with the same words, at the first place."""
    found: list[Finding] = []
    by_message: dict[str, list[Finding]] = {}
    for finding in findings:
        of_pack = finding.requirement is not None and not finding.code.startswith("ZL")
        if not (of_pack or finding.message.endswith(_GONE)) or "this" in finding.message.split():
            found.append(finding)
        else:
            by_message.setdefault(finding.message, []).append(finding)
    for group in by_message.values():
        first = leading(group)
        found.append(first if len(group) == 1 else one_for_all(first, group))
    return found


def _by_command(findings: list[Finding], judged: Judged) -> Iterator[Finding]:
    """Merge the findings on packages that one pip command does not install, at the command."""
    starts = [instruction.span.start for instruction in judged.dockerfile.instructions]

    def place(finding: Finding) -> object:
        absent = _ABSENT.match(finding.message) if finding.requirement is not None else None
        home = bisect_right(starts, finding.span.start) - 1
        return (home, finding.severity, bool(absent[1])) if absent and finding.span.start > starts[home] else None

    for group in _groups(findings, place):
        if len(group) == 1:
            yield group[0]
        else:
            first = structs.replace(leading(group), message=together([f.message for f in group]), expected=None)
            yield one_for_all(first, group, told_all=True)


def _groups(findings: Iterable[Finding], key: Callable[[Finding], object]) -> Iterable[list[Finding]]:
    """Group findings by a key, in the order of the first of each group; one without a key is a group of its own."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding) or finding, []).append(finding)
    return groups.values()


def _dependent(told: Iterable[Finding]) -> list[Finding]:
    """Merge a finding that needs a missing package, script or clone into the finding on that one."""
    findings = left = list(told)
    there = {id(finding) for finding in findings}
    for cause in findings:
        if cause.requirement is None or id(cause) not in there:
            continue
        before = left
        if found := re.match(r"pip does not install (\S+?)(?:,| and |$)", cause.message):
            needs = (f"installed without {found[1]}", f"{found[1]} is not installed before ")
            left = _under(cause, [f for f in left if any(words in f.message for words in needs)], left)
        elif found := _NOT_COPIED.match(cause.message):
            file = (found[1] or found[2]).rpartition("/")[2]
            ends = (f"{file}` is not copied", f"{file}`, which is not copied")
            left = _under(cause, [f for f in left if f.message.endswith(ends)], left)
        elif _NOT_CLONED.search(cause.message):
            absent = [f for f in left if f.message.startswith(_NOTHING_AT) and f.span.start > cause.span.start]
            left = _under(cause, absent, left)
        if left is not before:
            there = {id(finding) for finding in left}
    return left


def _listed(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Merge findings of one rule at exactly the same words, or on packages that belong together."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        place = None if _TOGETHER.search(finding.message) else finding.span
        groups.setdefault((finding.code, finding.severity, place), []).append(finding)
    for key, group in groups.items():
        few = 2 if key[2] is None else _ALIKE
        sentence = together([f.message for f in group]) if len(group) >= few else group[0].message
        if sentence == group[0].message or len(sentence) > LONGEST:
            yield from group
        else:
            joined = structs.replace(group[0], message=sentence, expected=None, fix=_joined(group))
            yield structs.replace(joined, also=_every(f.also for f in group), aliases=_every(f.aliases for f in group))


def _every(codes: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for some in codes for code in some))


def _removed(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Merge the findings on the removals of one command."""

    def place(finding: Finding) -> object:
        removes = finding.requirement is not None and REMOVED.search(finding.message)
        return (finding.span, finding.severity) if removes else None

    for group in _groups(findings, place):
        if len(group) == 1:
            yield group[0]
        else:
            first = leading(group)
            sentence = together([f.message for f in group])
            fits = len(sentence) <= LONGEST
            told = structs.replace(first, message=sentence, expected=None) if fits else first
            yield one_for_all(told, group, told_all=fits)


def _joined(group: Sequence[Finding]) -> Fix | None:
    """Return one fix for several that insert at the same place, or None."""
    fixes = [f.fix for f in group if f.fix is not None]
    places = {(edit.start, edit.end) for fix in fixes for edit in fix.edits}
    if len(fixes) < len(group) or len(places) != 1 or any(len(fix.edits) != 1 for fix in fixes):
        return next(iter(fixes), None)
    (start, end), texts = places.pop(), dict.fromkeys(fix.edits[0].text for fix in fixes)
    if start != end:
        return fixes[0]
    level = min(fix.applicability for fix in fixes)
    return Fix(fixes[0].title if len(texts) == 1 else "Add them", level, (Edit(start, end, "".join(texts)),))
