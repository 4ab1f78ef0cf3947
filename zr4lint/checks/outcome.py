"""The input and the outcomes of a check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.dockerfile import Dockerfile, Instruction
from zr4lint.facts import At, Facts, Memo, Stage
from zr4lint.facts.environments import Environment
from zr4lint.facts.image_files import Files
from zr4lint.model.finding import Fix, Related, Severity
from zr4lint.model.quoting import plain
from zr4lint.model.source import SourceFile, Span
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.filesystem.dockerignore import DockerIgnore


class Layer(Struct, frozen=True):
    """A layer of the specification and the lines it has to lie in, both counted."""

    number: int
    title: str
    first: int
    last: int


class Met(Struct, frozen=True):
    """A requirement, or a part of it, is met by the words at `span` of an instruction.

    `supports` are the indexes of the instructions that those words rely on. `spelled` is how the specification
    spells those words, where that is known. Of words in another file that the build reads, `elsewhere` is the place,
    and `span` that of the words that name the file; the engine sees to that.
    """

    span: Span
    instruction: Instruction
    supports: frozenset[int] = frozenset()
    spelled: str | None = None
    elsewhere: Span | None = None


class Unmet(Struct, frozen=True):
    """A requirement, or a part of it, is not met.

    `span` is None where something is missing and nothing shows its place; `unsure` tells that it can't be decided
    before the build, which makes the finding one level less severe. `about` is the code of the requirement that a
    finding on another rule's behalf speaks of. `hint` are words that an instruction meant for it would have,
    `add` is an instruction that would meet it, for a fix that adds it to the rule's layer. `severity` and `code` are
    the finding's where they are not its rule's. `message`, `notes`, `help` and `references` are the parts of the
    finding. `elsewhere` is as in Met.
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
    """A rule's outcomes, as rules that come after see them. `greps` are those of its rule."""

    code: str
    layer: int | None
    greps: tuple[str, ...]
    met: tuple[Met, ...]
    unmet: tuple[Unmet, ...]


class Subject(Struct, frozen=True):
    """The file that is judged: its facts, and the stages that make the image (`lineage`).

    `layer` is the layer of the rule that asks, `results` what the rules before it found, `context` the folder that
    COPY takes files from, None where it is not known, `stage` the name the specification gives the base stage. `memo`
    keeps what is worked out once for all rules of a lint.
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
        """The name of the result in messages: the image, or a stage that the built image takes nothing from."""
        final = self.facts.final
        beside = self.base is not None and final is not None and final.number not in self.lineage
        return f"stage {plain(self.base.name or '', 24)}" if beside and self.base and self.base.name else "the image"

    @property
    def environment(self) -> Environment:
        """The Python environment of the image."""
        return self.memo.get(("environment", self.lineage), lambda: Environment(self.facts, self.lineage))

    @property
    def dockerignore(self) -> DockerIgnore | None:
        """The ignore rules of the build context; None where there are none, or no context is known."""
        context = self.context
        if context is None:
            return None
        from zr4lint.filesystem.dockerignore import dockerignore  # few rules ask for it

        return self.memo.get("dockerignore", lambda: dockerignore(context, self.source.path))

    @property
    def files(self) -> Files:
        """The files that are known to be in the image."""
        return self.memo.get(("files", self.lineage), lambda: Files(self.facts, self.lineage))

    def words(self, span: Span) -> str:
        """The words at a span."""
        return self.facts.words(span)


def met(at: At, span: Span | None = None, spelled: str | None = None) -> Met:
    """A requirement met by a fact."""
    return Met(span or at.span, at.instruction, at.supports, spelled)


def maybe(at: At) -> bool:
    """Whether a fact can't be relied on."""
    return at.reach is Reach.MAYBE


def follows(at: At, other: At) -> bool:
    """Whether a fact comes about after another one of the same RUN, wherever that one does."""
    if at.order <= other.order or at.instruction.index != other.instruction.index:
        return False
    return not maybe(at) or (bool(at.guard) and other.guard[: len(at.guard)] == at.guard)
