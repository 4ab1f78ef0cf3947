"""Checks for stages: their base images, their names, and the stage that is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.checks.edits import SAFE, UNSAFE, insert, replace
from zr4lint.checks.layout.arrangement import arrange
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.dockerfile import Instruction, values
from zr4lint.facts import ArgDeclared
from zr4lint.facts.variable_uses import PLATFORM_ARGS
from zr4lint.filesystem.globs import matches
from zr4lint.model.finding import Edit, Fix
from zr4lint.model.quoting import code, contrast
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Image, LineNumber, StageName, Text


@check("base-image")
def base_image(subject: Subject, *, image: Image) -> Outcomes:
    """The base stage is built on this image. A digest may be added."""
    base = subject.base
    if base is None:
        alias = f" AS {subject.stage}" if subject.stage else ""
        yield Unmet("the file has no FROM", expected=image, add=f"FROM {image}{alias}")
        return
    if base.image is None:
        declared = {*PLATFORM_ARGS, *(arg.name for arg in subject.facts.of(ArgDeclared, [-1]))}
        unset = [name for name in values.names_in(subject.words(base.image_span)) if name not in declared]
        if unset:
            fix = replace(base.image_span, image, f"Build on {image}", UNSAFE)
            message = f"no ARG above the first FROM declares {code(unset[0], 40)}"
            yield Unmet(message, base.image_span, expected=image, fix=fix)
            return
        yield Unmet(
            "the base image is not known before the build",
            base.image_span,
            expected=image,
            unsure=True,
            notes=("It comes from a build argument without a default.",),
        )
        return
    found, wanted = values.parse_image(base.image), values.parse_image(image)
    digest = wanted.digest or found.digest
    if structs.replace(found, digest=digest) == structs.replace(wanted, digest=digest):
        yield Met(base.image_span, base.instruction, spelled=None if found.digest else image)
        return
    fix = replace(base.image_span, image, f"Build on {image}", UNSAFE)
    yield Unmet(contrast("the base image", base.image, image), base.image_span, expected=image, fix=fix)


@check("stage-name")
def stage_name(subject: Subject, *, stage: StageName) -> Outcomes:
    """The base stage has this name."""
    base = subject.base
    if base is None:
        yield Unmet(f"no stage is named {code(stage)}", expected=f"FROM ... AS {stage}")
    elif base.name is not None and base.name.lower() == stage.lower() and base.name_span is not None:
        yield Met(base.name_span, base.instruction)
    elif base.name_span is not None:
        fix = replace(base.name_span, stage, f"Name the stage {stage}", UNSAFE)
        yield Unmet(
            contrast("the name of the base stage", base.name or "", stage),
            base.name_span,
            expected=f"AS {stage}",
            fix=fix,
        )
    else:
        fix = insert(base.image_span.end, f" AS {stage}", f"Name the stage {stage}", SAFE)
        yield Unmet("the base stage has no name", base.instruction.span, expected=f"AS {stage}", fix=fix)


@check("from-line", late=True)
def from_line(subject: Subject, *, line: LineNumber) -> Outcomes:
    """The base stage's FROM is on this line."""
    base = subject.base
    expected = f"FROM on line {line}"
    if base is None:
        yield Unmet(f"no FROM on line {line}", expected=expected)
    elif base.instruction.line == line:
        yield Met(base.instruction.keyword_span, base.instruction)
    else:
        message = f"FROM is on line {base.instruction.line}, not on line {line}"
        yield Unmet(
            message, base.instruction.keyword_span, expected=expected, fix=_comments_below(subject, base.instruction)
        )


def _comments_below(subject: Subject, instruction: Instruction) -> Fix | None:
    """Return a fix that moves the comments above the first instruction below it. Ruler lines are dropped."""
    source = subject.source
    above = [c for c in subject.dockerfile.comments if c.span.end <= instruction.span.start]
    if instruction.index or not above or subject.dockerfile.directives:
        return arrange(subject).fix if subject.layers and not instruction.index else None
    words = [source.slice(c.span).strip() for c in above if any(character.isalnum() for character in c.text)]
    below = "".join(source.newline + line for line in words)
    edits = (
        Edit(0, source.line_starts[instruction.line - 1], ""),
        Edit(instruction.span.end, instruction.span.end, below),
    )
    return Fix("Put the comments above FROM below it", UNSAFE, edits)


@check("final-stage")
def final_stage(subject: Subject, *, stage: StageName) -> Outcomes:
    """The stage that is built is this one, or builds on it.

    Rule:
        stage = "app"

    Bad:
        FROM debian:12 AS app
        FROM debian:12 AS tests

    Good:
        FROM debian:12 AS app
        FROM app AS debug
    """
    facts = subject.facts
    wanted = subject.base if subject.stage == stage else facts.named(stage)
    if facts.final is None or wanted is None:
        what = "the file builds no stage" if facts.final is None else f"the file has no stage {code(stage, 40)}"
        yield Unmet(what, expected=f"a last stage that is {stage} or builds on it")
        return
    final = facts.final
    if wanted.number in facts.ancestry(final.number):
        yield Met(final.instruction.keyword_span, final.instruction)
        return
    span = Span(final.instruction.span.start, final.image_span.end)
    yield Unmet(
        f"the last stage does not build on {code(wanted.name or stage)}",
        span,
        expected=f"a last stage that is {stage} or builds on it",
        fix=replace(final.image_span, wanted.name, f"Build on {stage}", UNSAFE) if wanted.name else None,
        notes=("The image is the last stage, so it contains nothing of the specified stage.",),
    )


@check("built-on")
def built_on(subject: Subject, *, parent: Text) -> Outcomes:
    """The stage is built on this stage or image. The reference may be a pattern such as `python:3.12*`.

    Rule:
        parent = "debian:12*"

    Bad:
        FROM debian:11

    Good:
        FROM debian:12-slim
    """
    stage = subject.base
    expected = f"FROM {parent}"
    if stage is None:
        yield Unmet("the stage does not exist", expected=expected)
    elif stage.image is not None and matches(_short(stage.image), _short(parent)):
        yield Met(stage.image_span, stage.instruction)
    else:
        message = contrast("the image", stage.image or subject.words(stage.image_span), parent)
        yield Unmet(message, stage.image_span, expected=expected, unsure=stage.image is None)


def _short(image: str) -> str:
    """Return a reference without the optional prefixes of Docker Hub."""
    return image.removeprefix("docker.io/").removeprefix("library/")


@check("stages", stages="all")
def stages(subject: Subject, *, names: list[StageName]) -> Outcomes:
    """The file has a stage of each of these names.

    Rule:
        names = ["build"]

    Bad:
        FROM golang:1.24
        FROM scratch

    Good:
        FROM golang:1.24 AS build
        FROM scratch
    """
    for name in names:
        stage = subject.facts.named(name)
        if stage is None:
            yield Unmet(f"the stage {code(name)} does not exist", expected=f"FROM ... AS {name}")
        else:
            yield Met(stage.name_span or stage.image_span, stage.instruction)
