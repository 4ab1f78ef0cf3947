"""The input and the outcomes of a check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.dockerfile import Dockerfile, Instruction
from zr4lint.facts import At, Facts, Memo, Stage
from zr4lint.facts.environments import PythonEnvironment
from zr4lint.facts.image_files import ImageFiles
from zr4lint.model.finding import Fix, Related, Severity
from zr4lint.model.quoting import plain
from zr4lint.model.source import SourceFile, Span
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.filesystem.dockerignore import DockerIgnore


class Layer(Struct, frozen=True):
    """A layer of the specification with its first and last line, both inclusive."""

    number: int
    title: str
    first: int
    last: int


class Met(Struct, frozen=True, gc=False):
    """A requirement, or a part of it, is met by the words at `span` of an instruction.

    - `supports`: the indexes of the instructions that those words rely on.
    - `spelled`: the words as the specification spells them, if known.
    - `elsewhere`: the place in another file that the build reads. `span` is then the span of the words that name the
      file. The engine sets both.
    """

    span: Span
    instruction: Instruction
    supports: frozenset[int] = frozenset()
    spelled: str | None = None
    elsewhere: Span | None = None


class Unmet(Struct, frozen=True, gc=False):
    """A requirement, or a part of it, is not met.

    - `span`: None if something is missing and has no known place.
    - `unsure`: the requirement can't be decided before the build. The finding is then one level less severe.
    - `about`: the code of the requirement that the finding is about, if another rule reports it.
    - `hint`: words that an instruction written for the requirement would have.
    - `add`: an instruction that would meet the requirement. A fix adds it to the rule's layer.
    - `severity` and `code`: those of the finding, if they differ from the rule's.
    - `message`, `notes`, `help` and `references`: the parts of the finding.
    - `elsewhere`: as in Met.
    """

    message: str
    span: Span | None = None
    expected: str | None = None
    fix: Fix | None = None
    related: tuple[Related, ...] = ()
    unsure: bool = False
    about: str | None = None
    hint: tuple[str, ...] = ()
    add: str | None = None
    severity: Severity | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    references: tuple[str, ...] = ()
    code: str | None = None
    elsewhere: Span | None = None


Outcome = Met | Unmet
Outcomes = Iterator[Outcome]


class RuleResult(Struct, frozen=True):
    """A rule's outcomes, for the rules that run after it. `greps` are the rule's own."""

    code: str
    layer: int | None
    greps: tuple[str, ...]
    met: tuple[Met, ...]
    unmet: tuple[Unmet, ...]


class Subject(Struct, frozen=True):
    """The input of a check: the facts of the file, and the stages that make the image (`lineage`).

    - `layer`: the layer of the rule.
    - `results`: the outcomes of the rules before it.
    - `context`: the folder that COPY copies from, or None if unknown.
    - `stage`: the specification's name for the base stage.
    - `memo`: a cache that all rules of a lint share.
    """

    facts: Facts
    lineage: frozenset[int]
    base: Stage | None
    memo: Memo
    layers: tuple[Layer, ...] = ()
    layer: Layer | None = None
    context: str | None = None
    results: Mapping[str, RuleResult] = {}
    stage: str | None = None

    @property
    def dockerfile(self) -> Dockerfile:
        """The parsed file."""
        return self.facts.dockerfile

    @property
    def source(self) -> SourceFile:
        """The file's text."""
        return self.facts.dockerfile.source

    @property
    def whole(self) -> str:
        """The name of the result in messages: "the image", or a stage that the built image does not use."""
        final = self.facts.final
        beside = self.base is not None and final is not None and final.number not in self.lineage
        return f"stage {plain(self.base.name or '', 24)}" if beside and self.base and self.base.name else "the image"

    @property
    def environment(self) -> PythonEnvironment:
        """The Python environment of the image."""
        return self.memo.get(("environment", self.lineage), lambda: PythonEnvironment(self.facts, self.lineage))

    @property
    def dockerignore(self) -> DockerIgnore | None:
        """The ignore rules of the build context; None if there are none, or the context is unknown."""
        context = self.context
        if context is None:
            return None
        from zr4lint.filesystem.dockerignore import dockerignore  # few rules need it

        return self.memo.get("dockerignore", lambda: dockerignore(context, self.source.path))

    @property
    def files(self) -> ImageFiles:
        """The files that are known to be in the image."""
        return self.memo.get(("files", self.lineage), lambda: ImageFiles(self.facts, self.lineage))

    def words(self, span: Span) -> str:
        """Return the words at a span."""
        return self.facts.words(span)


def met(at: At, span: Span | None = None, spelled: str | None = None) -> Met:
    """Return the outcome for a requirement that a fact meets."""
    return Met(span or at.span, at.instruction, at.supports, spelled)


def maybe(at: At) -> bool:
    """Return whether a fact is uncertain."""
    return at.reach is Reach.MAYBE


def follows(at: At, other: At) -> bool:
    """Return whether a fact certainly comes after another one of the same RUN, if that one occurs."""
    if at.order <= other.order or at.instruction.index != other.instruction.index:
        return False
    return not maybe(at) or (bool(at.guard) and other.guard[: len(at.guard)] == at.guard)
