"""Packs: specifications as data. They are read and checked here; nothing in a pack is executed or imported."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from msgspec import Struct

from zr4lint.filesystem.globs import matches
from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.filesystem.shipped import rules_folder, shipped_document
from zr4lint.model.finding import Applicability, Rule, Severity
from zr4lint.packs.toml_table import FITS, Table

MAX_BYTES = 4_000_000


class PackError(Exception):
    """A pack that can't be used; the message names file, rule and key."""


class CheckKind(Protocol):
    """What has to be known of a kind of check to read a rule that uses it."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters by name, each with its type."""

    @property
    def optional(self) -> frozenset[str]:
        """The parameters that may be left out."""


class Vocabulary(Protocol):
    """What packs are written in: the kinds of checks by name, and the language of verification commands."""

    def __contains__(self, name: object, /) -> bool:
        """Whether there is a kind of that name."""

    def __getitem__(self, name: str, /) -> CheckKind:
        """The kind of that name."""

    def refusal(self, pattern: str) -> str | None:
        """Why a command's pattern can't be used; None if it can."""


class Section(Struct, frozen=True):
    """A section of the specification; a section that describes a layer has the layer's number and lines."""

    number: str
    title: str
    layer: int | None
    lines: tuple[int, int] | None


class PackRule(Struct, frozen=True):
    """A rule as the engine runs it; `anywhere` rules are not bound to the lines of their section's layer."""

    rule: Rule
    check: str
    parameters: Mapping[str, Any]
    commands: tuple[str, ...]


class ConflictRule(Struct, frozen=True):
    """A requirement that demands what the rules of other packs warn of, by their codes."""

    requirement: str
    rules: tuple[str, ...]


class Amendment(Struct, frozen=True):
    """What is accepted for a requirement in place of the specification's letter, if amendments are wanted.

    `parameters` are those of the rule's check, None where nothing is asked for any more. `add` is the instruction
    that a fix adds, "" for the check's own.
    """

    requirement: str
    parameters: Mapping[str, Any] | None
    add: str
    reason: str
    source: str


class CriterionRule(Struct, frozen=True):
    """How points of a score are earned.

    `by` is "rules" (the share of `rules` met), "must" (of all rules at level error), "commands" (of the rules that
    have commands) or "fixes" (of the findings that carry a fix).
    """

    name: str
    by: str
    points: int
    rules: tuple[str, ...]


