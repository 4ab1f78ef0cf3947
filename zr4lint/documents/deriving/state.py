"""Derives demands on the configuration of the image: stages, variables, labels, ports, users, CMD and ENTRYPOINT."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zr4lint.documents.deriving.demand import Demand, Golden, Pins
from zr4lint.facts import (
    INHERITED,
    ArgDeclared,
    CommandSet,
    EnvSet,
    Form,
    HealthcheckSet,
    LabelSet,
    PortExposed,
    ShellSet,
    Stage,
    StopSignalSet,
    TriggerSet,
    UserSet,
    VolumeDeclared,
    WorkdirSet,
)

_PATCH, _MINOR = r"(\d+\.\d+)\.\d[\w.]*", r"\1*"


def stage_names(golden: Golden) -> Iterator[Demand]:
    """Yield the names of the file's stages."""
    for stage in golden.subject.facts.stages:
        if stage.name is not None and stage.name_span is not None:
            yield Demand(
                "stages", {"names": [stage.name]}, stage.name_span, "The file has these stages.", joins="names"
            )


def arguments(golden: Golden) -> Iterator[Demand]:
    """Yield the build arguments of the whole file."""
    facts = golden.subject.facts
    for fact in facts.of(ArgDeclared, range(-1, len(facts.stages))):
        summary = "Build arguments are declared with their defaults."
        if fact.default is None:
            given = {"without-default": [fact.name]}
            yield Demand("build-arguments", given, fact.span, summary, joins="without-default")
        else:
            default = {"defaults": {fact.name: fact.default}}
            yield Demand("build-arguments", default, fact.span, summary, joins="defaults")


def base(golden: Golden, stage: Stage) -> Iterator[Demand]:
    """Yield the image or stage that a stage is built on."""
    parents = golden.subject.facts.stages
    scope = stage.name or str(stage.number)
    if stage.parent is not None:
        parent = parents[stage.parent].name or str(stage.parent)
        yield _built_on(parent, stage, scope, f"The stage builds on the stage `{parent}`.")
    elif stage.image is not None:
        image = pinned_image(stage.image, golden.pins)
        plain = _built_on(image, stage, scope, "The stage is built on this image.")
        if golden.pins == "exact":
            strict = {"image": stage.image}
            yield Demand("base-image", strict, stage.image_span, plain.summary, scope, instead=plain)
        else:
            yield plain


def _built_on(parent: str, stage: Stage, scope: str, summary: str) -> Demand:
    return Demand("built-on", {"parent": parent}, stage.image_span, summary, scope)


def pinned_image(image: str, pins: Pins) -> str:
    """Return an image reference as pinned by `pins`: a pattern if the tag may change."""
    if pins == "exact":
        return image
    name = image.partition("@")[0]
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        return f"{name}*"
    return f"{repository}*" if pins == "none" else f"{repository}:{re.sub(_PATCH, _MINOR, tag)}*"


def variables(golden: Golden) -> Iterator[Demand]:
    """Yield the variables that ENV sets, with their values at the end of the build."""
    last = {fact.name: fact for fact in golden.of(EnvSet)}
    for name, fact in last.items():
        if fact.value is None:
            summary = "Variables are set by ENV."
            yield Demand("variables-set", {"names": [name]}, fact.span, summary, golden.stage, "names")
        elif INHERITED in fact.value:
            yield from _folders(golden, fact, fact.value)
        else:
            given = {"variables": {name: fact.value}}
            yield Demand("env", given, fact.span, "Variables have these values.", golden.stage, "variables")


def _folders(golden: Golden, fact: EnvSet, value: str) -> Iterator[Demand]:
    before, _, after = value.partition(INHERITED)
    given: dict[str, object] = {"before": _split(before), "after": _split(after)}
    given = {key: folders for key, folders in given.items() if folders}
    if fact.name != "PATH":
        given["variable"] = fact.name
    summary = f"{fact.name} has these folders beside those of the base image."
    exact = Demand("path-folders", given, fact.span, summary, golden.stage)
    first = before.rstrip(":")
    if fact.name == "PATH" and first and ":" not in first and not after:
        yield Demand(
            "path-first", {"folder": first}, fact.span, f"PATH starts with `{first}`.", golden.stage, instead=exact
        )
    else:
        yield exact


