"""Limits on the number of times that an instruction occurs in a stage, in the file, or in ONBUILD."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from zr4lint.checks.core.instruction_lists import Step, ends, looked_at, steps
from zr4lint.checks.edits import SAFE, remove_lines, replace
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import StopSignalSet, UserSet, WorkdirSet
from zr4lint.filesystem.globs import matches
from zr4lint.model.finding import Fix, Related
from zr4lint.model.quoting import code

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Count, Keyword, Text
    from zr4lint.model.source import Span

_ONE_COUNTS = ("CMD", "ENTRYPOINT", "HEALTHCHECK")
_AUTHORS = "org.opencontainers.image.authors"


@check("instruction-count", stages="all", needs="min max")
def instruction_count(
    subject: Subject,
    *,
    instructions: list[Keyword],
    min: Count = 0,  # noqa: A002
    max: Count | None = None,  # noqa: A002
    within: Literal["stage", "file", "onbuild"] = "stage",
    arguments: list[Text] | None = None,
) -> Outcomes:
    """Each of these instructions occurs between `min` and `max` times in a stage.

    `within` is where they are counted: in each stage, in the whole file, or only in ONBUILD. The stages that a stage
    builds on count for its `min`. With `arguments`, only instructions that match one of these patterns count, such as
    `SIGKILL`. The arguments of RUN start with its flags.
    """
    found = steps(subject, instructions)
    if within == "onbuild":
        found = [step for step in found if step.held]
    if arguments is not None and found:
        values = _values(subject)
        found = [step for step in found if _fits(values.get(step.instruction.span), step, arguments)]
    surplus: set[Span] = set()
    for group in _groups(found, within) if max is not None else ():
        for step in _surplus(group, max or 0):
            surplus.add(step.instruction.span)
            yield _too_often(subject, step, group, max or 0, within if arguments is None else "arguments")
    for step in found:
        if step.instruction.span not in surplus:
            yield Met(step.instruction.keyword_span, step.holder)
    for keyword in instructions if min else ():
        counted = [s for s in found if s.instruction.keyword == keyword]
        if not counted and arguments and (other := _other(subject, keyword, within)) is not None:
            yield Unmet(f"no {keyword} has {code(arguments[0].removesuffix(' *'))}", other)
        else:
            shown = f"{keyword} {arguments[0].removesuffix(' *')}" if arguments else ""
            yield from _missing(subject, counted, keyword, min, within, shown)


def _fits(value: str | None, step: Step, patterns: Sequence[str]) -> bool:
    instruction = step.instruction
    words = instruction.arguments.text if value is None else value
    if instruction.keyword == "RUN":
        words = " ".join((*(f"--{flag.name}={flag.value}" for flag in instruction.flags), words))
    return any(matches(words, pattern) for pattern in patterns)


def _values(subject: Subject) -> dict[Span, str]:
    """Return the arguments of instructions with variables expanded, by the span of the instruction."""
    facts, stages = subject.facts, looked_at(subject)
    found: dict[Span, str | None] = {}
    signals = facts.of(StopSignalSet, stages, triggers=True)
    found.update((f.at.instruction.span, f.signal and f.signal.upper()) for f in signals)  # case does not matter
    found.update((f.at.instruction.span, f.given) for f in facts.of(WorkdirSet, stages, triggers=True))
    for user in facts.of(UserSet, stages, triggers=True):
        whole = f"{user.user}:{user.group}" if user.group else user.user
        found[user.at.instruction.span] = None if user.user is None else whole
    found.update((stage.instruction.span, stage.image) for stage in facts.stages)
    return {span: value for span, value in found.items() if value is not None}


def _groups(found: Iterable[Step], within: str) -> Iterable[list[Step]]:
    """Return the instructions that are counted together: those of one keyword and stage, with ONBUILD apart."""
    groups: dict[tuple[str, int, bool], list[Step]] = {}
    for step in found:
        stage = -1 if within == "file" else step.holder.stage
        groups.setdefault((step.instruction.keyword, stage, step.held), []).append(step)
    return groups.values()


def _surplus(group: Sequence[Step], most: int) -> Sequence[Step]:
    """Return the instructions that are too many. If they override each other, the last ones stay."""
    if group[0].instruction.keyword in _ONE_COUNTS:
        return group[: max(len(group) - most, 0)]
    return group[most:]


def _too_often(subject: Subject, step: Step, group: Sequence[Step], most: int, counted: str) -> Unmet:
    instruction, keyword = step.instruction, step.instruction.keyword
    text = instruction.arguments
    if counted == "onbuild" and not most:
        return Unmet(f"ONBUILD does not accept {keyword}", instruction.keyword_span)
    if keyword == "MAINTAINER" and not most:
        return Unmet(
            "MAINTAINER is deprecated",
            instruction.keyword_span,
            help=f"Set the label `{_AUTHORS}`",
            fix=_author_label(subject, step),
        )
    if most == 1 and keyword in _ONE_COUNTS:
        last = group[-1].instruction
        return Unmet(
            f"a later {keyword} overrides this one",
            instruction.span,
            related=(Related("this one counts", last.keyword_span),),
            fix=remove_lines(subject.source, step.holder, f"Remove this {keyword}", SAFE),
        )
    if counted == "arguments":
        span = text.span(0, len(text.text))
        return Unmet(f"{keyword} {code(text.text)} is not allowed", span)
    if not most:
        return Unmet(f"{keyword} is not allowed", instruction.keyword_span)
    return Unmet(f"there are {len(group)} {keyword} instructions, not {most}", instruction.keyword_span)


def _author_label(subject: Subject, step: Step) -> Fix | None:
    """Return a fix that turns MAINTAINER into a label with the same text; None if the text can't be quoted."""
    instruction = step.instruction
    name = instruction.arguments.text
    if step.held or step.holder.stage < 0 or not name or any(c in name for c in "\\`\n\r") or not name.isprintable():
        return None
    quoted = name.replace('"', '\\"').replace("$", "\\$")
    if quoted != name and subject.dockerfile.escape != "\\":
        return None
    keyword = "label" if subject.words(instruction.keyword_span).islower() else "LABEL"
    return replace(instruction.span, f'{keyword} {_AUTHORS}="{quoted}"', "Set the label of the authors", SAFE)


