"""Checks for the stages that COPY and RUN take files from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.checks.core.instruction_lists import LAYERS, looked_at
from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.dockerfile import Instruction
from zr4lint.facts import CopyStep, RunStep, Stage
from zr4lint.model.finding import Related, Severity
from zr4lint.model.quoting import code, nearest
from zr4lint.model.source import Span
from zr4lint.programs.image_paths import has_wildcard

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Text

_MOST_COMPARED = 30


class _Source(Struct, frozen=True):
    """A stage or image that `COPY --from` or `RUN --mount` names. `copy` is the step of a COPY."""

    name: str
    span: Span
    stage: int
    instruction: Instruction
    copy: CopyStep | None = None


@check("stage-source", stages="all", raises=True, needs="known other produced used")
def stage_source(
    subject: Subject,
    *,
    known: bool = False,
    other: bool = False,
    produced: bool = False,
    used: bool = False,
    contexts: list[Text] | None = None,
) -> Outcomes:
    """`COPY --from` and `RUN --mount` take files from stages that have them.

    With `known`, a plain name or a number refers to an earlier stage or one of the build `contexts`. With `other`, a
    stage does not refer to itself. With `produced`, the stage is not empty. With `used`, the image needs each stage.
    """
    if known or other or produced:
        named = {name.lower() for name in (*(contexts or ()), *subject.facts.contexts)}
        for source in _sources(subject):
            unmet = _itself(subject, source) if other else None
            if known:
                unmet = unmet or _unknown(subject, source, named)
            if produced:
                unmet = unmet or _empty(subject, source)
            yield unmet or Met(source.span, source.instruction)
    if used:
        yield from _unused(subject)


def _sources(subject: Subject) -> Iterator[_Source]:
    for copy in subject.facts.of(CopyStep, looked_at(subject)):
        flag = copy.flags.get("from")
        if flag is not None and flag.value:
            yield _Source(flag.value, flag.value_span, copy.at.stage, copy.at.instruction, copy)
    for run in subject.facts.of(RunStep, looked_at(subject)):
        for mount in run.mounts:
            words = subject.words(mount.span)
            at = words.rfind(f"from={mount.image}")
            if mount.image and "$" not in mount.image and at >= 0:
                start = mount.span.start + at + len("from=")
                yield _Source(mount.image, Span(start, start + len(mount.image)), run.at.stage, run.at.instruction)


def _stage_of(subject: Subject, source: _Source) -> Stage | None:
    """Return the stage that a source names: the last one before the instruction, else a later one."""
    stages = subject.facts.stages
    if source.name.isascii() and source.name.isdecimal():
        number = int(source.name.lstrip("0")[:9] or 0)
        return stages[number] if number < len(stages) else None
    named = subject.memo.get("stages by name", lambda: _by_name(stages)).get(source.name.lower(), ())
    before = bisect_left(named, source.stage, key=lambda stage: stage.number)
    return named[before - 1] if before else next(iter(named), None)


def _by_name(stages: Sequence[Stage]) -> dict[str, list[Stage]]:
    found: dict[str, list[Stage]] = {}
    for stage in stages:
        if stage.name is not None:
            found.setdefault(stage.name.lower(), []).append(stage)
    return found


def _itself(subject: Subject, source: _Source) -> Unmet | None:
    stage = _stage_of(subject, source)
    if stage is None or stage.number != source.stage:
        return None
    return Unmet(
        "the stage takes files from itself",
        source.span,
        notes=("BuildKit refuses a circle of stages.",),
        help="Use RUN cp, or name another stage",
    )


def _unknown(subject: Subject, source: _Source, contexts: Set[str]) -> Unmet | None:
    """Return the finding for a name or number that is no earlier stage; None for images and build contexts."""
    name = source.name
    stage = _stage_of(subject, source)
    if stage is not None and stage.number == source.stage and name.isdecimal():
        return Unmet(f"stage {code(name)} is not above this one", source.span, severity=Severity.ERROR)
    if stage is not None and stage.number <= source.stage:
        return None
    if stage is not None:
        return Unmet(
            f"the stage {code(name)} comes later",
            source.span,
            severity=Severity.ERROR,
            related=(Related("it begins here", stage.name_span or stage.image_span),),
            notes=("BuildKit refuses it: a stage sees only those above it.",),
            help="Move the stage up",
        )
    if name.isdecimal():
        count = source.stage
        return Unmet(
            f"there is no stage {code(name)}",
            source.span,
            severity=Severity.ERROR,
            notes=("BuildKit refuses the number.",),
            help=(f"Use a number from 0 to {count - 1}" if count > 1 else "Use 0, the stage above") if count else None,
        )
    if any(sign in name for sign in ":/@") or name.lower() in contexts:
        return None
    before = subject.facts.stages[max(0, source.stage - _MOST_COMPARED) : source.stage]
    earlier = [s.name for s in before if s.name is not None]
    near = nearest(name.lower(), earlier)
    return Unmet(
        f"no stage is named {code(name)}",
        source.span,
        fix=replace(source.span, near, f"Take files from {near}", UNSAFE) if near else None,
        notes=("Without a build context of this name BuildKit pulls an image of this name.",),
        help=f"Did you mean `{near}`?" if near else f"If an image is meant, write `{name}:TAG`",
    )


def _filled(subject: Subject) -> frozenset[int]:
    """Return the stages in which an instruction, or an ONBUILD of the stage before, may write files."""
    instructions = subject.dockerfile.instructions
    filled = {i.stage for i in instructions if i.keyword in LAYERS}
    triggering = {i.stage for i in instructions if i.trigger is not None and i.trigger.keyword in LAYERS}
    return frozenset(filled | {stage.number for stage in subject.facts.stages if stage.parent in triggering})


def _empty(subject: Subject, source: _Source) -> Unmet | None:
    stage = _stage_of(subject, source)
    if stage is None or stage.number >= source.stage or source.copy is None:
        return None
    family = subject.facts.ancestry(stage.number)
    root = subject.facts.stages[min(family)]
    if root.parent is not None or root.image != "scratch":
        return None
    filled = subject.memo.get("stages with files", lambda: _filled(subject))
    if not filled.isdisjoint(family):
        return None
    # The root folder always exists, and a pattern may match nothing.
    values = [argument.value for argument in source.copy.sources]
    if not any(value and value.strip("/.") and not has_wildcard(value) for value in values):
        return None
    return Unmet(
        f"nothing was put into the stage {code(source.name)}",
        source.span,
        related=(Related("it is from scratch", stage.image_span),),
        notes=("The file can't be there, so the build fails.",),
    )


def _unused(subject: Subject) -> Iterator[Unmet]:
    needed = set(subject.facts.needed)
    for stage in subject.facts.stages:
        if stage.number not in needed:
            shown = code(stage.name) if stage.name else f"{stage.number}"
            yield Unmet(
                f"nothing uses the stage {shown}",
                stage.name_span or stage.instruction.keyword_span,
                notes=("BuildKit builds it only if it is asked to by --target.",),
                help="Remove the stage, or list it in `targets`",
            )
