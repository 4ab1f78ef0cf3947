"""What a build does, as facts: one record for each thing that an instruction or a command changes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cached_property
from typing import TypeVar, cast

from msgspec import Struct

from zr4lint.dockerfile import Dockerfile, Instruction
from zr4lint.model.source import MappedText, Span
from zr4lint.programs.apt import AptCommand
from zr4lint.programs.git import Clone
from zr4lint.programs.pip import PipCommand
from zr4lint.shell import Argument, Reach

INHERITED = "\0inherited"
"""Stands in a value for what the base image has there, such as the rest of PATH."""


class At(Struct, frozen=True):
    """Where and when something happens.

    `order` counts the facts of a file, `span` is the command or the instruction, `supports` are the indexes of the
    other instructions it relies on: the WORKDIR a relative path starts from, the ENV or ARG of a variable.
    `operator` is what joins a command to the one before it in its RUN.
    """

    order: int
    stage: int
    instruction: Instruction
    span: Span
    reach: Reach
    supports: frozenset[int]
    operator: str = ""

    @property
    def unsure(self) -> bool:
        """Whether a condition decides that it happens."""
        return self.reach is Reach.MAYBE


class EnvSet(Struct, frozen=True):
    """A variable set by ENV; `span` is NAME=VALUE."""

    at: At
    name: str
    value: str | None
    span: Span
    value_span: Span


class WorkdirSet(Struct, frozen=True):
    """WORKDIR, made absolute."""

    at: At
    path: str | None


class AptRun(Struct, frozen=True):
    """A call of apt or apt-get."""

    at: At
    command: AptCommand


class RepositoryAdded(Struct, frozen=True):
    """add-apt-repository, with the name as given, and `span` that word.

    `removed` tells that it takes the repository away, `updates` that it reads the package lists anew.
    """

    at: At
    name: str | None
    span: Span
    removed: bool
    updates: bool


class VenvCreated(Struct, frozen=True):
    """A virtual environment made by a module ("venv" or "virtualenv"); `python` is the program's name.

    `clears` tells that it empties an environment that is there already.
    """

    at: At
    python: str
    module: str
    path: str | None
    path_span: Span
    clears: bool


class PipRun(Struct, frozen=True):
    """A call of pip.

    `settings` are the PIP_* and UV_* variables in force, `path` is PATH, `files` the requirement files as absolute
    paths with the words that name them, `lost_specifiers` version specifiers that the shell takes for redirections,
    `variables` all that the command sees, `folder` where it runs.
    """

    at: At
    command: PipCommand
    settings: Mapping[str, str | None]
    path: str | None
    files: tuple[tuple[str | None, Span], ...]
    lost_specifiers: tuple[Span, ...]
    variables: Mapping[str, str | None]
    folder: str | None


class Ran(Struct, frozen=True):
    """A command that no other fact tells of: its program's name, all its arguments, the variables that it sees."""

    at: At
    program: str
    arguments: tuple[Argument, ...]
    variables: Mapping[str, str | None]


class Written(Struct, frozen=True):
    """A file whose text stands in the Dockerfile: a heredoc of COPY, `cat > file <<EOF` or `echo text > file`."""

    at: At
    path: str | None
    text: MappedText


class Cloned(Struct, frozen=True):
    """`git clone`; `target` is absolute, `words` is the command's text in the file."""

    at: At
    clone: Clone
    target: str | None
    words: str


class Origin(Enum):
    """Where a COPY or ADD takes its files from."""

    CONTEXT = "context"
    STAGE = "stage"
    IMAGE = "image"
    URL = "url"


class Overwritten(Struct, frozen=True):
    """A file that a command writes: the target of cp, mv, install or ln, or of a redirection; absolute."""

    at: At
    path: str


class Copied(Struct, frozen=True):
    """One source of a COPY or ADD.

    `target` is where it goes: the file's path, or for a folder, or a pattern (`many`), the folder its files go to.
    `origin` says where it comes from.
    """

    at: At
    source: str
    span: Span
    target: str | None
    many: bool
    origin: Origin
    mode: str | None


class ModeChanged(Struct, frozen=True):
    """chmod, with absolute paths that may hold wildcards."""

    at: At
    mode: str
    paths: tuple[str, ...]
    recursive: bool


class Removed(Struct, frozen=True):
    """rm, or the source of mv; absolute paths that may hold wildcards."""

    at: At
    paths: tuple[str, ...]
    recursive: bool


class CommandSet(Struct, frozen=True):
    """CMD or ENTRYPOINT: `arguments` of the exec form, else None."""

    at: At
    keyword: str
    arguments: tuple[str, ...] | None


