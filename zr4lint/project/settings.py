"""The settings of a file, merged from the defaults, its configuration and the command line.

Each field of `Settings` is a setting. Its metadata defines the setting for the configuration reader, the options of the
command line, `zr4lint config` and the JSON schema.
"""

# This module has no `from __future__ import annotations`, since the annotations carry the metadata of the fields.

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, get_args

from msgspec import Struct

from zr4lint.model.finding import Severity
from zr4lint.project.configuration import ConfigError
from zr4lint.project.patterns import Pattern, Patterned, any_matches, words_for
from zr4lint.project.setting_kinds import (
    FILES,
    FLAG,
    FOLDER,
    GPUS,
    LEVELS,
    PACK_TABLES,
    PACKS,
    PATTERNS,
    RULES,
    RULES_BY_PATTERN,
    SCORE,
    SEVERITIES,
    TEXTS,
    VARIABLES,
    Kind,
    choice,
)

DEFAULT = "default"
COMMAND_LINE = "command line"

TEMPLATES = (
    "*.j2", "*.jinja", "*.jinja2", "*.tmpl", "*.tpl", "*.gotmpl", "*.template", "*.in", "*.erb", "*.ejs", "*.hbs",
    "*.mustache", "*.liquid", "*.mako", "*.m4",
)  # fmt: skip


