"""The facts of a file and of each of its stages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from zr4lint.dockerfile import Dockerfile, Instruction
from zr4lint.facts.fact import Fact
from zr4lint.facts.flags import Flags
from zr4lint.model.budgets import STAGES_OF_A_CHAIN
from zr4lint.model.source import FILE_SIZE, Span
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.context_files import Included
    from zr4lint.model.remark import Remark

_F = TypeVar("_F", bound=Fact)

_KEPT = 500
"""The most cached lists of facts or sets of stages; all of them need quadratic memory for long chains of stages."""


class Stage(Struct, frozen=True):
    """A FROM.

    `number` counts from 0. `image` is the reference with its variables replaced, or None if it is unknown. `parent` is
    the number of the stage it builds on, or None for an outside image. The platform is one of the `flags`. `variables`
    are patterns of the variables that the image sets, or None if they are unknown.
    """

    number: int
    instruction: Instruction
    image: str | None
    image_span: Span
    name: str | None
    name_span: Span | None
    parent: int | None
    flags: Flags = Flags()
    variables: tuple[str, ...] | None = None


class Facts:
    """All facts of a file.

    `remarks` are found while the facts are gathered, before any rule runs. `included` are the files of the build
    context that commands read; offsets beyond the file's own text belong to them. `contexts` are the names of
    additional contexts in lower case. `declared_shells` are the shells that comments name, by index of the instruction.
    """

    declared_shells: Mapping[int, str] = MappingProxyType({})

    def __init__(
        self,
        dockerfile: Dockerfile,
        stages: tuple[Stage, ...],
        facts: tuple[Fact, ...],
        targets: tuple[str, ...] = (),
        remarks: tuple[Remark, ...] = (),
        included: tuple[Included, ...] = (),
        contexts: frozenset[str] = frozenset(),
    ) -> None:
        self.contexts = contexts
        self.included = included
        self.remarks = remarks
        self.dockerfile = dockerfile
        self.targets = targets
        self.stages = stages
        self.facts = facts
        self._by_type: dict[tuple[type, frozenset[int], bool], list[Any]] = {}
        self._ancestries: dict[int, frozenset[int]] = {}

    def file_at(self, span: Span) -> Included | None:
        """Return the other file that a span is in, or None for the file itself."""
        number = span.start // FILE_SIZE
        return self.included[number - 1] if number else None

    def words(self, span: Span) -> str:
        """Return the text of a span in any of the files."""
        file = self.file_at(span)
        return self.dockerfile.source.slice(span) if file is None else file.source.slice(file.local(span))

    def anchor(self, span: Span) -> Span:
        """Return the span itself or, for a span in another file, the words that name that file."""
        file = self.file_at(span)
        return span if file is None else file.anchor

    def ancestry(self, stage: int) -> frozenset[int]:
        """Return the stage and the nearest stages it builds on, `budgets.STAGES_OF_A_CHAIN` at most."""
        if (known := self._ancestries.get(stage)) is not None:
            return known
        found: set[int] = set()
        at: int | None = stage
        while at is not None and at not in found and len(found) < STAGES_OF_A_CHAIN:
            found.add(at)
            at = self.stages[at].parent
        if len(self._ancestries) >= _KEPT:
            self._ancestries.clear()
        self._ancestries[stage] = frozenset(found)
        return self._ancestries[stage]

    def named(self, name: str) -> Stage | None:
        """Return the last stage with this name, or None."""
        return next((s for s in reversed(self.stages) if s.name is not None and s.name.lower() == name.lower()), None)

    def called(self, name: str) -> Stage | None:
        """Return the last stage with this name, or else the one with this number, or None."""
        number = int(name) if name.isdecimal() else len(self.stages)
        return self.named(name) or (self.stages[number] if number < len(self.stages) else None)

    @cached_property
    def shipped(self) -> tuple[Stage, ...]:
        """Return the stages that are built: the targets in the file, or otherwise the last stage."""
        wanted = {target.lower() for target in self.targets}
        numbers = {stage.number for stage in map(self.named, wanted) if stage is not None}
        numbers |= {stage.number for stage in self.stages if str(stage.number) in wanted}
        return tuple(stage for stage in self.stages if stage.number in numbers) or self.stages[-1:]

    @property
    def final(self) -> Stage | None:
        """Return the last of the stages that are built, or None."""
        return self.shipped[-1] if self.shipped else None

    @cached_property
    def needed(self) -> tuple[int, ...]:
        """Return the numbers of the stages that are built: those shipped, their ancestors, and those they copy from."""
        wanted = [stage.number for stage in self.shipped]
        found: set[int] = set()
        below = 0  # all stages below this one are needed already
        while wanted:
            stage = self.stages[wanted.pop()]
            if stage.number in found:
                continue
            found.add(stage.number)
            wanted += [stage.parent] if stage.parent is not None else []
            for instruction in self.instructions_of(stage.number):
                sources = self._sources(instruction)
                if sources is None:
                    wanted += range(below, stage.number)
                    below = max(below, stage.number)
                else:
                    wanted += sources
        return tuple(sorted(found))

    def instructions_of(self, stage: int) -> Sequence[Instruction]:
        """Return the instructions of a stage, including its FROM."""
        return self._by_stage.get(stage, ())

    @cached_property
    def _by_stage(self) -> dict[int, list[Instruction]]:
        found: dict[int, list[Instruction]] = {}
        for instruction in self.dockerfile.instructions:
            found.setdefault(instruction.stage, []).append(instruction)
        return found

    def _sources(self, instruction: Instruction) -> list[int] | None:
        """Return the stages that COPY --from and RUN --mount name, or None if a variable names one."""
        names = [f.value or "" for f in instruction.flags if f.name == "from"]
        mounts = [f.value or "" for f in instruction.flags if f.name == "mount"]
        names += [part[5:] for mount in mounts for part in mount.split(",") if part.startswith("from=")]
        if any("$" in name for name in names):
            return None
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
        """Return the stages by name, with "" for those without a name."""
        found: dict[str, list[int]] = {}
        for stage in self.stages:
            found.setdefault((stage.name or "").lower(), []).append(stage.number)
        return found

    @cached_property
    def _indexed(self) -> dict[tuple[type, int, bool], list[Fact]]:
        """Return the facts by type, stage and `trigger`, in order, without those that never happen."""
        found: dict[tuple[type, int, bool], list[Fact]] = {}
        for fact in self.facts:
            if fact.at.reach is not Reach.NEVER:
                found.setdefault((type(fact), fact.at.stage, fact.at.trigger), []).append(fact)
        return found

    def of(self, kind: type[_F], stages: Iterable[int], *, triggers: bool = False) -> list[_F]:
        """Return the facts of one type in some stages, in order, without those that never happen.

        The instruction of an ONBUILD runs in the stages that build on its stage, and has facts there. `triggers` adds
        the facts that it would have at the end of its own stage.
        """
        key = (kind, frozenset(stages), triggers)
        if key not in self._by_type:
            found: list[Fact] = []
            for stage in sorted(key[1]):
                found += self._indexed.get((kind, stage, False), ())
                found += self._indexed.get((kind, stage, True), ()) if triggers else ()
            if len(self._by_type) >= _KEPT:
                self._by_type.clear()
            self._by_type[key] = found
        of_kind: list[_F] = self._by_type[key]
        return of_kind