class Pack(Struct, frozen=True):
    """A specification: which files it claims, its sections, its rules, its score.

    `stage` is the name of the stage it speaks of, `images` maps repositories to patterns of the variables that
    these images are known to set. Rules that hold for files of any kind are no `specification`: no table tells how
    far a file conforms to them.
    """

    name: str
    title: str
    document: str
    files: tuple[str, ...]
    stage: str | None
    images: Mapping[str, tuple[str, ...]]
    sections: tuple[Section, ...]
    rules: tuple[PackRule, ...]
    criteria: tuple[CriterionRule, ...]
    conflicts: tuple[ConflictRule, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    specification: bool = True

    def claims(self, path: str) -> bool:
        """Whether a file of this path is one the pack is for; patterns without "/" look at the name alone."""
        path = path.replace("\\", "/")
        name = path.rpartition("/")[2]
        return any(matches(path if "/" in pattern else name, pattern) for pattern in self.files)


@cache
def pack_names() -> Sequence[str]:
    """The names of the packs that come with zr4lint."""
    return sorted(name.removesuffix(".toml") for name in os.listdir(rules_folder()) if name.endswith(".toml"))


def load_pack(name: str, kinds: Vocabulary) -> Pack:
    """Read a pack by the name it comes with, or by the path of a file.

    Raises PackError if there is none, or if anything in it is not as it should be.
    """
    shipped = name in pack_names()
    shown = f"rules/{name}.toml" if shipped else name
    try:
        document = shipped_document(name) if shipped else _document(name)
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{shown}: can't be read: {error}") from error
    except (ValueError, RecursionError) as error:
        raise PackError(f"{shown}: not valid TOML: {error}") from error
    return read_pack(document, kinds, shown)


def _document(path: str) -> Mapping[str, Any]:
    import tomli

    if not os.path.isfile(path):
        raise PackError(f"no pack {path!r}: it is neither a file nor one of {', '.join(pack_names()) or 'none'}")
    try:
        data = read_regular(path, MAX_BYTES)
    except UnfitError as error:
        raise PackError(f"{path}: {error}") from None
    return tomli.loads(data.decode("utf-8"))


def read_pack(document: Mapping[str, Any], kinds: Vocabulary, shown: str) -> Pack:
    """Read a pack from its parsed TOML; `shown` is the file's name in messages."""
    table = _Table(document, shown)
    name = table.text("name")
    title = table.text("title")
    origin = table.text("document")
    files = table.texts("files")
    stage = table.text("stage", "") or None
    images = dict(_image(t) for t in table.tables("image", "name", required=False))
    sections = tuple(_section(t) for t in table.tables("section"))
    by_number = {section.number: section for section in sections}
    rules = tuple(_rule(t, kinds, by_number, origin) for t in table.tables("rule", "code"))
    codes = [r.rule.code for r in rules]
    _once(f"{shown}: section", "number", [section.number for section in sections])
    _once(f"{shown}: section", "layer", [section.layer for section in sections if section.layer is not None])
    _once(f"{shown}: rule", "code", codes)
    _once(f"{shown}: rule", "name", [r.rule.name for r in rules])
    criteria = tuple(_criterion(t, set(codes)) for t in table.tables("criterion", "name", required=False))
    conflicts = tuple(_conflict(t, set(codes)) for t in table.tables("conflict", "requirement", required=False))
    by_code = {rule.rule.code: rule for rule in rules}
    amendments = tuple(_amendment(t, kinds, by_code) for t in table.tables("amendment", "requirement", required=False))
    _once(f"{shown}: amendment", "requirement", [amendment.requirement for amendment in amendments])
    specification = table.flag("specification", default=True)
    table.done()
    return Pack(
        name, title, origin, files, stage, images, sections, rules, criteria, conflicts, amendments, specification
    )


def _once(where: str, key: str, values: Sequence[str] | Sequence[int]) -> None:
    twice = next((value for value, count in Counter(values).items() if count > 1), None)
    if twice is not None:
        raise PackError(f"{where} {twice}: key {key!r}: given twice")


class _Table(Table):
    """A table of a pack."""

    def error(self, key: str, message: str) -> PackError:
        return PackError(f"{self.where}: key {key!r}: {message}")


_LEVELS = {severity.label: severity for severity in Severity}
_FIXES = {"none": None, **{applicability.label: applicability for applicability in Applicability}}
_CRITERIA = {"rules": "rules", "must": "must", "commands": "commands", "fixes": "fixes"}


def _image(table: _Table) -> tuple[str, tuple[str, ...]]:
    table.text("source")
    found = (table.text("name"), table.texts("variables"))
    table.done()
    return found


def _section(table: _Table) -> Section:
    number, title = table.text("number"), table.text("title")
    layer = table.number("layer", 0) or None
    lines: tuple[int, int] | None = None
    if layer is not None:
        fits = lambda v: isinstance(v, list) and len(v) == 2 and all(FITS["int"][1](n) and n > 0 for n in v)  # noqa: E731
        first, last = table.take("lines", "two line numbers", fits)
        if first > last:
            raise table.error("lines", f"line {first} comes after line {last}")
        lines = (first, last)
    table.done()
    return Section(number, title, layer, lines)


def _rule(table: _Table, kinds: Vocabulary, sections: Mapping[str, Section], document: str) -> PackRule:
    code, name = table.text("code"), table.text("name")
    letters = code.rstrip("0123456789")
    if letters == code or not (letters.isascii() and letters.isalpha() and letters.isupper()):
        raise table.error("code", f"{code!r} is not capital letters followed by digits")
    section = table.text("section")
    if section not in sections:
        raise table.error("section", f"{section!r} is not a section of this pack")
    anywhere = table.flag("anywhere", default=False)
    kind_name = table.text("check")
    if kind_name not in kinds:
        raise table.error("check", f"no check is named {kind_name!r}")
    kind = kinds[kind_name]
    parameters = _parameters(table, kind, kind.optional)
    rule = Rule(
        code=code,
        name=name,
        severity=table.choice("level", _LEVELS),
        summary=table.text("summary"),
        why=table.text("why"),
        section=section,
        layer=None if anywhere else sections[section].layer,
        source=table.text("source", f"{document} section {section}"),
        bad=table.text("bad", ""),
        good=table.text("good", ""),
        applicability=table.choice("fix", _FIXES, "none"),
        security=table.take("security", "a number from 0.1 to 10", _scored, 0.0) or None,
    )
    commands = table.texts("commands", [])
    for pattern in commands:
        if refusal := kinds.refusal(pattern):
            raise table.error("commands", refusal)
    table.done()
    return PackRule(rule, kind_name, parameters, commands)


def _parameters(table: _Table, kind: CheckKind, optional: Container[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, type_name in kind.parameters.items():
        words, fits = FITS[type_name]
        if key in table.values or key not in optional:
            found[key] = table.take(key, words, fits)
        table.asked.add(key)
    return found


def _scored(value: Any) -> bool:
    """Whether a value is a severity as CVSS counts it."""
    return FITS["number"][1](value) and 0.1 <= value <= 10


def _conflict(table: _Table, codes: Container[str]) -> ConflictRule:
    found = ConflictRule(_code(table, codes), table.texts("rules"))
    table.done()
    return found


def _amendment(table: _Table, kinds: Vocabulary, rules: Mapping[str, PackRule]) -> Amendment:
    rule = rules[_code(table, rules)]
    waived = table.flag("waived", default=False)
    kind = kinds[rule.check]
    given = {} if waived else _parameters(table, kind, kind.parameters)
    found = Amendment(
        rule.rule.code,
        None if waived else {**rule.parameters, **given},
        table.text("add", ""),
        table.text("reason"),
        table.text("source"),
    )
    table.done()
    return found


def _code(table: _Table, codes: Container[str]) -> str:
    code = table.text("requirement")
    if code not in codes:
        raise table.error("requirement", f"no rule has the code {code!r}")
    return code


def _criterion(table: _Table, codes: set[str]) -> CriterionRule:
    by = table.choice("by", _CRITERIA)
    rules = table.texts("rules", [])
    unknown = [code for code in rules if code not in codes]
    if unknown:
        raise table.error("rules", f"no rule has the code {unknown[0]!r}")
    found = CriterionRule(table.text("name"), by, table.number("points"), rules)
    table.done()
    return found
