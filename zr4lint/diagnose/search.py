"""Searches a text for many words at once; a word is only tried if the text contains its rarest part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

_PART = re.compile(r"[A-Za-z0-9]+")
_SPACED = bytes(n if chr(n).isalnum() and n < 128 else 32 for n in range(256))
"""A byte table that keeps letters and digits and replaces other bytes by blanks."""

_EVERYWHERE = frozenset(
    _PART.findall(
        "the a to of in is no not on for and or with file error build failed found directory such from by code 1 0 be"
        " at this it was version package install line name project"
    )
)
_MOST_OF_ONE = 200
"""The most occurrences of one word that are found in one text."""


class Search:
    """Searches for words by the rarest of their parts, which are runs of letters and digits.

    A part at the end of a word may be longer in a text; an inner part is whole there.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._inner: dict[bytes, list[str]] = {}
        self._outer: dict[bytes, list[str]] = {}
        self._bare: list[str] = []
        for word in words:
            parts = [*_PART.finditer(word)]
            inner = [part[0] for part in parts if part.start() > 0 and part.end() < len(word)]
            table = self._inner if inner else self._outer
            if parts:
                table.setdefault(max(inner or (part[0] for part in parts), key=_rareness).encode(), []).append(word)
            else:
                self._bare.append(word)
        self._edges = [word for found in self._outer.values() for word in found]

    def words(self, text: str) -> set[str]:
        """Return the words that a text contains."""
        likely = [word for part in self._inner.keys() & _parts(text) for word in self._inner[part]]
        return {word for word in (*likely, *self._edges, *self._bare) if word in text}

    def places(self, text: str) -> Iterator[tuple[int, str]]:
        """Return the offsets of words in a text, with the words, from left to right.

        A word without inner parts is found only if its outer parts are whole words in the text.
        """
        parts = _parts(text)
        likely = [word for table in (self._inner, self._outer) for part in table.keys() & parts for word in table[part]]
        return iter(sorted(place for word in (*likely, *self._bare) for place in _places(word, text)))


def _parts(text: str) -> set[bytes]:
    return {*text.encode("utf-8", "replace").translate(_SPACED).split()}


def _places(word: str, text: str) -> Iterator[tuple[int, str]]:
    at = text.find(word)
    for _ in range(_MOST_OF_ONE):
        if at < 0:
            return
        yield at, word
        at = text.find(word, at + len(word))


def _rareness(part: str) -> tuple[bool, bool, int]:
    """Return a sort key by how rare a part is in logs."""
    return part.lower() not in _EVERYWHERE, not part.islower(), len(part)


@cache
def search_for(words: tuple[str, ...]) -> Search:
    """Return the cached search for some words."""
    return Search(words)
