"""Defines the signatures of causes: the words in a log, the cause and the cure. `catalogue` reads them."""

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

    - `says`: the failing step must print one of these templates.
    - `with` (`beside`): the step must also print one of these templates, if there are any.
    - `without`: neither the output nor the command may contain any of these templates.
    - `instruction`: the failing instruction, if known, must contain one of these templates.
    - `captures`: the values that a capture may have. `reads`: templates that only add captures.
    - `over`: signatures that follow from this one. `mistaken-for`: similar signatures.
    - `proves`: the rules that the cause breaks. `related`: rules that report it in some cases only.
    - `phase`: the phase that fails, if the log does not show it.
    - `reached`: whether the words show that the server answered, so that an earlier failed attempt explains nothing.
    - `unless`: a line that matches `says` must not contain any of these templates.
    - `healed`: these templates report success, so that no line above them counts.
    - `ends`: the number of last non-blank lines that count. An unrelated known error below them excludes the signature.
    - `rank`: the order of causes of equal confidence, the lowest first; equal ranks are in the order of the log. If all
      causes are only possible, one is reported.
    - `last`: whether the last line of the signature counts, and not the first.
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
        """The codes of the rules that the cause breaks, and of those that report it in some cases."""
        return tuple(dict.fromkeys((*self.proves, *self.related)))


class Document(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A file of signatures.

    Lines with `noise` prove nothing, lines with `warnings` begin a warning, and lines with `transient` words are from
    an attempt that is repeated. Lines with `continues` words show that the step continued after the lines above.
    """

    signature: tuple[Signature, ...] = ()
    noise: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    transient: tuple[str, ...] = ()
    continues: tuple[str, ...] = ()


class Compiled(Struct, frozen=True):
    """A signature with compiled templates."""

    signature: Signature
    says: tuple[Template, ...]
    beside: tuple[Template, ...]
    without: tuple[Template, ...]
    unless: tuple[Template, ...]
    healed: tuple[Template, ...]
    instruction: tuple[Template, ...]
    reads: tuple[Template, ...]


class Catalogue(Struct, frozen=True):
    """All signatures by their ids, and templates of noise; `rules` are the codes of all rules.

    `former` are the former codes of rules, by their codes. `literals` are the literal parts of templates that keep a
    line in a window. `marks` are the literal parts of all other templates.
    """

    signatures: Mapping[str, Compiled]
    noise: tuple[Template, ...]
    warnings: tuple[Template, ...]
    transient: tuple[Template, ...]
    continues: tuple[Template, ...]
    literals: tuple[str, ...]
    marks: tuple[str, ...] = ()
    rules: frozenset[str] = frozenset()
    former: Mapping[str, tuple[str, ...]] = {}

    def telling(self, text: str) -> Iterator[tuple[int, str]]:
        """Return the offsets of signatures' literal parts in a text, and these parts."""
        return search_for(self.literals).places(text)

    def words(self, text: str) -> set[str]:
        """Return the literal parts of templates that a text contains."""
        return search_for((*self.literals, *self.marks)).words(text)

    def proving(self, code: str) -> list[Signature]:
        """Return the signatures of failures that a rule reports."""
        return [c.signature for c in self.signatures.values() if code in c.signature.rules]
