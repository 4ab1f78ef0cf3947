"""Glob patterns of paths, each relative to the folder of the file that contains it."""

from __future__ import annotations

import os
from collections.abc import Iterable

from msgspec import Struct

from zr4lint.filesystem.globs import matches


class Pattern(Struct, frozen=True):
    """A glob and the folder that it is relative to; a glob without "/" is matched against the file name only."""

    folder: str
    glob: str

    def matches(self, path: str) -> bool:
        """Return whether the pattern matches a file."""
        return _fits(self.glob, _place(self.folder, path))


class Patterned(Struct, frozen=True):
    """Words that apply to the files that a pattern matches; without a pattern, to all files."""

    pattern: Pattern | None
    words: tuple[str, ...]

    def names(self, path: str) -> bool:
        """Return whether there is a pattern and it matches a file."""
        return self.pattern is not None and self.pattern.matches(path)


def words_for(path: str, entries: Iterable[Patterned]) -> tuple[str, ...]:
    """Return the words of all entries that apply to a file, without duplicates."""
    found = (entry.words for entry in entries if entry.pattern is None or entry.names(path))
    return tuple(dict.fromkeys(word for words in found for word in words))


def any_matches(path: str, patterns: Iterable[Pattern], *, folders: bool = False) -> bool:
    """Return whether a pattern matches a file, or with `folders` a folder above it."""
    places: dict[str, list[str]] = {}
    for pattern in patterns:
        if pattern.folder not in places:
            place = _place(pattern.folder, path)
            places[pattern.folder] = [place, *_above(place)] if folders else [place]
        glob = pattern.glob.rstrip("/") if folders else pattern.glob
        if any(_fits(glob, place) for place in places[pattern.folder]):
            return True
    return False


def _above(place: str) -> list[str]:
    parts = place.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _fits(glob: str, place: str) -> bool:
    glob = glob.removeprefix("./")
    return matches(place if "/" in glob else place.rpartition("/")[2], glob)


def _place(folder: str, path: str) -> str:
    """Return a path relative to a folder if it is below that folder, else the path itself."""
    whole, above = os.path.abspath(path), os.path.abspath(folder)
    if whole.startswith(above.rstrip("/") + "/"):
        return whole[len(above.rstrip("/")) + 1 :].replace(os.sep, "/")
    return path.removeprefix("./")
