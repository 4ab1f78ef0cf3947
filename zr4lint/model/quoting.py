"""Wording that the messages of errors share."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 60


def show(words: str) -> str:
    """Words in quotes, cut where they are long, without characters that no terminal shows."""
    if len(words) > _LONGEST:
        words = words[: _LONGEST - 3] + "..."
    return '"' + "".join(char if char.isprintable() else "\ufffd" for char in words) + '"'


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    if not 1 < len(word) <= _LONGEST:
        return None
    from difflib import get_close_matches  # only a wrong file needs it

    matches = get_close_matches(word, known, 1)
    return matches[0] if matches else None
