"""The model of a pack: rules for files, and the specification that they come from, if any."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from msgspec import Struct

from zr4lint.filesystem.globs import matches
from zr4lint.model.finding import Rule


class Section(Struct, frozen=True):
    """A section of a pack; a section that describes a layer has the layer's number and lines.

    `build` and `size` are the estimates of the document, such as "5-8 min" and "4-5 GB".
    """

    number: str
    title: str
    layer: int | None
    lines: tuple[int, int] | None
    build: str | None = None
    size: str | None = None


class PackRule(Struct, frozen=True):
    """A rule as the engine runs it.

    `parameters` are the parameters of its kind. `settings` maps parameters to the settings that fill them; while one of
    these is `unset`, the rule reports nothing. `stages` and `stage` choose the stages to check; None leaves that to the
    kind. A rule with `mentions` checks only files that contain one of these words, in any case.
    """

    rule: Rule
    check: str
    parameters: Mapping[str, Any]
    greps: tuple[str, ...]
    settings: Mapping[str, str] = {}
    unset: bool = False
    stages: Literal["image", "all"] | None = None
    stage: str | None = None
    mentions: tuple[str, ...] = ()


class ConflictRule(Struct, frozen=True):
    """A requirement that contradicts rules of other packs, given by their codes.

    It is `accepted` if the author of the specification has confirmed that the image builds and works nevertheless.
    """

    requirement: str
    rules: tuple[str, ...]
    accepted: bool = False


class Amendment(Struct, frozen=True):
    """The alternative that amendments accept for a requirement.

    `parameters` are the parameters of the rule's check, or None if nothing is required any more. `add` is the
    instruction that a fix adds, or "" for that of the check.
    """

    requirement: str
    parameters: Mapping[str, Any] | None
    add: str
    reason: str
    source: str


class CriterionRule(Struct, frozen=True):
    """The criteria of a score.

    `by` is "rules" (the share of `rules` met), "must" (of all rules at level error), "commands" (of the rules that have
    greps) or "fixes" (of the findings that have a fix).
    """

    name: str
    by: Literal["rules", "must", "commands", "fixes"]
    points: int
    rules: tuple[str, ...]


class Setting(Struct, frozen=True):
    """A value that the configuration gives to a pack's rules; without a `default`, it is initially unset."""

    name: str
    type: str
    summary: str
    default: Any = None


class Specification(Struct, frozen=True):
    """The document that a pack implements, with the parts of the conformance table.

    `stage` is the name of the specified stage. `build` is the time that the document states for the whole build.
    """

    document: str
    stage: str | None = None
    criteria: tuple[CriterionRule, ...] = ()
    conflicts: tuple[ConflictRule, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    build: str | None = None


class TracedDocument(Struct, frozen=True):
    """The document whose lines the rules of a pack name.

    `file` is its path as in the pack. `sha256` is the hash of the text that the pack was made from, or "" if unknown.
    `path` is the path of the file in reports, or None if it is not found in the project.
    """

    file: str
    sha256: str = ""
    path: str | None = None


class Pack(Struct, frozen=True, dict=True):
    """Rules, and patterns of the files to lint with them.

    `images` maps repositories to patterns of the variables that these images set, in addition to zr4lint's own table of
    images. `sections` group the rules. `traced` is the document whose lines the rules name.
    """

    name: str
    title: str
    files: tuple[str, ...]
    rules: tuple[PackRule, ...]
    sections: tuple[Section, ...] = ()
    images: Mapping[str, tuple[str, ...]] = {}
    settings: tuple[Setting, ...] = ()
    specification: Specification | None = None
    traced: TracedDocument | None = None

    @cached_property
    def by_code(self) -> Mapping[str, PackRule]:
        """The rules by code; a run on many files computes this once."""
        return {rule.rule.code: rule for rule in self.rules}

    def claims(self, path: str) -> bool:
        """Return whether the pack matches a path; patterns without "/" are matched against the file name only."""
        path = path.replace("\\", "/")
        name = path.rpartition("/")[2]
        return any(matches(path if "/" in pattern else name, pattern) for pattern in self.files)
