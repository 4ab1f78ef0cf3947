"""The JSON schema of configurations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import json

from zr4lint.packs.pack_tables import SETTING_TYPES
from zr4lint.project.settings import KEYS, SETTINGS

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack


def schema(packs: Iterable[Pack] = ()) -> dict[str, Any]:
    """Return the JSON schema of a zr4lint.toml and of the table [tool.zr4lint].

    It describes the tables of `packs`, and allows tables of other packs.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Configuration of zr4lint",
        "type": "object",
        "additionalProperties": {"type": "object"},
        "properties": {
            key: _described(SETTINGS[name].help, SETTINGS[name].default, SETTINGS[name].kind.schema)
            for key, name in KEYS.items()
        }
        | {pack.name: _pack_schema(pack) for pack in packs if pack.settings},
    }


def _described(text: str, default: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": f"{text}. Default: {default}.", **schema}


def _pack_schema(pack: Pack) -> dict[str, Any]:
    return {
        "description": f"Settings of the pack {pack.name}.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            setting.name: {"description": setting.summary, **json.schema(SETTING_TYPES[setting.type])}
            for setting in pack.settings
        },
    }
