"""Readers of the instructions that set and declare: each yields facts and changes the state of its stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.dockerfile import Instruction, splitting, values
from zr4lint.facts.collection import Stage
from zr4lint.facts.flags import read_flags
from zr4lint.facts.images import read_base
from zr4lint.facts.instruction_facts import (
    ArgDeclared,
    CommandSet,
    EnvSet,
    Form,
    HealthcheckSet,
    LabelSet,
    MaintainerSet,
    PortExposed,
    ShellSet,
    StopSignalSet,
    TriggerSet,
    UserSet,
    VolumeDeclared,
    WorkdirSet,
)
from zr4lint.facts.pass_state import Reading, raw_words
from zr4lint.facts.shells import dialect_of_sh
from zr4lint.facts.stage_state import StageState
from zr4lint.facts.windows import is_linux, names_windows
from zr4lint.model.budgets import STAGES_OF_A_CHAIN
from zr4lint.model.remark import too_large
from zr4lint.model.source import Span
from zr4lint.programs.image_paths import absolute

if TYPE_CHECKING:
    from zr4lint.facts.fact import Fact


def from_(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read FROM: begin a stage."""
    found = values.split(instruction.arguments)
    reference = found[0] if found else values.DockerWord("", instruction.span)
    given = {name: value for name, value in reading.global_args.items() if value is not None}
    image = values.expand(reference.raw, given) if found else None
    alias = found[2] if len(found) > 2 and found[1].raw.lower() == "as" else None
    parent = reading.named.get(image.lower()) if image else None
    if image is not None and image.lower() in reading.contexts:
        image, parent = _of_context(reading.contexts[image.lower()]), None
    if parent is not None:
        state = reading.states[parent.number].child()
    else:
        known = values.parse_image(image).repository if image else ""
        base = read_base(image) if image else None
        state = StageState.on_image(reading.images.get(known), base.env if base else {}, base.user if base else "root")
        if image is not None:
            state.sh_dialect = dialect_of_sh(image)
        state.is_linux = image is not None and is_linux(image)
        if names_windows(image or reference.raw):
            state.shell = ("cmd", "/S", "/C")
    stage = Stage(
        len(reading.stages),
        instruction,
        image,
        reference.span,
        alias.raw if alias else None,
        alias.span if alias else None,
        parent.number if parent else None,
        read_flags(instruction, reading.global_args),
        state.outside,
    )
    reading.state = state
    reading.states.append(state)
    reading.stages.append(stage)
    reading.numbers.add(str(stage.number))
    depth = reading.depths[parent.number] + 1 if parent is not None else 1
    reading.depths.append(depth)
    if depth > STAGES_OF_A_CHAIN:
        reading.remarks.append(too_large(reference.span, "a chain of stages", f"{STAGES_OF_A_CHAIN} stages"))
    if alias:
        reading.named[alias.raw.lower()] = stage
    yield from ()


def _of_context(place: str | None) -> str | None:
    """Return the image that a named context stands for, or None for a folder or a repository."""
    return place.removeprefix("docker-image://") if place is not None and place.startswith("docker-image://") else None


