"""The model of a trace: links from lines of a document to words of a Dockerfile, and the gaps."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from zr4lint.model.finding import Rule, Severity
from zr4lint.model.source import SourceFile, Span


class State(Enum):
    """The state of a requirement in a Dockerfile.

    A requirement is in conflict where the file meets it, and a rule of another pack warns of the very words.
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
    """The requirement is met by these words of the document's target text."""
    CHECK = "check"
    """A verification command of the requirement stands there."""
    SECTION = "section"
    """The section that the pack names begins there."""


class Passage(Struct, frozen=True):
    """A line of a document, and the words of it that a requirement is about; line and column count from 1."""

    path: str
    line: int
    column: int
    text: str
    words: str
    how: How


class Spot(Struct, frozen=True):
    """Words of the Dockerfile that a requirement is about, and the passage they belong to.

    `message` says what is wrong with them. An `absent` spot is only where something that is missing would belong.
    """

    span: Span
    text: str
    passage: Passage | None = None
    message: str | None = None
    absent: bool = False


class Requirement(Struct, frozen=True):
    """A rule of a pack, with its passages and spots.

    `severity` is that of its findings after the settings. `suppressed` tells that all of its findings are. `notes`
    say what is known beyond the spots.
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
    """A requirement that is about an instruction: the spots that are words of it, none where others rely on it."""

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
    """Something that nothing answers to: where it stands, its words, and why; `code` is that of a rule."""

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
    """A document that was read; `changed` if its text differs from the one that the pack was made from."""

    file: Named
    changed: bool


class Trace(Struct, frozen=True):
    """A Dockerfile, and what is asked of it.

    `source` is its text without secrets. `refused` says why BuildKit refuses the file. `packs` are the names of the
    packs whose rules are traced, `configuration` the files that decide what comes of it. `unread` are the names of
    documents that were not found: what they demand is not known.
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
        """The requirements of a state."""
        return [one for one in self.requirements if one.state is state]

    def gaps_of(self, sort: Sort) -> list[Gap]:
        """The gaps of a sort."""
        return [gap for gap in self.gaps if gap.sort is sort]
