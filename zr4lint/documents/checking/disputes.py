"""PD101: finds statements that contradict each other, or that the target text does not meet."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.documents.checking.described import facts_said
from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.demanding.demands import Read, parts_of, values_of
from zr4lint.documents.demanding.phrasing import affirmed, canonical
from zr4lint.documents.demanding.sentence_forms import demands_of
from zr4lint.documents.demanding.statement import CODE, Statement, Strength, claims_in
from zr4lint.documents.deriving.derivation import UnusableError, derive, unmet_by
from zr4lint.model.finding import Finding, Related, Severity
from zr4lint.model.quoting import code
from zr4lint.model.source import SourceFile
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.deriving.demand import Demand
    from zr4lint.documents.document import Heading
    from zr4lint.documents.target import Target

_BY = re.compile(rf"\b(?:with|using|via|use)\s+(?:an?\s+|the\s+)?{CODE}", re.IGNORECASE)
_SOME = re.compile(r"\b(?:only|or|if|when|unless|except|instead|rather|where|may)\b", re.IGNORECASE)
_RUN = re.compile(
    rf"(?:[\w\s]+\s+(?:must|shall|has to)\s+)?(?:run|use|execute|call)\s+{CODE}"
    rf"|{CODE}\s+(?:must|shall|has to)\s+be\s+(?:run|called|executed)",
    re.IGNORECASE,
)
"""Matches a demand to run a command. No rule checks it, since the command may have other options."""
_SUBJECTS = {"last-workdir": "the working directory", "runs-as": "the user"}
_KEYWORDS = {"env": "ENV", "last-workdir": "WORKDIR", "runs-as": "USER", "labels": "LABEL", "label-values": "LABEL"}


class Said(Struct, frozen=True):
    """One value that a statement gives to a subject, and the words for messages."""

    subject: tuple[str, str, str]
    value: str
    shown: str
    statement: Statement


def check_disputes(target: Target) -> Iterator[Finding]:
    """Yield a finding for each demand that contradicts another one or the target text."""
    told: set[int] = set()
    for first, other in (*_opposed([*_all_said(target)]), *_denied(target)):
        if other.statement.span.start in told:
            continue
        told.add(other.statement.span.start)
        related = (Related("the other statement", first.statement.span),)
        message = _disagreement(first, other)
        yield found(target, rules.STATEMENTS_DISAGREE, other.statement.span, message, related=related)
    for finding in _stated(target, told):
        told.add(finding.span.start)
        yield finding
    yield from _unmet(target, [one for one in target.stated if one.statement.span.start not in told])


def _disagreement(first: Said, other: Said) -> str:
    kind, _, subject = other.subject
    if kind == "denied":
        return f"{subject} is {'demanded' if other.value == 'yes' else 'forbidden'} here, and not by another statement"
    if kind == "instruction":
        here, there = ("required", "not allowed") if other.value == "present" else ("not allowed", "required")
        return f"{subject} is {here} here, {there} by another statement"
    name = _name(kind, subject)
    room = max((54 - len(name)) // 2, 12)
    return f"{name} is {code(other.shown, room)} here, {code(first.shown, room)} elsewhere"


def _name(kind: str, subject: str) -> str:
    return "the base image" if kind == "base-image" else _SUBJECTS.get(kind, subject)


def _all_said(target: Target) -> Iterator[Said]:
    for one in target.stated:
        for demand in one.demands or one.disputed or one.partial:
            yield from _said(one.statement, demand)
        yield from _used(one)
    for claim, demand in _claimed(target):
        kinds = ("base-image", "runs-as", "env", "instruction")
        yield from (said for said in _said(claim, demand) if said.subject[0] in kinds)


def _claimed(target: Target) -> Iterator[tuple[Statement, Demand]]:
    """Yield the outcomes of scenarios as demands on the stage that the statements of the same section are about."""
    stages: dict[tuple[Heading, ...], set[str | None]] | None = None
    for claim in claims_in(target.document):
        stages = _stages_by_section(target) if stages is None else stages
        near = stages.get(claim.path[:-1], set())
        for demand in demands_of(claim, None):
            of_section = demand.stage is None and len(near) == 1
            yield claim, structs.replace(demand, stage=next(iter(near))) if of_section else demand


def _stages_by_section(target: Target) -> dict[tuple[Heading, ...], set[str | None]]:
    """Return the stages that the statements of each section are about, by the headings above the section."""
    found: dict[tuple[Heading, ...], set[str | None]] = {}
    for one in target.stated:
        for demand in one.demands or one.partial:
            found.setdefault(one.statement.path, set()).add(demand.stage)
    return found


def _denied(target: Target) -> Iterator[tuple[Said, Said]]:
    """Yield pairs of statements in which one forbids what the other demands."""
    demanded: dict[tuple[object, ...], Statement] = {}
    commands: dict[str, Statement] = {}
    for one in target.stated:
        for demand in one.demands or one.disputed or one.partial:
            if not one.statement.negative:
                demanded.setdefault(_key(one.statement, demand), one.statement)
        command = _RUN.fullmatch(canonical(one.statement).plain)
        if command is not None and not one.statement.negative and one.statement.strength is Strength.MUST:
            commands.setdefault(one.statement.codes[0], one.statement)
    for one in target.stated:
        turned = affirmed(one.statement) if one.statement.negative else None
        if turned is None or one.aside:
            continue
        for demand in demands_of(turned, None):
            other = demanded.get(_key(one.statement, structs.replace(demand, level="error")))
            if other is not None:
                yield _pair("this", other, one.statement)
        for demand in one.demands:
            everywhere = demand.kind == "command-forbidden" and demand.stage is None and demand.stages is None
            for call in demand.parameters["commands"] if everywhere else ():
                if call in commands:
                    yield _pair(code(call, 40), commands[call], one.statement)


def _key(statement: Statement, demand: Demand) -> tuple[object, ...]:
    return demand.kind, demand.stage, repr(sorted(demand.parameters.items())), tuple(parts_of(statement))


def _pair(words: str, first: Statement, other: Statement) -> tuple[Said, Said]:
    """Return two contradicting statements about one subject, in the order of the text."""
    one, two = (Said(("denied", "", words), value, words, s) for value, s in (("yes", first), ("no", other)))
    return (one, two) if first.span.start < other.span.start else (two, one)


def _said(statement: Statement, demand: Demand) -> Iterator[Said]:
    stage = demand.stage or ""
    if demand.kind == "built-on":
        repository = str(demand.parameters["parent"]).rstrip("*")
        yield Said(("base-image", stage, "image"), repository, repository, statement)
    for subject, value in values_of(demand):
        shown = " ".join(statement.codes) if demand.kind == "start-command" else value
        yield Said((demand.kind, stage, subject), value, shown, statement)
    for keyword in _keywords(demand):
        absent = demand.kind == "instruction-count" and demand.parameters.get("max") == 0
        if not absent or demand.stage is demand.stages is None:  # what one stage has not, another one may have
            yield Said(("instruction", "", keyword), "absent" if absent else "present", keyword, statement)


def _keywords(demand: Demand) -> Sequence[str]:
    """Return the instructions that a demand forbids or requires."""
    if demand.kind == "instruction-count" and "arguments" not in demand.parameters:
        return [*demand.parameters["instructions"]]
    if demand.level != "error":
        return ()
    if demand.kind == "start-command":
        return [demand.parameters["keyword"]]
    return [_KEYWORDS[demand.kind]] if demand.kind in _KEYWORDS else ()


def _used(one: Read) -> Iterator[Said]:
    """Yield the instructions that a mandatory sentence requires to be used, if no form fits the sentence."""
    statement = one.statement
    if one.demands or statement.negative or statement.strength is not Strength.MUST or _SOME.search(statement.plain):
        return
    for by in _BY.finditer(statement.plain):
        word = statement.codes[statement.plain.count(CODE, 0, by.end()) - 1]
        if word in ("ADD", "VOLUME", "ONBUILD", "ENTRYPOINT", "CMD", "HEALTHCHECK", "USER"):
            yield Said(("instruction", "", word), "present", word, statement)


def _opposed(every: Sequence[Said]) -> Iterator[tuple[Said, Said]]:
    """Yield each statement that contradicts the first one on its subject, with that first one before it.

    If the first statement gives two values, a statement that repeats its first value contradicts the second.
    """
    groups: dict[tuple[object, ...], list[Said]] = {}
    for said in sorted(every, key=lambda one: one.statement.span.start):
        group = _group(said)
        if group is not None:
            groups.setdefault(group, []).append(said)
    for first, *others in groups.values():
        second: Said | None = None
        for other in others:
            if other.statement.span.start == first.statement.span.start:
                second = other if second is None and other.value != first.value else second
            elif not _agree(first, other):
                yield first, other
            elif second is not None:
                yield second, other


def _agree(first: Said, other: Said) -> bool:
    """Return whether two values agree; an image agrees with its repository."""
    if first.subject[0] == "base-image":
        short, long = sorted((first.value, other.value), key=len)
        return short == long or long.startswith((f"{short}:", f"{short}@"))
    return first.value == other.value


def _group(said: Said) -> tuple[object, ...] | None:
    """Return a key under which different values contradict each other; None if all values can hold together."""
    kind = said.subject[0]
    if kind == "python-packages" and not said.value.startswith("=="):
        return None
    by_number = kind == "runs-as" and said.value[:1].isdigit()
    return said.subject, by_number, tuple(parts_of(said.statement))


def _stated(target: Target, told: Collection[int]) -> Iterator[Finding]:
    """Yield a finding for each sentence or row whose value differs from the target text's."""
    stated = [(one.statement, demand) for one in target.stated for demand in one.demands or one.partial]
    if target.blocks:
        claims = (*_claimed(target), *facts_said(target))
        known = {*told, *(one.statement.span.start for one in target.stated)}
        stated += [pair for pair in claims if pair[0].span.start not in known]
    if not stated or not target.blocks:
        return
    try:
        derived = derive(SourceFile(target.whole.text))
    except UnusableError:
        return
    had = {(d.kind, d.stage, subject): (value, d) for d in derived.demands for subject, value in values_of(d)}
    last = _last_stage(target)
    for statement, demand in stated:
        for subject, value in values_of(demand):
            names = (demand.stage, None if demand.stage == last else demand.stage, demand.stage or last)
            given = (had.get((demand.kind, name, subject)) for name in dict.fromkeys(names))
            other = next((one for one in given if one is not None), None) or _in_one_stage(had, demand, subject)
            if other is None or other[0] == value:
                continue
            span = target.whole.span(other[1].span.start, other[1].span.end)
            name = _name(demand.kind, subject)
            message = f"{name} is {code(value.removeprefix('=='), 24)} here, {code(other[0], 24)} in the target text"
            related = (Related("the target text", span),)
            severity = Severity.ERROR if statement.strength is Strength.MUST else Severity.WARNING
            yield found(target, rules.STATEMENTS_DISAGREE, statement.span, message, related=related, severity=severity)


