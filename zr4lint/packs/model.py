"""The model of a pack: rules over files, and the specification behind them, if there is one."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from zr4lint.filesystem.globs import matches
from zr4lint.model.finding import Rule


class Section(Struct, frozen=True):
    """A section of a pack; one that describes a layer has the layer's number and lines.

    `build` and `size` are what the document estimates for it, such as "5-8 min" and "4-5 GB".
    """

    number: str
    title: str
    layer: int | None
    lines: tuple[int, int] | None
    build: str | None = None
    size: str | None = None


class PackRule(Struct, frozen=True):
    """A rule as the engine runs it.

    `parameters` are those of its kind. `settings` maps the parameters that a setting fills to its name; while one of
    these is `unset`, the rule is silent. `stages` and `stage` tell which stages it looks at, None as its kind does.
    A rule with `mentions` looks only at files that have one of them, in capital letters or not.
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
    """A requirement that demands what the rules of other packs warn of, by their codes.

    The specification's author has `accepted` it where the image builds and works all the same.
    """

    requirement: str
    rules: tuple[str, ...]
    accepted: bool = False


class Amendment(Struct, frozen=True):
    """The alternative that amendments accept for a requirement.

    `parameters` are those of the rule's check, None where nothing is asked for any more. `add` is the instruction
    that a fix adds, "" for the check's own.
    """

    requirement: str
    parameters: Mapping[str, Any] | None
    add: str
    reason: str
    source: str


class CriterionRule(Struct, frozen=True):
    """The criteria of a score.

    `by` is "rules" (the share of `rules` met), "must" (of all rules at level error), "commands" (of the rules that
    have greps) or "fixes" (of the findings that carry a fix).
    """

    name: str
    by: Literal["rules", "must", "commands", "fixes"]
    points: int
    rules: tuple[str, ...]


class Setting(Struct, frozen=True):
    """A value that the configuration gives to a pack's rules; without a `default` it is unset until then."""

    name: str
    type: str
    summary: str
    default: Any = None


class Specification(Struct, frozen=True):
    """The document that a pack specifies, with the parts of the conformance table.

    `stage` is the name of the stage it speaks of, `build` the time that it says the whole build takes.
    """

    document: str
    stage: str | None = None
    criteria: tuple[CriterionRule, ...] = ()
    conflicts: tuple[ConflictRule, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    build: str | None = None


class TracedDocument(Struct, frozen=True):
    """The file whose lines the rules of a pack name.

    `file` is its path as the pack has it, `sha256` that of the text the pack was made from, "" where it is not known.
    `path` is where the file lies as reports show it, None where it is not found in the project.
    """

    file: str
    sha256: str = ""
    path: str | None = None


class Pack(Struct, frozen=True):
    """Rules, and the files they are for.

    `images` maps repositories to patterns of the variables that these images are known to set, beside what zr4lint
    knows of images itself. `sections` group the rules. `traced` is the document whose lines the rules name.
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

    def claims(self, path: str) -> bool:
        """Whether a file of this path is one the pack is for; patterns without "/" look at the name alone."""
        path = path.replace("\\", "/")
        name = path.rpartition("/")[2]
        return any(matches(path if "/" in pattern else name, pattern) for pattern in self.files)