class Setting(Struct, frozen=True):
    """The metadata of a setting.

    `help` is a sentence without its full stop. `default` describes the default in words. `option` is the option of the
    command line, or "" for none, and `metavar` its placeholder. If `adds` is set, values are added to those of weaker
    layers instead of replacing them. A value removes the values of the settings in `clears` from weaker layers. Without
    `key`, a configuration cannot set it.
    """

    kind: Kind
    help: str
    default: str
    option: str = ""
    metavar: str = ""
    adds: bool = False
    clears: tuple[str, ...] = ()
    key: bool = True


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of a file, and the origin of each value that is not a default."""

    packs: Annotated[
        tuple[Patterned, ...],
        Setting(
            PACKS,
            "Packs to lint with, by name or file; a table sets them for the files that match a pattern",
            "the packs that match the file",
            "--pack",
            "NAME|FILE",
        ),
    ] = ()
    select: Annotated[
        tuple[str, ...],
        Setting(
            RULES,
            "Report only these rules: codes, names, prefixes or ALL",
            "all rules",
            "--select",
            "RULE",
            clears=("ignore", "extend_select", "extend_ignore"),
        ),
    ] = ()
    ignore: Annotated[
        tuple[str, ...],
        Setting(RULES, "Do not report these rules; the longer prefix wins", "none", "--ignore", "RULE"),
    ] = ()
    extend_select: Annotated[
        tuple[str, ...],
        Setting(
            RULES, "Report these rules in addition to the selected ones", "none", "--extend-select", "RULE", adds=True
        ),
    ] = ()
    extend_ignore: Annotated[
        tuple[str, ...],
        Setting(
            RULES,
            "Do not report these rules, in addition to the ignored ones",
            "none",
            "--extend-ignore",
            "RULE",
            adds=True,
        ),
    ] = ()
    per_file_ignores: Annotated[
        tuple[Patterned, ...], Setting(RULES_BY_PATTERN, "Rules not to report in the files of a pattern", "none")
    ] = ()
    severity: Annotated[
        tuple[tuple[str, Severity], ...],
        Setting(SEVERITIES, "Severities of rules, by code, name or prefix", "each rule's own"),
    ] = ()
    fail_on: Annotated[
        Severity | None,
        Setting(
            choice({**LEVELS, "never": None}), "The lowest severity that makes the exit code 1", "error", "--fail-on"
        ),
    ] = Severity.ERROR
    conflicts: Annotated[
        Severity | Literal["show"] | None,
        Setting(
            choice({**LEVELS, "show": "show", "off": None}),
            "The severity of conflicts between a specification and other rules; show lists them, off hides them",
            "info",
            "--conflicts",
        ),
    ] = Severity.INFO
    amended: Annotated[
        bool,
        Setting(
            FLAG,
            "Accept the amendments of packs, which change requirements so that the image builds",
            "false",
            "--amended",
        ),
    ] = False
    min_score: Annotated[
        float | None,
        Setting(SCORE, "Exit with code 1 if the score of a file is lower than this", "none", "--min-score"),
    ] = None
    targets: Annotated[
        tuple[str, ...],
        Setting(TEXTS, "Stages that are built and shipped", "the last stage", "--target", "NAME"),
    ] = ()
    build_args: Annotated[
        tuple[Patterned, ...],
        Setting(
            VARIABLES,
            "Values of build arguments; a table sets them for the files that match a pattern",
            "none",
            "--build-arg",
            "NAME=VALUE",
            adds=True,
        ),
    ] = ()
    gpu: Annotated[
        tuple[str, ...],
        Setting(
            GPUS,
            "GPUs that the image is for: names such as rtx5090, or architectures such as sm_120",
            "none",
            "--gpu",
            "NAME",
        ),
    ] = ()
    context: Annotated[
        str | None,
        Setting(FOLDER, "The build context", "the folder of the Dockerfile", "--context", "DIR"),
    ] = None
    templates: Annotated[
        tuple[Pattern, ...],
        Setting(PATTERNS, "Patterns of files that are templates of Dockerfiles", ", ".join(TEMPLATES)),
    ] = tuple(Pattern(".", glob) for glob in TEMPLATES)
    exclude: Annotated[
        tuple[Pattern, ...],
        Setting(PATTERNS, "Patterns of files and folders to skip in folders", "none", "--exclude", "PATTERN"),
    ] = ()
    extend_exclude: Annotated[
        tuple[Pattern, ...],
        Setting(
            PATTERNS,
            "Patterns of files and folders to skip, in addition to exclude",
            "none",
            "--extend-exclude",
            "PATTERN",
            adds=True,
        ),
    ] = ()
    force_exclude: Annotated[
        bool, Setting(FLAG, "Skip excluded files even if the command line names them", "false", "--force-exclude")
    ] = False
    signatures: Annotated[
        tuple[str, ...],
        Setting(FILES, "Files with more signatures for zr4lint diagnose", "none", adds=True),
    ] = ()
    pack_settings: Annotated[
        tuple[tuple[str, Mapping[str, Any]], ...],
        Setting(
            PACK_TABLES,
            "Settings of packs, each in a table of the pack's name",
            "those of the packs",
            adds=True,
            key=False,
        ),
    ] = ()
    origins: Mapping[str, str] = {}

    def origin(self, name: str) -> str:
        """Return the origin of the value of a field."""
        return self.origins.get(name, DEFAULT)

    def packs_for(self, path: str) -> tuple[str, ...]:
        """Return the packs that are set for a file, by name or file; an empty tuple stands for the packs that match."""
        return words_for(path, self.packs)

    def build_args_for(self, path: str) -> tuple[tuple[str, str], ...]:
        """Return the build arguments of a file, by name; the last value wins."""
        entries = (entry for entry in self.build_args if entry.pattern is None or entry.names(path))
        return tuple(dict(word.partition("=")[::2] for entry in entries for word in entry.words).items())

    def ignored_in(self, path: str) -> tuple[str, ...]:
        """Return the rules that are ignored in a file."""
        return (*self.ignore, *self.extend_ignore, *words_for(path, self.per_file_ignores))

    def excludes(self, path: str) -> bool:
        """Return whether a file or folder, or a folder above it, is skipped."""
        return any_matches(path, (*self.exclude, *self.extend_exclude), folders=True)

    def is_template(self, path: str) -> bool:
        """Return whether a file is a template from which a Dockerfile is generated."""
        return any_matches(path, self.templates)


SETTINGS: Mapping[str, Setting] = {
    name: extra
    for name, annotation in Settings.__annotations__.items()
    for extra in get_args(annotation)[1:]
    if isinstance(extra, Setting)
}
"""The metadata of each field."""

KEYS: Mapping[str, str] = {name.replace("_", "-"): name for name, setting in SETTINGS.items() if setting.key}
"""The field of each configuration key."""


class Layer(Struct, frozen=True):
    """Values of fields from one source.

    `source` is the file or "command line". `origins` maps each value to its line, or to its environment variable. The
    settings of packs are included, as "pack.setting".
    """

    source: str
    values: Mapping[str, Any] = {}
    origins: Mapping[str, str] = {}

    def origin(self, name: str) -> str:
        """Return the origin of the value of a field."""
        return self.origins.get(name, self.source)

    def replaced(self, **values: Any) -> "Layer":
        """Return the layer with other values for some fields."""
        return Layer(self.source, {**self.values, **values}, self.origins)


def merge(layers: Iterable[Layer]) -> Settings:
    """Merge layers into settings; later layers override earlier ones."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        origins.update((name, origin) for name, origin in layer.origins.items() if name not in SETTINGS)
        for name, setting in SETTINGS.items():
            if name not in layer.values:
                continue
            for cleared in setting.clears:
                if values.pop(cleared, None) is not None:
                    origins[cleared] = layer.origin(name)
            added = setting.adds and name in values
            values[name] = (*values[name], *layer.values[name]) if added else layer.values[name]
            origins[name] = f"{origins[name]}, {layer.origin(name)}" if added else layer.origin(name)
    return Settings(**values, origins=origins)


def tables_of(pack_settings: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Return the settings of each pack by its name; the last value of a setting wins."""
    found: dict[str, dict[str, Any]] = {}
    for name, values in pack_settings:
        found.setdefault(name, {}).update(values)
    return found


def from_options(options: Mapping[str, Any], origins: Mapping[str, str] | None = None) -> Layer:
    """Return the layer of the command line; `options` are the values from click, empty or None if not set.

    Raises ConfigError, which names the option, for an invalid value.
    """
    values = {}
    for name, setting in SETTINGS.items():
        value = options.get(name)
        if value is not None and value != () and value is not False:
            try:
                values[name] = setting.kind.read(setting.kind.from_option(value), ".")
            except ValueError as refused:
                raise ConfigError(f"{setting.option}: {refused}") from None
    return Layer(COMMAND_LINE, values, origins or {})