def _split(folders: str) -> list[str]:
    return [folder for folder in folders.strip(":").split(":") if folder]


def labels(golden: Golden) -> Iterator[Demand]:
    """Yield the labels with known keys and values."""
    for fact in golden.of(LabelSet):
        if fact.key is not None and fact.value is not None:
            given = {"labels": {fact.key: fact.value}}
            yield Demand("label-values", given, fact.span, "Labels have these values.", golden.stage, "labels")


def settings(golden: Golden) -> Iterator[Demand]:
    """Yield the ports, the volumes, the last WORKDIR and USER, SHELL, STOPSIGNAL and ONBUILD."""
    ports = {fact.value: fact for fact in golden.of(PortExposed) if fact.value is not None}
    if ports:
        first = next(iter(ports.values()))
        yield Demand("exposed-ports", {"ports": [*ports]}, first.span, "These ports are exposed.", golden.stage)
    paths = {fact.path: fact for fact in golden.of(VolumeDeclared) if fact.path is not None}
    if paths:
        place = next(iter(paths.values())).span
        yield Demand("volumes", {"paths": [*paths]}, place, "These paths are volumes.", golden.stage)
    for workdir in golden.of(WorkdirSet)[-1:]:
        if workdir.path is not None:
            summary = f"The container starts in `{workdir.path}`."
            yield Demand("last-workdir", {"path": workdir.path}, workdir.at.span, summary, golden.stage)
    for user in golden.of(UserSet)[-1:]:
        if user.user is not None and user.group is not None:
            name = f"{user.user}:{user.group}" if user.group else user.user
            yield Demand("runs-as", {"user": name}, user.span, f"The container runs as `{name}`.", golden.stage)
    for shell in golden.of(ShellSet):
        given = {"arguments": [*shell.arguments]}
        yield Demand("shell-program", given, shell.at.span, "SHELL sets the shell of the build.", golden.stage)
    for signal in golden.of(StopSignalSet)[-1:]:
        if signal.signal is not None:
            summary = f"The container is stopped with {signal.signal}."
            yield Demand("stop-signal", {"signal": signal.signal}, signal.span, summary, golden.stage)
    facts = golden.subject.facts
    for trigger in facts.of(TriggerSet, golden.own, triggers=True):
        words = " ".join(golden.subject.words(trigger.instruction.span).split())
        summary = "ONBUILD holds these instructions."
        yield Demand("triggers", {"instructions": [words]}, trigger.at.span, summary, golden.stage, "instructions")


def started(golden: Golden) -> Iterator[Demand]:
    """Yield the last CMD and ENTRYPOINT, and the last HEALTHCHECK."""
    last = {fact.keyword: fact for fact in golden.of(CommandSet)}
    for keyword, fact in last.items():
        text = " ".join(fact.at.instruction.arguments.text.split())
        span, summary = fact.at.span, f"{keyword} has these arguments."
        if fact.arguments is None:
            if text:
                yield Demand("start-command", {"keyword": keyword, "script": text}, span, summary, golden.stage)
            continue
        words = [*fact.arguments]
        plain = {"keyword": keyword, "arguments": words}
        exact = Demand("start-command", plain, span, summary, golden.stage)
        if words:
            given = {"arguments": words} if keyword == "CMD" else plain
            yield Demand("command", given, span, summary, golden.stage, instead=exact)
            form = f"{keyword} is in exec form."
            yield Demand(
                "exec-form", {"instructions": [keyword], "required": True}, span, form, golden.stage, habit=True
            )
        else:
            yield exact
    for check in golden.of(HealthcheckSet)[-1:]:
        command = "NONE" if check.form is Form.NONE else " ".join(check.command.text.split())
        options = {option.name: option.value for option in check.flags.given if option.value is not None}
        shown: dict[str, object] = {"command": command, **({"options": options} if options else {})}
        if command:
            yield Demand("healthcheck", shown, check.at.span, "The image has this health check.", golden.stage)
