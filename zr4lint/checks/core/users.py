"""Checks for the user that the container runs as."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.checks.core.instruction_lists import ends, steps
from zr4lint.checks.edits import UNSAFE, insert, replace
from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.facts import CopyStep, Ran, UserSet, Written
from zr4lint.facts.permissions import ROOT
from zr4lint.filesystem.globs import matches
from zr4lint.knowledge.tables import table
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.programs.grammars import GRAMMARS
from zr4lint.programs.option_reading import Grammar, parse_options
from zr4lint.startup import lazy_pattern

if TYPE_CHECKING:
    from zr4lint.model.finding import Fix

_DROPS = lazy_pattern(
    r"\b(?:gosu|su-exec|setpriv|setuidgid|chpst|runuser|s6-|supervisord?|start-stop-daemon|capsh|fixuid|init|systemd|"
    r"runsvdir|crond?|sshd)\b|\bsu\s|\bsudo\b|s6-"
)
_SCRIPT = lazy_pattern(r"\.(?:sh|bash)\b|entrypoint|\bstart\b|\bboot\b|/run\b|\$")
_FILES = ("/", "/etc", "/etc/passwd")
_BUSYBOX = {"h": "home", "g": "gecos", "s": "shell", "G": "ingroup", "u": "uid", "k": "skel"}
_ADDUSER = Grammar(_BUSYBOX, GRAMMARS["adduser"].valued | {"skel"}, frozenset(), abbreviate=False)


class Account(Struct, frozen=True):
    """A user that a RUN creates. `uid` is "" if none is given."""

    name: str
    uid: str
    span: Span
    ran: Ran


@check("final-user", needs="root numeric set used known")
def final_user(
    subject: Subject,
    *,
    root: bool = True,
    numeric: bool = False,
    set: bool = False,  # noqa: A002
    used: bool = False,
    known: bool = False,
) -> Outcomes:
    """The last USER of the image is the specified user.

    With `root = false`, it is not root. With `numeric`, it is a number. With `set`, the image has a USER, or its base
    image is known to have one. With `used`, an image that creates a user runs as that user. With `known`, the name
    exists: a stage from scratch has no users unless /etc/passwd is copied.
    """
    users = subject.facts.of(UserSet, subject.lineage)
    if known:
        yield from _known(subject)
    for end in ends(subject):
        family = subject.facts.ancestry(end)
        last = next((user for user in reversed(users) if user.at.stage in family), None)
        if last is None:
            if set:
                yield from _missing(subject, end)
            if used:
                yield from _unused(subject, end, family)
            continue
        is_root = last.user in ROOT
        if not root and is_root:
            if not _drops(subject, family):
                notes = ("An attacker who breaks out of the program is root in the container.",)
                yield Unmet("the image runs as root", last.span, notes=notes, help="Set another USER before CMD")
        elif numeric and last.user and not last.user.isdecimal() and not is_root:
            yield _named(subject, last, family)
        else:
            yield met(last.at, last.span)


def _named(subject: Subject, last: UserSet, family: frozenset[int]) -> Unmet:
    name = last.user or ""
    account = next((a for a in _accounts(subject, family) if a.name == name and a.uid), None)
    fix = None
    if account is not None and subject.words(last.span).startswith(name):
        span = Span(last.span.start, last.span.start + len(name))
        fix = replace(span, account.uid, f"Write {account.uid}", UNSAFE)
    return Unmet(
        f"USER {code(name)} is not a number",
        last.span,
        fix=fix,
        notes=("With runAsNonRoot, Kubernetes refuses a user whose number it does not know.",),
        help="Write the UID",
    )


def _missing(subject: Subject, end: int) -> Iterator[Unmet]:
    stage = subject.facts.stages[end]
    bases = [subject.facts.stages[number] for number in subject.facts.ancestry(end)]
    image = next((base.image for base in bases if base.parent is None), None)
    rows = table("users")["image"]
    if image is not None and any(matches(image, row["pattern"]) for row in rows):
        return
    yield Unmet(
        "the image sets no USER",
        stage.instruction.keyword_span,
        notes=("It runs as the user of its base image, which is root in most images.",),
        help="Add USER before CMD",
    )


# Users that are created


def _accounts(subject: Subject, family: Iterable[int]) -> Iterator[Account]:
    """Yield the users that the stages create."""
    for ran in subject.facts.of(Ran, family):
        if ran.program not in ("useradd", "adduser"):
            continue
        grammar = GRAMMARS["useradd"] if ran.program == "useradd" else _ADDUSER
        parsed = parse_options(ran.arguments[1:], grammar)
        names = [operand for operand in parsed.operands if operand.value]
        if len(names) != 1 or (parsed.has("defaults", "D") and ran.program == "useradd"):
            continue
        uid = parsed.get("uid")
        number = uid.value or "" if uid is not None else ""
        yield Account(names[0].value or "", number if number.isdecimal() else "", names[0].span, ran)


def _unused(subject: Subject, end: int, family: frozenset[int]) -> Iterator[Unmet]:
    # Users with subordinate UIDs exist for user namespaces; no program runs as them.
    mapped = "\n".join(w.text.text for w in subject.facts.of(Written, family) if w.path == "/etc/subuid")
    accounts = [a for a in _accounts(subject, family) if not a.ran.at.unsure and f"{a.name}:" not in mapped]
    if not accounts or _drops(subject, family, or_unknown=True):
        return
    account = accounts[-1]
    yield Unmet(
        f"the user {code(account.name)} is created, but the image runs as root",
        account.span,
        fix=_before_command(subject, end, account.name),
        help=f"Add `USER {account.name}` before CMD",
    )


def _before_command(subject: Subject, end: int, name: str) -> Fix | None:
    """Return a fix that adds USER before the first CMD or ENTRYPOINT of the last stage."""
    found = [
        step.holder for step in steps(subject, ("CMD", "ENTRYPOINT")) if not step.held and step.holder.stage == end
    ]
    if not found:
        return None
    start = subject.source.line_starts[found[0].line - 1]
    return insert(start, f"USER {name}{subject.source.newline}", f"Add `USER {name}`", UNSAFE)


def _drops(subject: Subject, family: frozenset[int], *, or_unknown: bool = False) -> bool:
    """Return whether the container's command drops root's rights. With `or_unknown`, an unknown script counts too."""
    started = [s for s in steps(subject, ("ENTRYPOINT", "CMD")) if not s.held and s.holder.stage in family]
    last = {step.instruction.keyword: step.instruction.arguments.text for step in started}
    words = " ".join(last.values())
    programs = re.findall(r"[\w.-]+", words)
    if _DROPS.search(words) or not frozenset(programs).isdisjoint(table("users")["servers"]["programs"]):
        return True
    scripts = [w for w in subject.facts.of(Written, family) if w.path and w.path.rpartition("/")[2] in words]
    if any(_DROPS.search(script.text.text) for script in scripts):
        return True
    return or_unknown and (not words or (not scripts and _SCRIPT.search(words) is not None))


# Users that do not exist


def _known(subject: Subject) -> Iterator[Unmet]:
    facts = subject.facts
    for number in sorted(subject.lineage):
        family = facts.ancestry(number)
        if not any(facts.stages[n].image == "scratch" for n in family):
            continue
        copies = facts.of(CopyStep, family)
        # A copy to / or /etc may contain a passwd file.
        brought = [c.at.order for c in copies if c.target is None or c.target.rstrip("/") in ("", *_FILES)]
        for user in facts.of(UserSet, [number]):
            names = [word for word in (user.user, user.group) if word and not word.isdecimal() and word not in ROOT]
            if names and not any(order < user.at.order for order in brought):
                yield _nobody(names[0], user.span, "the container does not start")
        for copy in facts.of(CopyStep, [number]):
            flag = copy.flags.get("chown")
            owner = (flag.value or "").split(":") if flag is not None else []
            names = [word for word in owner if word and not word.isdecimal() and word not in ROOT]
            if flag is not None and names and not any(order < copy.at.order for order in brought):
                yield _nobody(names[0], flag.value_span, "the build fails")


def _nobody(name: str, span: Span, effect: str) -> Unmet:
    return Unmet(
        f"{code(name)} does not exist: the stage has no /etc/passwd",
        span,
        notes=(f"The name cannot be looked up, so {effect}.",),
        help="Write the number, or copy /etc/passwd and /etc/group from another stage",
    )
