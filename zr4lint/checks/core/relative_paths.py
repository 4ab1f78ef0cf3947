"""Checks for paths that depend on the current folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import At, CopyStep, WorkdirSet
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.startup import lazy_pattern

_ABSOLUTE = lazy_pattern(r"/|[A-Za-z]:[\\/]")


class _Path(Struct, frozen=True):
    """A path in an instruction. `value` is None if unknown."""

    at: At
    keyword: str
    value: str | None
    span: Span


@check("path-absolute", stages="all")
def path_absolute(
    subject: Subject, *, instructions: list[Literal["ADD", "COPY", "WORKDIR"]], after_workdir: bool = False
) -> Outcomes:
    """Targets of COPY and ADD, and the folders of WORKDIR, are absolute paths.

    With `after-workdir`, a path may be relative after a WORKDIR in its stage or in one that the stage builds on.
    """
    paths = sorted(_paths(subject, instructions), key=lambda path: path.at.order)
    entered = [fact.at for fact in subject.facts.of(WorkdirSet, _every(subject), triggers=True)]
    for path in paths:
        instruction = path.at.instruction
        if not _is_relative(subject, path) or (after_workdir and _settled(subject, path.at, entered)):
            yield Met(path.span, instruction)
            continue
        what = code(path.value if path.value is not None else subject.words(path.span), 30)
        if path.keyword == "WORKDIR":
            words = subject.words(path.span)
            start = path.span.start + _quoted(words)
            dots = len("./") if words[_quoted(words) :].startswith("./") else 0
            fix = replace(Span(start, start + dots), "/", "Make the path absolute", UNSAFE)
            note = "The folder of the base image decides where this is."
            yield Unmet(f"{what} is relative, and no WORKDIR is set", path.span, fix=fix, notes=(note,))
        else:
            reason = "and no WORKDIR is set" if after_workdir else "not an absolute path"
            yield Unmet(
                f"the target {what} is relative, {reason}",
                path.span,
                help="Write an absolute path, or set WORKDIR first" if after_workdir else "Write an absolute path",
                notes=("The folder of the base image decides where the files go.",) if after_workdir else (),
            )


def _every(subject: Subject) -> set[int]:
    """Return the checked stages and those that they build on."""
    return {number for stage in subject.lineage for number in subject.facts.ancestry(stage)}


def _paths(subject: Subject, keywords: list[Literal["ADD", "COPY", "WORKDIR"]]) -> Iterator[_Path]:
    facts, stages = subject.facts, subject.lineage
    if "WORKDIR" in keywords:
        for fact in facts.of(WorkdirSet, stages, triggers=True):
            yield _Path(fact.at, "WORKDIR", fact.given, fact.span)
    for step in facts.of(CopyStep, stages, triggers=True):
        if step.keyword in keywords:
            yield _Path(step.at, step.keyword, step.destination.value, step.destination.span)


def _is_relative(subject: Subject, path: _Path) -> bool:
    """Return whether a path is certainly relative. A path that starts with an unknown variable may be absolute."""
    words = subject.words(path.span)
    written = words[_quoted(words) :]
    known = path.value if path.value is not None else written
    known = known[_quoted(known) :]
    return bool(known) and not known.startswith("$") and not any(map(_ABSOLUTE.match, (known, written)))


def _quoted(words: str) -> int:
    """Return the width of the opening quote: 0 or 1."""
    return int(words[:1] in ('"', "'"))


def _settled(subject: Subject, at: At, entered: list[At]) -> bool:
    """Return whether a WORKDIR comes before in the stage or its bases. One in ONBUILD counts only for ONBUILD."""
    family = subject.facts.ancestry(at.stage)
    return any(
        other.stage in family and other.order < at.order and (at.trigger or not other.trigger) for other in entered
    )
