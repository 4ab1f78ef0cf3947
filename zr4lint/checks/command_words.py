"""The words of a command in shell form and in exec form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import json

from zr4lint.shell import parse_script

if TYPE_CHECKING:
    from zr4lint.model.source import MappedText


def words_of(text: MappedText) -> list[str] | None:
    """Return the words of a shell form; None if they need a shell to expand or run."""
    commands = parse_script(text).commands
    if len(commands) != 1 or commands[0].assignments or commands[0].redirections:
        return None
    words = [word.literal for word in commands[0].words]
    plain = [word for word in words if word is not None and not any(c in word for c in "*?[~")]
    return plain if plain and len(plain) == len(words) else None


def json_array(words: Sequence[str]) -> str:
    """Return an exec form with these words. Bytes that are not UTF-8 are replaced."""
    shown = [word.encode("utf-8", "replace").decode() for word in words]
    return json.format(json.encode(shown), indent=0).decode()
