"""Search a text for any of many words in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

COMMON = " e/tsanoirlcd_-.umpfgh0123456789bvy=wkx,"
"""The characters that logs hold most, the most frequent first."""

_LEAST, _MOST = 2, 24
"""The length of a part that is searched for."""

SHORTEST = 4
"""Words of fewer characters are everywhere."""

Tree = dict[str, "Tree"]
"""Words by their characters; an empty one ends a word."""


class Search:
    """Finds words by a part of each that begins with a rare character, so that most of a text is passed by quickly."""

    def __init__(self, words: Sequence[str]) -> None:
        parts = {word: _rarest(word) for word in words}
        tree: Tree = {}
        for word, at in parts.items():
            node = tree
            for char in word[at : at + _MOST]:
                node = node.setdefault(char, {})
            node[""] = {}
        self._pattern = re.compile(_written(tree))
        self._starts: dict[str, list[tuple[str, int]]] = {}
        for word, at in parts.items():
            found = self._pattern.match(word, at)
            if found is not None:
                self._starts.setdefault(found[0], []).append((word, at))

    def words(self, text: str) -> set[str]:
        """The words that are in a text."""
        missing = {part: {*places} for part, places in self._starts.items()}
        there: set[str] = set()
        found = self._pattern.search(text)
        while found is not None:
            left = missing[found[0]]
            for word, at in [*left]:
                if text.startswith(word, found.start() - at):
                    there.add(word)
                    left.discard((word, at))
            found = self._pattern.search(text, found.start() + 1)
        return there

    def places(self, text: str) -> Iterator[tuple[int, str]]:
        """The offsets of words in a text, with the words."""
        found = self._pattern.search(text)
        while found is not None:
            for word, at in self._starts[found[0]]:
                if text.startswith(word, found.start() - at):
                    yield found.start() - at, word
                    break
            found = self._pattern.search(text, found.start() + 1)


@cache
def search_for(words: tuple[str, ...]) -> Search:
    """The search for some words."""
    return Search([word for word in words if len(word) >= SHORTEST])


def _rarest(word: str) -> int:
    """Where in a word the part begins that a text is searched for."""
    last = max(len(word) - _LEAST, 0)
    return max(range(last + 1), key=lambda at: (COMMON.find(word[at]) % (len(COMMON) + 1), -at))


def _written(node: Tree) -> str:
    if "" in node:
        return ""
    parts = [re.escape(char) + _written(below) for char, below in node.items()]
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
