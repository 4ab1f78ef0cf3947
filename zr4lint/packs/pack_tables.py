"""The tables of a pack's TOML, for msgspec and the JSON schema.

The parameters of a rule's kind of check, in a rule or an amendment, are not fields. They are split off first, and the
kind defines their types. The annotations must not be strings, since msgspec would have to compile those.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from zr4lint.model.estimate import SIZE, TIME
from zr4lint.model.finding import Applicability, Origin, Rule, Severity
from zr4lint.packs.model import Section

Named = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="a name without blanks", examples=["my-rule"])
]
Alias = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*\*?$", description="a code of another linter", examples=["DL3008"]),
]
Code = Annotated[
    str, Meta(pattern="^[A-Z]+[0-9]+$", description="capital letters followed by digits", examples=["AB101"])
]
Line = Annotated[int, Meta(ge=1, description="a line number from 1")]
StageName = Annotated[
    str,
    Meta(pattern=r"^(?:[A-Za-z][\w.-]*|\d{1,4})$", description="a stage name or number", examples=["base"]),
]
SettingType = Literal["string", "strings", "integer", "number", "boolean", "table", "lists"]
Stages = Literal["image", "all"]
Status = Literal["stable", "preview", "deprecated"]
Confidence = Literal["high", "medium", "low"]


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A table that allows no other keys than its fields."""


class ImageTable(Table, frozen=True):
    """[[image]]: the variables that an image sets."""

    name: str
    variables: tuple[str, ...]
    source: str


class SectionTable(Table, frozen=True):
    """[[section]]: a section of the document, and the layer that it describes."""

    number: str
    title: str
    layer: Annotated[int, Meta(ge=1, description="a layer's number from 1")] | None = None
    lines: Annotated[tuple[Line, Line], Meta(description="two line numbers", examples=["[3, 15]"])] | None = None
    build: Annotated[str, Meta(pattern=TIME, description="a time", examples=["5-8 min"])] | None = None
    size: Annotated[str, Meta(pattern=SIZE, description="a size", examples=["4-5 GB"])] | None = None


class RuleTable(Table, frozen=True):
    """[[rule]]: the requirement, its reason, and the kind of check for it."""

    code: Code
    name: Named
    level: Literal["error", "warning", "info"]
    check: str
    summary: str
    why: str
    section: str = ""
    anywhere: bool = False
    source: str = ""
    bad: str = ""
    good: str = ""
    fix: Literal["none", "display", "unsafe", "safe"] = "none"
    security: Annotated[float, Meta(ge=0.1, le=10, description="a number from 0.1 to 10")] | None = None
    greps: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    default: bool = True
    tags: tuple[str, ...] = ()
    status: Status = "stable"
    since: str = ""
    confidence: Confidence = "high"
    references: tuple[str, ...] = ()
    trace: Line | None = None
    fingerprint: Annotated[str, Meta(pattern="^[0-9a-f]{12}$", description="12 hexadecimal digits")] = ""
    extent: Line = 1
    mentions: tuple[Annotated[str, Meta(min_length=1)], ...] = ()


class TraceTable(Table, frozen=True):
    """[trace]: the document whose lines the rules name, as a path from the pack's folder or a folder above it."""

    file: Annotated[str, Meta(min_length=1, description="a path", examples=["Dockerfile.prd.md"])]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="64 hexadecimal digits")] = ""


class CriterionTable(Table, frozen=True):
    """[[criterion]]: a way to earn points of the score."""

    name: str
    by: Literal["rules", "must", "commands", "fixes"]
    points: Annotated[int, Meta(ge=0, description="a whole number from 0")]
    rules: tuple[str, ...] = ()


class ConflictTable(Table, frozen=True):
    """[[conflict]]: a requirement that contradicts other rules; an accepted conflict is shown only on request."""

    requirement: str
    rules: tuple[str, ...]
    accepted: bool = False


class AmendmentTable(Table, frozen=True):
    """[[amendment]]: the alternative that is accepted for a requirement."""

    requirement: str
    reason: str
    source: str
    waived: bool = False
    add: str = ""


class SettingTable(Table, frozen=True):
    """[[setting]]: a value that the configuration gives to the rules."""

    name: Named
    type: SettingType
    summary: str
    default: Any | UnsetType = UNSET


class PackTable(Table, frozen=True):
    """A pack: the patterns of its files, and its rules."""

    name: Named
    title: str
    files: Annotated[tuple[str, ...], Meta(min_length=1, description="a list with at least one pattern")]
    document: str = ""
    stage: str = ""
    build: Annotated[str, Meta(pattern=TIME, description="a time", examples=["45-65 min"])] | None = None
    specification: bool | None = None
    trace: TraceTable | None = None
    image: tuple[ImageTable, ...] = ()
    setting: tuple[SettingTable, ...] = ()
    section: tuple[SectionTable, ...] = ()
    rule: tuple[RuleTable, ...] = ()
    criterion: tuple[CriterionTable, ...] = ()
    conflict: tuple[ConflictTable, ...] = ()
    amendment: tuple[AmendmentTable, ...] = ()


SETTING_TYPES: dict[str, Any] = {
    "string": str,
    "strings": list[str],
    "integer": int,
    "number": float,
    "boolean": bool,
    "table": dict[str, str],
    "lists": dict[str, list[str]],
}
"""The Python type of each setting type, for msgspec."""

_LEVELS = {severity.label: severity for severity in Severity}
_FIXES = {"none": None, **{applicability.label: applicability for applicability in Applicability}}


def rule_of(table: RuleTable, section: Section | None, document: str, origin: Origin | None) -> Rule:
    """Return the rule of a table; `document` begins its source, and `origin` is the line that it names."""
    return Rule(
        code=table.code,
        name=table.name,
        severity=_LEVELS[table.level],
        summary=table.summary,
        why=table.why,
        section=table.section,
        layer=None if table.anywhere or section is None else section.layer,
        source=table.source or (f"{document} section {table.section}" if table.section else document),
        bad=table.bad,
        good=table.good,
        applicability=_FIXES[table.fix],
        security=table.security,
        aliases=table.aliases,
        default=table.default,
        tags=table.tags,
        status=table.status,
        since=table.since,
        confidence=table.confidence,
        references=table.references,
        origin=origin,
    )
