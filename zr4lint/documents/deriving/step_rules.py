"""Derives demands on the steps of the build: copies, files, clones, all other commands, and their order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from zr4lint.checks.spec.apt_packages import LISTS
from zr4lint.checks.spec.placed_files import origin_of
from zr4lint.checks.spec.required_commands import checked_out, spelled, steps_of
from zr4lint.documents.deriving.demand import Demand, Golden
from zr4lint.facts import (
    AptRun,
    Cloned,
    Copied,
    ModeChanged,
    Origin,
    PackageRun,
    PipRun,
    Ran,
    RepositoryAdded,
    RunStep,
    UserSet,
    VenvCreated,
    WorkdirSet,
    Written,
)
from zr4lint.facts.environments import idle

if TYPE_CHECKING:
    from zr4lint.model.source import Span

_OF_OTHERS = (AptRun, PackageRun, PipRun, Cloned, RepositoryAdded, VenvCreated)
_NOTHING = ("", "cd", "true", ":")
_PRINTS = ("echo", "printf")


def copies(golden: Golden) -> Iterator[Demand]:
    """Yield the sources of COPY and ADD with owner and mode, and the texts of heredocs."""
    for copy in golden.of(Copied):
        if copy.target is None:
            continue
        given: dict[str, object] = {"sources": [copy.source], "target": copy.target}
        flags = {"origin": origin_of(copy), "owner": _flag(copy, "chown"), "mode": _flag(copy, "chmod")}
        given.update({key: value for key, value in flags.items() if value})
        summary = f"Files are copied to `{copy.target}`."
        general = Demand("copies-to", given, copy.span, summary, golden.stage, "sources")
        folder, name = posixpath.split(copy.target)
        if (
            len(given) == 2
            and not copy.many
            and copy.origin is Origin.CONTEXT
            and copy.source.removeprefix("./") == name
        ):
            files = {"copies": [name], "folder": folder}
            summary = f"These files are copied to `{folder}`, and stay."
            yield Demand("copied", files, copy.span, summary, golden.stage, "copies", instead=general)
        else:
            yield general
    for written in golden.of(Written):
        if written.path is not None:
            text = {"path": written.path, "text": written.text.text}
            ran = next((ran for ran in golden.of(Ran) if ran.at.span == written.at.span), None)
            plain = _runs(golden, ran, {}) if ran is not None else None
            summary = f"`{written.path}` has this text."
            yield Demand("file-text", text, written.at.span, summary, golden.stage, instead=plain)


def _flag(copy: Copied, name: str) -> str:
    flag = copy.flags.get(name)
    return (flag.value or "") if flag is not None else ""


def clones(golden: Golden) -> Iterator[Demand]:
    """Yield the cloned repositories, their refs, and the WORKDIRs before and after them."""
    for cloned in golden.of(Cloned):
        if cloned.target is None:
            continue
        given = {"target": cloned.target, **({"url": cloned.clone.url.value} if cloned.clone.url.value else {})}
        summary = f"The repository is cloned to `{cloned.target}`."
        ran = next((ran for ran in golden.of(Ran) if ran.at.span == cloned.at.span), None)
        plain = _runs(golden, ran, {}) if ran is not None else None
        yield Demand("git-clone", given, cloned.clone.url.span, summary, golden.stage, instead=plain)
        entered = next((w for w in golden.of(WorkdirSet) if w.at.order > cloned.at.order), None)
        if entered is not None and entered.path == cloned.target:
            summary = f"WORKDIR is `{entered.path}` after the clone."
            around = {"target": cloned.target, "after": entered.path}
            earlier = [w.path for w in golden.of(WorkdirSet) if w.at.order < cloned.at.order]
            if earlier and earlier[-1]:
                around["before"] = earlier[-1]
            yield Demand("clone-workdirs", around, entered.span, summary, golden.stage)
        ref, place = _ref(golden, cloned)
        if ref:
            at = {"target": cloned.target, "ref": ref}
            yield Demand("clone-ref", at, place, f"`{cloned.target}` is at `{ref}`.", golden.stage)


def _ref(golden: Golden, cloned: Cloned) -> tuple[str | None, Span]:
    """Return the ref of a clone after later checkouts, and the words that set it."""
    found = cloned.clone.parsed.get("branch")
    ref, place = (found.value, found.span) if found is not None else (None, cloned.at.span)
    for ran in golden.of(Ran):
        moved = checked_out(ran) if ran.at.order > cloned.at.order else None
        if moved is not None and moved[0] == cloned.target:
            ref, place = moved[1], ran.at.span
    return ref, place


def commands(golden: Golden) -> Iterator[Demand]:
    """Yield the commands that no other kind of check covers."""
    users = {step.at.instruction.index: step.user for step in golden.of(RunStep)}
    named_user, named_folder = bool(golden.of(UserSet)), bool(golden.of(WorkdirSet))
    copied = {copy.target for copy in golden.of(Copied) if not copy.many}
    executable = {change.at.span: change for change in golden.of(ModeChanged)}
    seen: set[str] = set()
    for ran in _others(golden):
        words = spelled(golden.subject, ran)
        if words in seen or not words.strip():
            continue
        seen.add(words)
        given: dict[str, object] = {}
        if named_folder and ran.folder is not None:
            given["folder"] = ran.folder
        if named_user and (user := users.get(ran.at.instruction.index)):
            given["user"] = user
        demand = _runs(golden, ran, given)
        change = executable.get(ran.at.span)
        if change is not None and set(change.paths) <= copied and len(change.paths) == 1:
            folder, name = posixpath.split(change.paths[0])
            summary = "These files are executable."
            modes = {"copies": [name], "folder": folder}
            yield Demand("executable", modes, ran.at.span, summary, golden.stage, "copies", instead=demand)
        else:
            yield demand


def _runs(golden: Golden, ran: Ran, where: Mapping[str, object]) -> Demand:
    """Return the demand that a command runs; `where` is its folder and its user."""
    given = {"run": [spelled(golden.subject, ran)], **where, **({"conditional": True} if ran.at.unsure else {})}
    return Demand("runs", given, ran.at.span, "These commands run.", golden.stage, "run")


def _others(golden: Golden) -> Iterator[Ran]:
    """Yield the commands that change something and have no fact of another type."""
    taken = {fact.at.span for kind in _OF_OTHERS for fact in golden.of(kind) if _asked_for(fact)}
    taken |= {written.at.span for written in golden.of(Written) if written.path is not None}
    for ran in golden.of(Ran):
        lists = any(LISTS in (argument.value or "") for argument in ran.arguments)
        prints = ran.program in _PRINTS and not ran.redirections and all(pipe.last for pipe in ran.pipes)
        if ran.at.span in taken or ran.program in _NOTHING or prints or (ran.program == "rm" and lists):
            continue
        if checked_out(ran) is None:
            yield ran


def _asked_for(fact: object) -> bool:
    """Return whether other demands cover a command, such as an install of packages by name."""
    if isinstance(fact, PipRun):
        plain = all(requirement.url is None for requirement in fact.command.requirements)
        return not idle(fact) and plain and bool(fact.command.requirements or fact.files)
    if isinstance(fact, PackageRun):
        return bool(fact.command.packages) or fact.command.manager == "apt"
    return True


def order(golden: Golden) -> Iterator[Demand]:
    """Yield the order of the commands and copies that occur once."""
    labels = [(label, fact) for label, fact in steps_of(golden.subject) if fact.at.stage in golden.own]
    counts: dict[str, int] = {}
    for label, _ in labels:
        counts[label] = counts.get(label, 0) + 1
    known = {fact.at.span for fact in (*_others(golden), *golden.of(Copied), *golden.of(Written))}
    steps = sorted(
        ((fact.at.order, label) for label, fact in labels if counts[label] == 1 and fact.at.span in known),
    )
    if len(steps) > 1:
        place = next(fact.at.span for label, fact in labels if label == steps[0][1])
        given = {"steps": [label for _, label in steps]}
        yield Demand("step-order", given, place, "The steps come in this order.", golden.stage, level="warning")
