"""Signatures of causes: what a log says, why, and what to do. They are data; `catalogue` reads and checks them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from zr4lint.diagnose.anchor import Template
from zr4lint.diagnose.search import search_for

CONFIDENCES = ("certain", "likely", "possible")

Confidence = Literal["certain", "likely", "possible"]
Phase = Literal["build", "start", "pull", "push"]
Id = Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", description="a name such as `disk-full`")]
Code = Annotated[str, Meta(pattern="^[A-Z]+[0-9]+$", description="the code of a rule", examples=["ML301"])]


class Signature(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """The signature of one cause.

    One of the templates `says` has to be in what the failing step prints, one of `with` (`beside`) too, if there
    are any, and none of `without`. `instruction` lists words of which the failing instruction has to hold one, if
    it is known. `captures` lists the values that a capture may have, `reads` templates that only add captures.
    `over` names signatures that follow from this one, `mistaken-for` those that look alike. `proves` are the rules
    that the cause breaks, `related` those that report it in some cases only. `phase` is what fails where the log
    does not tell. `reached` is set where the words show that the server answered, so that an attempt that failed
    before explains nothing. `unless` are words that a line of `says` may not hold, `healed` words that report
    success, above which no line counts; with `ends`, only so many last lines with words count, and not if another
    known error stands below them that does not follow from this one. Where nothing surer is known, one of the causes
    that are only possible is told: of the lowest `rank` the first in the log, or the
    last of those with `last`.
    """

    id: Id
    cause: str
    cure: str
    confidence: Confidence
    says: tuple[str, ...]
    proves: tuple[Code, ...] = ()
    related: tuple[Code, ...] = ()
    beside: tuple[str, ...] = msgspec.field(default=(), name="with")
    without: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    healed: tuple[str, ...] = ()
    instruction: tuple[str, ...] = ()
    captures: dict[str, tuple[str, ...]] = {}
    reads: tuple[str, ...] = ()
    over: tuple[Id, ...] = ()
    mistaken_for: tuple[Id, ...] = ()
    phase: Phase | None = None
    reached: bool = False
    rank: int = 0
    last: bool = False
    ends: int = 0
    note: str = ""

    @property
    def rules(self) -> tuple[str, ...]:
        """The codes of the rules that the cause breaks and of those that report it in some cases."""
        return tuple(dict.fromkeys((*self.proves, *self.related)))


class Document(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A file of signatures.

    `noise` are words that prove nothing, `warnings` words that begin a warning, `transient` words of an attempt that is
    made again.
    """

    signature: tuple[Signature, ...] = ()
    noise: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    transient: tuple[str, ...] = ()


class Compiled(Struct, frozen=True):
    """A signature with its templates ready to be matched."""

    signature: Signature
    says: tuple[Template, ...]
    beside: tuple[Template, ...]
    without: tuple[Template, ...]
    unless: tuple[Template, ...]
    healed: tuple[Template, ...]
    instruction: tuple[Template, ...]
    reads: tuple[Template, ...]


class Catalogue(Struct, frozen=True):
    """All signatures by their ids, and what is noise; `rules` are the codes of the rules that there are.

    `former` are codes of ours that a rule had before. `literals` are the literal parts of words that are looked for,
    `marks` those of words that only weigh other ones.
    """

    signatures: Mapping[str, Compiled]
    noise: tuple[Template, ...]
    warnings: tuple[Template, ...]
    transient: tuple[Template, ...]
    literals: tuple[str, ...]
    marks: tuple[str, ...] = ()
    rules: frozenset[str] = frozenset()
    former: Mapping[str, tuple[str, ...]] = {}

    def telling(self, text: str) -> Iterator[tuple[int, str]]:
        """Where in a text the words of signatures are, and which."""
        return search_for(self.literals).places(text)

    def words(self, text: str) -> set[str]:
        """The literal parts of templates that are in a text."""
        return search_for((*self.literals, *self.marks)).words(text)

    def proving(self, code: str) -> list[Signature]:
        """The signatures of what a rule reports."""
        return [c.signature for c in self.signatures.values() if code in c.signature.rules]
