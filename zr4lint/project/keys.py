"""The keys of a configuration: the table that the reader, the schema and `zr4lint config` go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from zr4lint.packs.toml_table import FITS
from zr4lint.project.configuration import CONFLICTS, FAIL_ON, LEVELS

_STRINGS = {"type": "array", "items": {"type": "string", "minLength": 1}}


class Kind(Struct, frozen=True):
    """A type: its name in messages, whether a value is of it, and its JSON schema."""

    words: str
    fits: Callable[[Any], bool]
    schema: Mapping[str, Any]


class Key(Struct, frozen=True):
    """One key: its type, what holds where it is not given, and what it is for."""

    kind: Kind
    default: str
    summary: str


def _one_of(words: Mapping[str, Any]) -> str:
    return "one of " + ", ".join(f'"{word}"' for word in words)


_TEXTS = Kind(*FITS["list[str]"], _STRINGS)
_LISTS = Kind(*FITS["dict[str, list[str]]"], {"type": "object", "additionalProperties": _STRINGS})
_LEVEL_OF = Kind(
    f"a table of severities, each {_one_of(LEVELS)}",
    lambda v: isinstance(v, dict) and all(isinstance(level, str) and level in LEVELS for level in v.values()),
    {"type": "object", "additionalProperties": {"enum": [*LEVELS]}},
)
_FAIL_ON = Kind(_one_of(FAIL_ON), lambda v: isinstance(v, str) and v in FAIL_ON, {"enum": [*FAIL_ON]})
_CONFLICTS = Kind(_one_of(CONFLICTS), lambda v: isinstance(v, str) and v in CONFLICTS, {"enum": [*CONFLICTS]})
_FLAG = Kind("true or false", lambda v: isinstance(v, bool), {"type": "boolean"})
_FOLDER = Kind("a folder", lambda v: isinstance(v, str) and bool(v), {"type": "string", "minLength": 1})
_SCORE = Kind(
    "a number that is not below 0",
    lambda v: FITS["number"][1](v) and 0 <= v < float("inf"),
    {"type": "number", "minimum": 0},
)

KEYS: Mapping[str, Key] = {
    "packs": Key(_LISTS, "the packs that claim the file", "The packs, by name or file, of the files of a pattern."),
    "select": Key(_TEXTS, "all rules", "Report only these rules: codes, names or prefixes."),
    "ignore": Key(_TEXTS, "none", "Leave these rules out; the longer prefix wins."),
    "per-file-ignores": Key(_LISTS, "none", "Rules that are left out in the files of a pattern."),
    "severity": Key(_LEVEL_OF, "the rule's own", "Another severity for rules, by code, name or prefix."),
    "fail-on": Key(_FAIL_ON, "error", "The least severity that makes the exit code 1."),
    "conflicts": Key(
        _CONFLICTS, "info", "The severity of findings on what a specification demands; off leaves them out."
    ),
    "amended": Key(_FLAG, "false", "Accept the amendments of the packs, by which the image builds."),
    "min-score": Key(_SCORE, "none", "The score below which the exit code is 1."),
    "context": Key(_FOLDER, "the file's folder", "The build context, relative to the folder of the configuration."),
    "exclude": Key(_TEXTS, "nothing", "Patterns of files and folders that are skipped where a folder is searched."),
}
"""Each key by its name."""


def schema() -> dict[str, Any]:
    """The JSON schema of a zr4lint.toml, and of the table [tool.zr4lint]."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Configuration of zr4lint",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {"description": f"{key.summary} Default: {key.default}.", **key.kind.schema}
            for name, key in KEYS.items()
        },
    }