def _in_one_stage(
    had: Mapping[tuple[str, str | None, str], tuple[str, Demand]], demand: Demand, subject: str
) -> tuple[str, Demand] | None:
    """Return the value of a variable or image if the target text gives it in exactly one stage; else None."""
    if demand.kind not in ("env", "base-image") or demand.stage is not None:
        return None
    values = [value for (kind, _, name), value in had.items() if (kind, name) == (demand.kind, subject)]
    return values[0] if len(values) == 1 else None


def _last_stage(target: Target) -> str | None:
    """Return the name of the target text's last stage in lower case; None if it has none."""
    names = [m[1] for m in re.finditer(r"(?im)^FROM[ \t]+\S+(?:[ \t]+AS[ \t]+(\S+))?", target.whole.text)]
    return names[-1].lower() if names and names[-1] else None


def _unmet(target: Target, every: Sequence[Read]) -> Iterator[Finding]:
    """Yield a finding for each statement that the target text does not meet, if the target text is a whole file."""
    pairs = [(one, demand) for one in every for demand in one.demands]
    if not pairs or not target.is_whole:
        return
    try:
        missed = unmet_by(SourceFile(target.whole.text), [demand for _, demand in pairs])
    except UnusableError:
        return
    for (one, demand), unmet in zip(pairs, missed, strict=True):
        if unmet is None:
            continue
        span = unmet.span
        if span is None or span.of(target.whole.text).upper() == "FROM":
            brought = demand.kind == "copies-to" or (
                demand.kind == "installed-packages" and "install" not in one.statement.plain
            )
            if brought or not target.is_complete:
                continue
            span = None
        related = (Related("the target text", target.whole.span(span.start, span.end)),) if span is not None else ()
        message = f"in the target text {unmet.message}"
        severity = Severity.ERROR if demand.level == "error" else Severity.WARNING
        yield found(target, rules.STATEMENTS_DISAGREE, one.statement.span, message, related=related, severity=severity)
