"""The words of a command in shell form and in exec form."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import json

from zr4lint.shell import parse_script

if TYPE_CHECKING:
    from zr4lint.model.source import MappedText

_NEEDS_SHELL = r"\s*(?:!|time\s)|[^'\"]*\{|.*[^\\&]&\s*\Z"
"""Matches `!` or `time` at the start, `&` at the end, and braces, which dash and bash read differently."""
_PLAIN = r"(?:[\w ./:=@%+,-]|'[^']*'|\"[^\"$`\\]*\")+"
"""Matches words that every shell reads alike."""


def words_of(text: MappedText) -> list[str] | None:
    """Return the words of a shell form; None if they need a shell to expand or run."""
    commands = parse_script(text).commands
    if len(commands) != 1 or commands[0].assignments or commands[0].redirections:
        return None
    if re.match(_NEEDS_SHELL, text.text):
        return None
    if commands[0].wrappers:  # its words are those of the program that a wrapper such as `timeout 5` runs
        return shlex.split(text.text) if re.fullmatch(_PLAIN, text.text) else None
    words = [word.literal for word in commands[0].words]
    plain = [word for word in words if word is not None and not any(c in word for c in "*?[~")]
    return plain if plain and len(plain) == len(words) else None


def json_array(words: Sequence[str]) -> str:
    """Return an exec form with these words. Bytes that are not UTF-8 are replaced."""
    shown = [word.encode("utf-8", "replace").decode() for word in words]
    return json.format(json.encode(shown), indent=0).decode()