def _missing(
    subject: Subject, found: Sequence[Step], keyword: str, least: int, within: str, shown: str = ""
) -> Outcomes:
    """Yield an outcome for each image, or the file, with too few. `shown` is an instruction with arguments."""
    if within != "stage":
        if len(found) < least:
            yield Unmet(_too_few(keyword, len(found), least, "the file", shown), _first_place(subject))
        return
    for number in ends(subject):
        family = subject.facts.ancestry(number)
        count = sum(step.holder.stage in family and not step.held for step in found)
        if count < least:
            stage = subject.facts.stages[number]
            where = f"the stage {code(stage.name)}" if stage.name else "the image"
            yield Unmet(_too_few(keyword, count, least, where, shown), stage.instruction.keyword_span)


def _other(subject: Subject, keyword: str, within: str) -> Span | None:
    """Return the span of the arguments of the keyword's last instruction if the whole file is counted."""
    found = steps(subject, [keyword]) if within == "file" else []
    words = found[-1].instruction.arguments if found else None
    return words.span(0, len(words.text)) if words is not None and words.text else None


def _too_few(keyword: str, count: int, least: int, where: str, shown: str) -> str:
    if not count:
        return f"{where} has no {code(shown) if shown else keyword}"
    return f"{where} has {count} {keyword} instruction{'s' * (count > 1)}, not {least}"


def _first_place(subject: Subject) -> Span | None:
    return subject.base.instruction.keyword_span if subject.base is not None else None
