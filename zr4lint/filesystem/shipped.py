"""Reads the documents that zr4lint ships: packs and tables of knowledge."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from typing import Any

from msgspec import json


@cache
def rules_folder() -> str:
    """Return the folder of the shipped packs and tables: in the package, or beside it in a checkout."""
    package = os.path.dirname(os.path.dirname(__file__))
    inside = os.path.join(package, "rules")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "rules")


def shipped_document(name: str) -> dict[str, Any]:
    """Return the document "NAME.toml" of `rules_folder()`; a wheel also has it as JSON, which loads faster.

    Raises OSError, or for a broken file of a checkout UnicodeDecodeError or tomli.TOMLDecodeError.
    """
    path = os.path.join(rules_folder(), name)
    with suppress(FileNotFoundError), open(f"{path}.json", "rb") as compiled:
        found: dict[str, Any] = json.decode(compiled.read())
        return found
    import tomli

    with open(f"{path}.toml", "rb") as document:
        return tomli.load(document)
