"""Signatures of causes: what a log says, why, and what to do. They are data, and are read and checked here."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Literal

import msgspec
from msgspec import Struct

from zr4lint.diagnose.template import Template, TemplateError, compile_template
from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.filesystem.shipped import rules_folder, shipped_document

FOLDER = "signatures"
MAX_BYTES = 4_000_000
_LEAST = {"says": 4, "reads": 4}
"""How many literal characters in a row a template needs: words that are looked for everywhere more than others."""

_SHORTEST, _HINT = 4, 8
"""How long the words of the quick look are: longer ones are many, shorter ones are found everywhere."""
CONFIDENCES = ("certain", "likely", "possible")

Confidence = Literal["certain", "likely", "possible"]
Phase = Literal["build", "start", "pull", "push"]


class SignatureError(Exception):
    """Signatures that can't be used; each line of the message names file, signature and key."""


class Signature(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What tells of one cause.

    One of the templates `says` has to be in what the failing step prints, and one of `with` (`beside`) too, if there
    are any. `instruction` lists words of which the failing instruction has to hold one, if it is known. `captures`
    lists the values that a capture may have, `reads` templates that only add captures. `over` names signatures that
    follow from this one, `mistaken-for` those that look alike. `proves` are the rules that the cause breaks.
    """

    id: str
    cause: str
    cure: str
    confidence: Confidence
    says: tuple[str, ...]
    proves: tuple[str, ...] = ()
    beside: tuple[str, ...] = msgspec.field(default=(), name="with")
    instruction: tuple[str, ...] = ()
    captures: dict[str, tuple[str, ...]] = {}
    reads: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    mistaken_for: tuple[str, ...] = ()
    phase: Phase | None = None
    note: str = ""


class Document(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A file of signatures; `noise` are words that prove nothing, `warnings` words that begin a warning."""

    signature: tuple[Signature, ...] = ()
    noise: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Compiled(Struct, frozen=True):
    """A signature with its templates ready to be matched."""

    signature: Signature
    says: tuple[Template, ...]
    beside: tuple[Template, ...]
    instruction: tuple[Template, ...]
    reads: tuple[Template, ...]


class Catalogue(Struct, frozen=True):
    """All signatures by their ids, and what is noise."""

    signatures: Mapping[str, Compiled]
    noise: tuple[Template, ...]
    warnings: tuple[Template, ...]
    hints: tuple[str, ...]

    def may_matter(self, text: str) -> bool:
        """Whether a text may hold words of a signature; quick, and never wrong when it says no."""
        return any(hint in text for hint in self.hints)

    def proving(self, code: str) -> list[Signature]:
        """The signatures that prove a rule to be broken."""
        return [c.signature for c in self.signatures.values() if code in c.signature.proves]


def shipped_files() -> list[str]:
    """The names of the documents that come with zr4lint, without their folder and ending."""
    names = os.listdir(os.path.join(rules_folder(), FOLDER))
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


@cache
def shipped() -> Catalogue:
    """The signatures that come with zr4lint."""
    documents = [(f"rules/{FOLDER}/{name}.toml", shipped_document(f"{FOLDER}/{name}")) for name in shipped_files()]
    return catalogue(documents)


def load(paths: Sequence[str]) -> Catalogue:
    """The signatures that come with zr4lint, and those of more files; one of the same id takes the place of ours."""
    if not paths:
        return shipped()
    documents = [(f"rules/{FOLDER}/{name}.toml", shipped_document(f"{FOLDER}/{name}")) for name in shipped_files()]
    return catalogue(documents, [(path, _document(path)) for path in paths])


def _document(path: str) -> Mapping[str, Any]:
    import tomli

    try:
        return tomli.loads(read_regular(path, MAX_BYTES).decode("utf-8"))
    except (OSError, UnicodeDecodeError, UnfitError) as error:
        raise SignatureError(f"{path}: can't be read: {error}") from None
    except (ValueError, RecursionError) as error:
        raise SignatureError(f"{path}: not valid TOML: {error}") from None


def catalogue(
    documents: Iterable[tuple[str, Mapping[str, Any]]], more: Iterable[tuple[str, Mapping[str, Any]]] = ()
) -> Catalogue:
    """Read documents, of which those in `more` may replace signatures; SignatureError tells of all problems."""
    problems: list[str] = []
    found: dict[str, Compiled] = {}
    noise: list[Template] = []
    warnings: list[Template] = []
    for replaces, group in ((False, documents), (True, more)):
        for shown, document in group:
            read = _convert(shown, document, problems)
            noise += _templates(shown, "noise", read.noise, problems)
            warnings += _templates(shown, "warnings", read.warnings, problems)
            seen: set[str] = set()
            for signature in read.signature:
                if signature.id in seen or (signature.id in found and not replaces):
                    problems.append(f"{shown}: signature {signature.id}: key 'id': given twice")
                seen.add(signature.id)
                found[signature.id] = _compile(shown, signature, problems)
    problems += _unknown(found)
    if problems:
        raise SignatureError("\n".join(problems))
    texts = [t.literal for c in found.values() for group in (c.says, c.beside, c.reads) for t in group]
    return Catalogue(found, tuple(noise), tuple(warnings), hints(texts))


def _convert(shown: str, document: Mapping[str, Any], problems: list[str]) -> Document:
    """Read each table by itself, so that every problem is told."""
    tables = document.get("signature", [])
    if not isinstance(tables, list):
        problems.append(f"{shown}: key 'signature': expected [[signature]] tables")
        tables = []
    signatures: list[Signature] = []
    for index, table in enumerate(tables, start=1):
        name = table.get("id", index) if isinstance(table, dict) else index
        try:
            signatures.append(msgspec.convert(table, Signature))
        except msgspec.ValidationError as error:
            problems.append(f"{shown}: signature {name}: {error}")
    rest = {key: value for key, value in document.items() if key != "signature"}
    try:
        other = msgspec.convert(rest, Document)
    except msgspec.ValidationError as error:
        problems.append(f"{shown}: {error}")
        other = Document()
    return Document(tuple(signatures), other.noise, other.warnings)


def _compile(shown: str, signature: Signature, problems: list[str]) -> Compiled:
    where = f"{shown}: signature {signature.id}"
    if not signature.says:
        problems.append(f"{where}: key 'says': empty")
    return Compiled(
        signature,
        _templates(where, "says", signature.says, problems),
        _templates(where, "with", signature.beside, problems),
        _templates(where, "instruction", signature.instruction, problems),
        _templates(where, "reads", signature.reads, problems),
    )


def _templates(where: str, key: str, texts: Sequence[str], problems: list[str]) -> tuple[Template, ...]:
    found = []
    for text in texts:
        try:
            found.append(compile_template(text, _LEAST.get(key, 2)))
        except TemplateError as error:
            problems.append(f"{where}: key {key!r}: {error}")
    return tuple(found)


def _unknown(found: Mapping[str, Compiled]) -> list[str]:
    """What names signatures that there are not."""
    from zr4lint.model.quoting import nearest

    problems = []
    for compiled in found.values():
        signature = compiled.signature
        for key, names in (("over", signature.over), ("mistaken-for", signature.mistaken_for)):
            for name in names:
                if name not in found:
                    near = nearest(name, found)
                    ask = f"; did you mean {near}?" if near else ""
                    problems.append(f"signature {signature.id}: key {key!r}: no signature has the id {name!r}{ask}")
    return problems


def hints(literals: Iterable[str]) -> tuple[str, ...]:
    """A few short words of which every literal holds at least one: what a quick look for all of them has to find."""
    left = {literal for literal in literals if len(literal) >= _SHORTEST}
    found = [literal for literal in left if len(literal) < _HINT]
    left = {literal for literal in left if not any(hint in literal for hint in found)}
    while left:
        counts = Counter(part for literal in left for part in _parts(literal))
        best = max(counts, key=lambda part: (counts[part], part))
        found.append(best)
        left = {literal for literal in left if best not in literal}
    return tuple(found)


def _parts(literal: str) -> set[str]:
    return {literal[at : at + _HINT] for at in range(len(literal) - _HINT + 1)}