def arg(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read ARG: declare build arguments."""
    state = reading.state
    for pair in values.pairs(instruction):
        used: frozenset[int] = frozenset()
        if not reading.stages:
            over = reading.too_long(pair.span)
            value = reading.evaluate(pair.raw, reading.global_args, over) if pair.raw is not None else None
            value = reading.build_args.get(pair.name, value)
            reading.global_args[pair.name] = value
        else:
            above = state.variables if pair.name in state.variables else reading.global_args
            value = (reading.global_args if pair.name in reading.global_args else above).get(pair.name)
            if pair.raw is not None:
                used = reading.used([pair.raw])
                value = reading.evaluate(pair.raw, state.variables, reading.too_long(pair.span))
            value = reading.build_args.get(pair.name, value)
            if value is None and pair.raw is None and pair.name not in above and pair.name.isidentifier():
                state.open_arg(pair.name, instruction.index)
            else:
                state.set_arg(pair.name, value, instruction.index)
        yield ArgDeclared(reading.at(instruction, used), pair.name, pair.raw, value, pair.span, pair.value_span)


def env(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read ENV: set variables. The values in one ENV don't see each other."""
    before = reading.state.variables
    pairs = values.pairs(instruction)
    found = [reading.evaluate(pair.raw or "", before, reading.too_long(pair.span)) for pair in pairs]
    for pair, value in zip(pairs, found, strict=True):
        used = reading.used([pair.raw or ""])
        reading.state.set_env(pair.name, value, instruction.index)
        at = reading.at(instruction, used)
        yield EnvSet(at, pair.name, value, pair.span, pair.value_span, pair.legacy)


def label(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read LABEL: set labels."""
    for pair in values.pairs(instruction):
        key, value = reading.expand(pair.name), reading.expand(pair.raw or "")
        at = reading.at(instruction, reading.used([pair.name, pair.raw or ""]))
        equals = 0 if pair.legacy else 1
        end = max(pair.value_span.start - equals, pair.span.start) if pair.raw is not None else pair.span.end
        name = Span(pair.span.start, min(end, pair.span.start + len(pair.name)) if pair.legacy else end)
        yield LabelSet(at, key, value, pair.span, name, pair.value_span, pair.legacy)


def workdir(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read WORKDIR: enter a folder."""
    raw = instruction.arguments.text
    value, span = reading.whole(instruction)
    path = absolute(value, reading.state.workdir) if value is not None else None
    used = reading.used([raw])
    if value is None or not value.startswith("/"):
        used |= reading.state.workdir_set_by
    yield WorkdirSet(reading.at(instruction, used), path, value, span)
    reading.state.enter(path, instruction.index)


def user(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read USER: change the user."""
    value, span = reading.whole(instruction)
    name, _, group = value.partition(":") if value is not None else (None, "", None)
    reading.state.user = value
    yield UserSet(reading.at(instruction, reading.used([instruction.arguments.text])), name, group, span)


def expose(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read EXPOSE: declare the ports that the image listens on."""
    for word in raw_words(instruction):
        yield PortExposed(
            reading.at(instruction, reading.used([word.raw])), word.raw, reading.expand(word.raw), word.span
        )


def volume(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read VOLUME: declare folders whose content is not kept in the image."""
    for word in raw_words(instruction):
        yield VolumeDeclared(reading.at(instruction, reading.used([word.raw])), reading.expand(word.raw), word.span)


def stop_signal(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read STOPSIGNAL: set the signal that stops the container."""
    signal, span = reading.whole(instruction)
    yield StopSignalSet(reading.at(instruction, reading.used([instruction.arguments.text])), signal, span)


def shell(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read SHELL: change the shell of the shell form."""
    strings = instruction.json or ()
    reading.state.shell = tuple(string.value for string in strings)
    yield ShellSet(reading.at(instruction), reading.state.shell, tuple(string.span for string in strings))


def maintainer(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read MAINTAINER: set the author."""
    text = instruction.arguments
    yield MaintainerSet(reading.at(instruction), text.text, text.span(0, len(text.text)))


def command(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read CMD or ENTRYPOINT: set the container's command."""
    arguments = tuple(s.value for s in instruction.json) if instruction.json is not None else None
    yield CommandSet(reading.at(instruction), instruction.keyword, arguments)


def healthcheck(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read HEALTHCHECK: set the container's check."""
    text = instruction.arguments
    first = splitting.head(text.text)
    start = len(text.text) - len(text.text[first.end :].lstrip())
    rest = text.slice(start, len(text.text))
    form, arguments = Form.SHELL, None
    if first.text.upper() == "NONE":
        form = Form.NONE
    elif instruction.json is not None:
        form, arguments = Form.EXEC, tuple(string.value for string in instruction.json)
    flags = read_flags(instruction, reading.state.variables)
    yield HealthcheckSet(reading.at(instruction), form, arguments, rest, flags)


def onbuild(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read ONBUILD: keep its instruction, which is read at the end of the stage, for stages built on the image."""
    if instruction.trigger is not None:
        reading.triggers.append(instruction.trigger)
        yield TriggerSet(reading.at(instruction), instruction.trigger)