Fact = (
    EnvSet
    | WorkdirSet
    | AptRun
    | RepositoryAdded
    | VenvCreated
    | PipRun
    | Cloned
    | Copied
    | ModeChanged
    | Removed
    | CommandSet
    | Ran
    | Written
    | Overwritten
)
_F = TypeVar(
    "_F",
    EnvSet,
    WorkdirSet,
    AptRun,
    RepositoryAdded,
    VenvCreated,
    PipRun,
    Cloned,
    Copied,
    ModeChanged,
    Removed,
    CommandSet,
    Ran,
    Written,
    Overwritten,
)
_T = TypeVar("_T")


class Stage(Struct, frozen=True):
    """One FROM.

    `number` counts from 0. `image` is the reference with its variables replaced, None where that can't be known;
    `parent` is the number of the stage it builds on, None for an image from outside.
    """

    number: int
    instruction: Instruction
    image: str | None
    image_span: Span
    name: str | None
    name_span: Span | None
    parent: int | None


class Facts:
    """All that is known of a file. `lineage` holds the stages whose facts make the image that is judged."""

    def __init__(self, dockerfile: Dockerfile, stages: tuple[Stage, ...], facts: tuple[Fact, ...]) -> None:
        self.dockerfile = dockerfile
        self.stages = stages
        self.facts = facts
        self._by_type: dict[tuple[type, frozenset[int]], list[object]] = {}
        self._derived: dict[object, object] = {}
        self._ancestries: dict[int, frozenset[int]] = {}

    def ancestry(self, stage: int) -> frozenset[int]:
        """The stage and those it builds on."""
        if stage not in self._ancestries:
            found: set[int] = set()
            at: int | None = stage
            while at is not None and at not in found:
                found.add(at)
                at = self.stages[at].parent
            self._ancestries[stage] = frozenset(found)
        return self._ancestries[stage]

    def named(self, name: str) -> Stage | None:
        """The last stage of that name."""
        return next((s for s in reversed(self.stages) if s.name is not None and s.name.lower() == name.lower()), None)

    @cached_property
    def final(self) -> Stage | None:
        """The stage that is built when none is named."""
        return self.stages[-1] if self.stages else None

    @cached_property
    def needed(self) -> tuple[int, ...]:
        """The stages that the image is built from: the final one, those it builds on, those it takes files from."""
        wanted = [self.final.number] if self.final is not None else []
        by_stage: dict[int, list[Instruction]] = {}
        for instruction in self.dockerfile.instructions:
            by_stage.setdefault(instruction.stage, []).append(instruction)
        found: set[int] = set()
        while wanted:
            stage = self.stages[wanted.pop()]
            if stage.number in found:
                continue
            found.add(stage.number)
            wanted += [stage.parent] if stage.parent is not None else []
            for instruction in by_stage.get(stage.number, ()):
                wanted += self._sources(instruction)
        return tuple(sorted(found))

    def _sources(self, instruction: Instruction) -> list[int]:
        """The stages that COPY --from and RUN --mount name, by name or number."""
        names = [f.value or "" for f in instruction.flags if f.name == "from"]
        mounts = [f.value or "" for f in instruction.flags if f.name == "mount"]
        names += [part[5:] for mount in mounts for part in mount.split(",") if part.startswith("from=")]
        if any("$" in name for name in names):
            return list(range(instruction.stage))
        found: list[int] = []
        for name in names:
            if name.isdecimal():
                number = int(name.lstrip("0")[:9] or 0)
                found += [number] if number < instruction.stage else []
                continue
            named = self._named.get(name.lower(), [])
            found += named[: bisect_left(named, instruction.stage)][-1:]
        return found

    @cached_property
    def _named(self) -> dict[str, list[int]]:
        """The stages by name, "" for those that have none."""
        found: dict[str, list[int]] = {}
        for stage in self.stages:
            found.setdefault((stage.name or "").lower(), []).append(stage.number)
        return found

    @cached_property
    def _indexed(self) -> dict[tuple[type, int], list[Fact]]:
        """The facts by type and stage, in order, without those that never come about."""
        found: dict[tuple[type, int], list[Fact]] = {}
        for fact in self.facts:
            if fact.at.reach is not Reach.NEVER:
                found.setdefault((type(fact), fact.at.stage), []).append(fact)
        return found

    def derived(self, key: object, make: Callable[[], _T]) -> _T:
        """Something worked out from these facts, once for all that ask under the same key."""
        if key not in self._derived:
            self._derived[key] = make()
        return cast(_T, self._derived[key])

    def forget(self) -> None:
        """Let go of what was worked out. It holds on to these facts, so that all would wait for a search of cycles."""
        self._derived.clear()

    def of(self, kind: type[_F], lineage: Iterable[int]) -> list[_F]:
        """The facts of one type in some stages, in order, without those that never come about."""
        key = (kind, frozenset(lineage))
        if key not in self._by_type:
            self._by_type[key] = [f for stage in sorted(key[1]) for f in self._indexed.get((kind, stage), ())]
        return self._by_type[key]  # type: ignore[return-value]
