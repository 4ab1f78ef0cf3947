"""Gathers the facts of a file in one pass over its instructions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from zr4lint.facts import instruction_readers
from zr4lint.facts.build_refusals import refusals
from zr4lint.facts.collection import Facts
from zr4lint.facts.copies import copy
from zr4lint.facts.pass_state import BuildContext, Reading
from zr4lint.facts.runs import run
from zr4lint.model.budgets import HISTORIES, INSTRUCTIONS
from zr4lint.model.deadline import NO_DEADLINE, Deadline
from zr4lint.model.remark import too_large

if TYPE_CHECKING:
    from zr4lint.dockerfile import Dockerfile, Instruction
    from zr4lint.facts.fact import Fact

_READERS: Mapping[str, Callable[[Reading, Instruction], Iterator[Fact]]] = {
    "ADD": copy,
    "ARG": instruction_readers.arg,
    "CMD": instruction_readers.command,
    "COPY": copy,
    "ENTRYPOINT": instruction_readers.command,
    "ENV": instruction_readers.env,
    "EXPOSE": instruction_readers.expose,
    "FROM": instruction_readers.from_,
    "HEALTHCHECK": instruction_readers.healthcheck,
    "LABEL": instruction_readers.label,
    "MAINTAINER": instruction_readers.maintainer,
    "ONBUILD": instruction_readers.onbuild,
    "RUN": run,
    "SHELL": instruction_readers.shell,
    "STOPSIGNAL": instruction_readers.stop_signal,
    "USER": instruction_readers.user,
    "VOLUME": instruction_readers.volume,
    "WORKDIR": instruction_readers.workdir,
}


def gather(
    dockerfile: Dockerfile,
    images: Mapping[str, tuple[str, ...]] | None = None,
    *,
    targets: tuple[str, ...] = (),
    build_args: Mapping[str, str | None] | None = None,
    context: BuildContext | None = None,
    contexts: Mapping[str, str | None] | None = None,
    deadline: Deadline = NO_DEADLINE,
) -> Facts:
    """Gather all facts of a file. Raise TimeUpError if the `deadline` passes.

    `images` maps repositories to patterns of the variables that they are known to set. `targets` are the stages that
    are built, `build_args` the values of ARGs, and `contexts` the places of named contexts. `context` is None if its
    files may not be read.
    """
    reading = Reading(dockerfile, images or {}, build_args or {}, deadline, context, contexts)
    if dockerfile.unread is not None:
        reading.remarks.append(too_large(dockerfile.unread, "a file", f"{INSTRUCTIONS:,} instructions"))
    for instruction in dockerfile.instructions:
        deadline.check()
        reading.remarks += refusals(instruction, dockerfile.escape)
        if instruction.keyword == "FROM":
            _read_triggers(reading)
        _read(reading, instruction)
        if instruction.keyword == "FROM":
            _run_triggers(reading)
    _read_triggers(reading)
    if (ignored := reading.exhausted) is not None:
        reading.remarks.append(ignored.remark(dockerfile.instructions[0].keyword_span))
    facts = Facts(
        dockerfile,
        tuple(reading.stages),
        tuple(reading.facts),
        targets,
        tuple(dict.fromkeys(reading.remarks)),  # an ONBUILD may run in several stages
        reading.included,
        frozenset(reading.contexts),
    )
    if len(facts.stages) > HISTORIES and len(facts.needed) > HISTORIES:
        first = facts.stages[facts.needed[0]].image_span
        facts.remarks += (too_large(first, "what stages install", f"{HISTORIES} stages"),)
    return facts


def _read(reading: Reading, instruction: Instruction) -> None:
    reader = _READERS.get(instruction.keyword)
    if reader is not None:
        for fact in reader(reading, instruction):
            reading.facts.append(fact)


def _read_triggers(reading: Reading) -> None:
    """Read the ONBUILD instructions of a stage as a build on its image runs them, and keep them for later stages."""
    if not reading.triggers:
        return
    triggers = [trigger for trigger in reading.triggers if trigger.keyword not in ("FROM", "ONBUILD")]
    before = reading.state
    reading.state, reading.triggers, reading.in_trigger = before.of_image(), [], True
    for instruction in triggers:
        _read(reading, instruction)
    reading.state, reading.in_trigger = before, False
    reading.stage_triggers[reading.stage] = triggers


def _run_triggers(reading: Reading) -> None:
    """Read the ONBUILD instructions of the stage that a new stage builds on, which run in the new stage first."""
    stage = reading.stages[-1]
    if reading.triggers_run > INSTRUCTIONS:
        return
    triggers = reading.stage_triggers.get(stage.parent, ())
    reading.triggers_run += len(triggers)
    if reading.triggers_run > INSTRUCTIONS:
        reading.remarks.append(too_large(stage.image_span, "what ONBUILD runs", f"{INSTRUCTIONS:,} instructions"))
        return
    for instruction in triggers:
        _read(reading, instruction)
