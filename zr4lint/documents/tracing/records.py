"""Defines a trace: links from lines of a document to words of a Dockerfile, and the gaps."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from zr4lint.model.finding import Rule, Severity
from zr4lint.model.source import SourceFile, Span


class State(Enum):
    """The state of a requirement in a Dockerfile.

    A requirement is in conflict if the file meets it and a rule of another pack reports the same words.
    """

    MET = "met"
    UNMET = "not met"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"


class How(Enum):
    """The kinds of links between a line of a document and a requirement."""

    STATED = "stated"
    """The pack names the line."""
    TARGET = "target"
    """The words of the document's target text meet the requirement."""
    CHECK = "check"
    """The line has a verification command of the requirement."""
    SECTION = "section"
    """The line is the heading of the section that the pack names."""


class Passage(Struct, frozen=True):
    """A line of a document, and its words that a requirement is about; line and column count from 1."""

    path: str
    line: int
    column: int
    text: str
    words: str
    how: How


class Spot(Struct, frozen=True):
    """Words of the Dockerfile that a requirement is about, and the passage that they belong to.

    `message` is the message of a finding on them. An `absent` spot marks the place where missing words belong.
    """

    span: Span
    text: str
    passage: Passage | None = None
    message: str | None = None
    absent: bool = False


class Requirement(Struct, frozen=True):
    """A rule of a pack, with its passages and spots.

    `severity` is the severity of its findings after the settings. `suppressed` is whether all of its findings are
    suppressed. `notes` explain its state.
    """

    rule: Rule
    pack: str
    severity: Severity
    state: State
    passages: tuple[Passage, ...] = ()
    spots: tuple[Spot, ...] = ()
    suppressed: bool = False
    notes: tuple[str, ...] = ()


class About(Struct, frozen=True):
    """A requirement of an instruction with its spots there; without spots, other instructions rely on this one."""

    requirement: Requirement
    spots: tuple[Spot, ...]

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The lines of documents that require these words, each once."""
        near = [spot.passage for spot in self.spots if spot.passage is not None]
        found = {(p.path, p.line): p for p in near or self.requirement.passages[:1]}
        return tuple(found[key] for key in sorted(found))


class Step(Struct, frozen=True):
    """An instruction of the Dockerfile, and the requirements that are about it."""

    line: int
    end_line: int
    text: str
    about: tuple[About, ...]

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The lines of documents that require words of the instruction, each once."""
        found = {(passage.path, passage.line): passage for one in self.about for passage in one.passages}
        return tuple(found[key] for key in sorted(found))


class Sort(Enum):
    """The kinds of gaps."""

    DEMAND = "demand without a check"
    CHECK = "check without a demand"
    INSTRUCTION = "instruction without either"


class Gap(Struct, frozen=True):
    """A demand, check or instruction without a counterpart: its place, its text and the reason; `code` is a rule's."""

    sort: Sort
    path: str
    line: int | None
    column: int | None
    text: str
    reason: str
    code: str = ""
    name: str = ""


class Named(Struct, frozen=True):
    """A file that a trace is made from, and the SHA-256 of its bytes."""

    path: str
    sha256: str


class Told(Struct, frozen=True):
    """A document that was read; `changed` is whether its text differs from the one that the pack was made from."""

    file: Named
    changed: bool


class Trace(Struct, frozen=True):
    """A Dockerfile with its requirements and gaps.

    `source` is its text without secrets. `refused` are the errors of BuildKit. `packs` are the names of the packs whose
    rules are traced. `configuration` are the packs' files and the configuration file. `unread` are the names of
    documents that were not found, whose demands are unknown.
    """

    source: SourceFile
    dockerfile: Named
    documents: tuple[Told, ...]
    packs: tuple[str, ...]
    configuration: tuple[Named, ...]
    requirements: tuple[Requirement, ...]
    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]
    refused: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def of(self, state: State) -> list[Requirement]:
        """Return the requirements of a state."""
        return [one for one in self.requirements if one.state is state]

    def gaps_of(self, sort: Sort) -> list[Gap]:
        """Return the gaps of a sort."""
        return [gap for gap in self.gaps if gap.sort is sort]
