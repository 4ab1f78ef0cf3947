"""The pass over a file's instructions: stages, variables, folders, and what each instruction does."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping

from zr4lint.dockerfile import Dockerfile, Flag, Instruction, values
from zr4lint.facts.command_facts import CommandReader
from zr4lint.facts.records import (
    At,
    CommandSet,
    Copied,
    EnvSet,
    Fact,
    Facts,
    Origin,
    Stage,
    WorkdirSet,
    Written,
)
from zr4lint.facts.script import run_commands
from zr4lint.facts.stage_state import StageState
from zr4lint.model.source import MappedText
from zr4lint.programs.files import absolute, has_wildcard
from zr4lint.shell import Reach

_HAS_DASH = (
    *("ubuntu", "bionic", "focal", "jammy", "noble", "buster", "bullseye", "bookworm"),
    *("debian10", "debian11", "debian12", "debian:10", "debian:11", "debian:12"),
)
"""Images of distributions whose /bin/sh is a dash that knows no `pipefail`."""


def gather(dockerfile: Dockerfile, images: Mapping[str, tuple[str, ...]] | None = None) -> Facts:
    """Read all facts of a file; `images` maps repositories to patterns of the variables they are known to set."""
    reader = _Reader(dockerfile.source.text, images or {})
    for instruction in dockerfile.instructions:
        reader.read(instruction)
    return Facts(dockerfile, tuple(reader.stages), tuple(reader.facts))


class _Reader:
    def __init__(self, text: str, images: Mapping[str, tuple[str, ...]]) -> None:
        self.text = text
        self.images = images
        self.stages: list[Stage] = []
        self.named: dict[str, Stage] = {}
        self.numbers: set[str] = set()
        self.facts: list[Fact] = []
        self.states: list[StageState] = []
        self.state = StageState.on_image(None)
        self.global_args: dict[str, str | None] = {}

    def read(self, instruction: Instruction) -> None:
        handler = _HANDLERS.get(instruction.keyword)
        if handler is not None:
            handler(self, instruction)

    def at(self, instruction: Instruction, used: frozenset[int] = frozenset()) -> At:
        stage = len(self.stages) - 1
        return At(len(self.facts), stage, instruction, instruction.span, Reach.ALWAYS, used)

    # Stages and variables

    def from_(self, instruction: Instruction) -> None:
        found = values.split(instruction.arguments)
        reference = found[0] if found else values.DockerWord("", instruction.span)
        image = values.expand(reference.raw, self.global_args) if found else None
        alias = found[2] if len(found) > 2 and found[1].raw.lower() == "as" else None
        parent = self.named.get(image.lower()) if image else None
        if parent is not None:
            self.state = self.states[parent.number].child()
        else:
            known = values.parse_image(image).repository if image else ""
            self.state = StageState.on_image(self.images.get(known))
            self.state.sh_is_dash = image is not None and any(name in image for name in _HAS_DASH)
        self.states.append(self.state)
        self.stages.append(
            Stage(
                len(self.stages),
                instruction,
                image,
                reference.span,
                alias.raw if alias else None,
                alias.span if alias else None,
                parent.number if parent else None,
            )
        )
        self.numbers.add(str(self.stages[-1].number))
        if alias:
            self.named[alias.raw.lower()] = self.stages[-1]

    def arg(self, instruction: Instruction) -> None:
        for pair in values.pairs(instruction):
            if not self.stages:
                self.global_args[pair.name] = (
                    values.expand(pair.raw, self.global_args) if pair.raw is not None else None
                )
                continue
            value = self.global_args.get(pair.name)
            if pair.raw is not None:
                value = values.expand(pair.raw, self.state.variables)
            self.state.set_arg(pair.name, value, instruction.index)

    def env(self, instruction: Instruction) -> None:
        before = self.state.variables.copy()
        for pair in values.pairs(instruction):
            raw = pair.raw or ""
            value = values.expand(raw, before)
            used = self.state.users(values.names_in(raw))
            self.state.set_env(pair.name, value, instruction.index)
            self.facts.append(EnvSet(self.at(instruction, used), pair.name, value, pair.span, pair.value_span))

    def workdir(self, instruction: Instruction) -> None:
        raw = instruction.arguments.text
        value = values.expand(raw, self.state.variables)
        path = absolute(value, self.state.workdir) if value is not None else None
        used = self.state.users(values.names_in(raw))
        if value is None or not value.startswith("/"):
            used |= self.state.workdir_set_by
        self.facts.append(WorkdirSet(self.at(instruction, used), path))
        self.state.enter(path, instruction.index)

    def shell(self, instruction: Instruction) -> None:
        self.state.shell = tuple(s.value for s in instruction.json or ())

    def user(self, instruction: Instruction) -> None:
        self.state.user = values.expand(instruction.arguments.text, self.state.variables)

    # What an instruction does

    def run(self, instruction: Instruction) -> None:
        stage = len(self.stages) - 1
        if stage < 0:
            return
        reader = CommandReader(self.facts, self.state, instruction, stage)
        for command in run_commands(
            instruction,
            self.state.shell,
            self.text,
            sh_is_dash=self.state.sh_is_dash,
            variables=self.state.variables,
        ):
            reader.read(command)

    def copy(self, instruction: Instruction) -> None:
        paths = self._paths(instruction)
        if len(paths) + len(instruction.heredocs) < 2 or not paths or not self.stages:
            return
        flags = {flag.name: flag for flag in instruction.flags}
        *sources, destination = paths
        target = values.expand(destination.raw, self.state.variables)
        folder = absolute(target, self.state.workdir) if target is not None else None
        into = len(sources) > 1 or target is None or target.endswith("/") or target in (".", "")
        into = into or self.state.is_folder(folder)
        used = self.state.users(n for path in paths for n in values.names_in(path.raw))
        if target is None or not target.startswith("/"):
            used |= self.state.workdir_set_by
        origin = self._origin(flags.get("from"))
        self.state.hands_over = self.state.hands_over or "chown" in flags
        for source in sources:
            if any(source.span.start == heredoc.marker.start for heredoc in instruction.heredocs):
                self.write(instruction, source.span.start, folder, into=into, used=used)
                continue
            value = values.expand(source.raw, self.state.variables)
            if value is None:
                continue
            remote = "://" in value or value.startswith("git@")
            many = not remote and (value.rstrip("/") in ("", ".") or value.endswith("/") or has_wildcard(value))
            path = folder
            if into and not many and folder is not None:
                path = posixpath.join(folder, posixpath.basename(value))
            mode = _value(flags.get("chmod"))
            at = self.at(instruction, used)
            self.facts.append(Copied(at, value, source.span, path, many, Origin.URL if remote else origin, mode))

    def write(
        self, instruction: Instruction, start: int, folder: str | None, *, into: bool, used: frozenset[int]
    ) -> None:
        """Take note of a heredoc that becomes a file."""
        heredoc = next(h for h in instruction.heredocs if h.marker.start == start)
        body = MappedText(heredoc.body.of(self.text), (0,), (heredoc.body.start,))
        path = posixpath.join(folder, heredoc.name) if into and folder is not None else folder
        self.facts.append(Written(self.at(instruction, used), path, body))
        self.state.written[path] = body

    def _origin(self, flag: Flag | None) -> Origin:
        if flag is None:
            return Origin.CONTEXT
        name = (values.expand(flag.value or "", self.state.variables) or "").lower()
        return Origin.STAGE if name in self.named or name in self.numbers or not name else Origin.IMAGE

    def _paths(self, instruction: Instruction) -> list[values.DockerWord]:
        if instruction.json is not None:
            return [values.DockerWord(s.value, s.span) for s in instruction.json]
        return values.split(instruction.arguments)

    def command(self, instruction: Instruction) -> None:
        arguments = tuple(s.value for s in instruction.json) if instruction.json is not None else None
        self.facts.append(CommandSet(self.at(instruction), instruction.keyword, arguments))


_HANDLERS: Mapping[str, Callable[[_Reader, Instruction], None]] = {
    "FROM": _Reader.from_,
    "ARG": _Reader.arg,
    "ENV": _Reader.env,
    "WORKDIR": _Reader.workdir,
    "RUN": _Reader.run,
    "COPY": _Reader.copy,
    "ADD": _Reader.copy,
    "CMD": _Reader.command,
    "ENTRYPOINT": _Reader.command,
    "SHELL": _Reader.shell,
    "USER": _Reader.user,
}


def _value(flag: Flag | None) -> str | None:
    return flag.value if flag is not None else None
