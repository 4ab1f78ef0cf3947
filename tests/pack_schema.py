"""Write docs/zr4lint-pack.schema.json: the JSON schema of packs, from their structs and the kinds of checks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec.json import schema_components

from tests.installed import ROOT
from zr4lint.checks import KINDS, Kind
from zr4lint.packs.pack_tables import PackTable
from zr4lint.packs.reader import COMMON

PATH = ROOT / "docs" / "zr4lint-pack.schema.json"
_FILLED = {
    "description": "The value of a setting of the pack",
    "type": "object",
    "properties": {"setting": {"type": "string"}},
    "required": ["setting"],
    "additionalProperties": False,
}


def schema() -> dict[str, Any]:
    """Return the schema. The kind of check determines the parameters of a rule."""
    _, tables = schema_components([PackTable], ref_template="#/$defs/{name}")
    pack = tables.pop("PackTable")
    pack["required"].append("rule")
    pack["properties"]["rule"]["minItems"] = 1
    pack["properties"]["rule"].pop("default", None)
    pack["dependentRequired"] = {key: ["document"] for key in ("stage", "criterion", "conflict", "amendment")}
    rule = tables["RuleTable"]
    del rule["additionalProperties"]
    rule["unevaluatedProperties"] = False
    kinds = KINDS.every()
    rule["properties"]["check"] = {"enum": [*kinds], "description": "The kind of check"}
    rule["properties"].update(_properties(COMMON))
    rule["allOf"] = [_then(kind) for kind in kinds.values() if kind.parameters]
    tables["AmendmentTable"]["additionalProperties"] = True
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pack of zr4lint",
        **{key: value for key, value in pack.items() if key != "title"},
        "$defs": tables,
    }


def _then(kind: Kind) -> dict[str, Any]:
    """Return the schema of the parameters of a kind."""
    required = [name for name, parameter in kind.parameters.items() if not parameter.optional]
    return {
        "if": {"properties": {"check": {"const": kind.name}}, "required": ["check"]},
        "then": {
            "description": kind.description,
            "properties": _properties({name: parameter.type for name, parameter in kind.parameters.items()}),
            **({"required": required} if required else {}),
            **({"anyOf": [{"required": [name]} for name in kind.needs]} if kind.needs else {}),
        },
    }


def _properties(types: Mapping[str, Any]) -> dict[str, Any]:
    (*properties,), tables = schema_components([*types.values()], ref_template="#/$defs/{name}")
    assert not tables, "a parameter is no table of fixed keys"
    return {name: {"anyOf": [of, *_alone(of), _FILLED]} for name, of in zip(types, properties, strict=True)}


def _alone(of: Mapping[str, Any]) -> list[Any]:
    """Allow a string in place of a list of one string."""
    items = [option["items"] for option in of.get("anyOf", [of]) if option.get("type") == "array"]
    return [item for item in items if item.get("type") == "string"]


def text() -> str:
    """Return the text of the schema file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
