"""Write docs/zr4lint-signatures.schema.json: the JSON schema of files of signatures, from their structs."""

from __future__ import annotations

import json
from typing import Any

from msgspec.json import schema_components

from tests.installed import ROOT
from zr4lint.diagnose.signatures import Document

PATH = ROOT / "docs" / "zr4lint-signatures.schema.json"


def schema() -> dict[str, Any]:
    """Return the schema. It does not check patterns and the names of other signatures; the reader does."""
    _, tables = schema_components([Document], ref_template="#/$defs/{name}")
    document = tables.pop("Document")
    tables["Signature"]["properties"]["says"]["minItems"] = 1
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Signatures of zr4lint diagnose",
        **{key: value for key, value in document.items() if key != "title"},
        "$defs": tables,
    }


def text() -> str:
    """Return the text of the schema file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
