"""Matches the files that git ignores, by the `.gitignore` files of a repository and `.git/info/exclude`.

git is not run, since it executes programs that the configuration of a repository names. Patterns are matched in linear
time; regular expressions for whole patterns are not linear.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache

from msgspec import Struct

from zr4lint.filesystem.paths import repository
from zr4lint.filesystem.reading import UnfitError, read_regular

MAX_BYTES = 1_000_000
MAX_GLOBS = 1_000
"""The most patterns with wildcards that are used from one file."""
_MOST_FILES = 32
"""The most .gitignore files that are used for one path, the closest first."""
_NO_NAME = r"[*?[\\]|/."
"""A pattern with one of these is more than the name of one file or folder."""
_LONGEST = 512
"""The most characters of one part of a pattern; no name on Linux has more than 255."""


class _Rule(Struct, frozen=True):
    """A line of the file: its pattern split at slashes; None is `**`, and a string has no wildcards."""

    line: int
    segments: tuple[str | re.Pattern[str] | None, ...]
    negated: bool
    only_folders: bool
    anchored: bool

    def matches(self, parts: Sequence[str]) -> bool:
        """Return whether the pattern matches a path, given as its parts."""
        if not self.anchored:
            return _fits(self.segments[0], parts[-1])
        ends = {0}
        for number, segment in enumerate(self.segments):
            if segment is None:
                last = number == len(self.segments) - 1
                ends = set(range(min(ends) + last, len(parts) + 1))
            else:
                ends = {end + 1 for end in ends if end < len(parts) and _fits(segment, parts[end])}
            if not ends:
                return False
        return len(parts) in ends


def _fits(segment: str | re.Pattern[str] | None, name: str) -> bool:
    if segment is None or isinstance(segment, str):
        return segment is None or segment == name
    return segment.match(name) is not None


class _Rules:
    """The rules of one file; the last matching rule wins."""

    def __init__(self, text: str) -> None:
        self.by_name: dict[str, list[_Rule]] = {}
        self.others: list[_Rule] = []
        for number, line in enumerate(text.split("\n")):
            if len(self.others) >= MAX_GLOBS and re.search(_NO_NAME, line):
                continue  # a pattern that is not used need not be compiled
            rule = _rule(number, line)
            if rule is None:
                continue
            first = rule.segments[0]
            if not rule.anchored and isinstance(first, str):
                self.by_name.setdefault(first, []).append(rule)
            else:
                self.others.append(rule)

    def last(self, parts: Sequence[str], folder: bool) -> _Rule | None:
        """Return the last rule that matches a path, or None."""
        found = [
            rule
            for rule in (*self.by_name.get(parts[-1], ()), *self.others)
            if (folder or not rule.only_folders) and rule.matches(parts)
        ]
        return max(found, key=lambda rule: rule.line, default=None)


_rules = lru_cache(maxsize=256)(_Rules)
"""The rules of a text: nested folders often have the same."""


def _rule(number: int, line: str) -> _Rule | None:
    line = _without_trailing_blanks(line.removesuffix("\r"))
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    pattern = line[negated:]
    only_folders = pattern.endswith("/")
    pattern = pattern.rstrip("/") if only_folders else pattern
    anchored = "/" in pattern or pattern == "**"
    parts = pattern.removeprefix("/").split("/")
    if not pattern or any(len(part) > _LONGEST for part in parts):
        return None
    segments = [_segment(part) for part in parts]
    return _Rule(number, tuple(segments), negated, only_folders, anchored)


def _without_trailing_blanks(line: str) -> str:
    bare = line.rstrip(" ")
    escaped = (len(bare) - len(bare.rstrip("\\"))) % 2 == 1
    return bare + " " if escaped and bare != line else bare


def _segment(text: str) -> str | re.Pattern[str] | None:
    if text == "**":
        return None
    if not re.search(r"[*?[\\]", text):
        return text
    text = re.sub(r"\\(.)", lambda found: f"[{found[1]}]" if found[1] in "*?[" else found[1], text)
    return re.compile(translate(text.replace("[^", "[!")))


class _Above(Struct, frozen=True):
    """The rules of a folder, and those of the folders above, which apply if none of them matches."""

    folder: str
    rules: _Rules
    next: _Above | None


class GitIgnore:
    """Tells which paths below a folder git ignores; callers must not enter ignored folders."""

    def __init__(self, top: str) -> None:
        whole = os.path.abspath(top)
        self._top = repository(whole) or whole
        self._known: dict[str, _Above | None] = {}

    def matches(self, path: str, *, folder: bool = False) -> bool:
        """Return whether git ignores a path."""
        whole = os.path.abspath(path)
        above = self._above(os.path.dirname(whole))
        for _ in range(_MOST_FILES):
            if above is None:
                break
            parts = whole[len(above.folder.rstrip(os.sep)) + 1 :].split(os.sep)
            rule = above.rules.last(parts, folder)
            if rule is not None:
                return not rule.negated
            above = above.next
        return False

    def matches_any(self, folder: str, parts: Sequence[str]) -> bool:
        """Return whether git ignores the path `parts` below a folder, which may not exist, or a folder above it."""
        return any(self.matches(os.path.join(folder, *parts[:end]), folder=True) for end in range(1, len(parts) + 1))

    def _above(self, folder: str) -> _Above | None:
        """Return the rules for the files of a folder; its own rules come before those of the folder above."""
        passed: list[str] = []
        while folder not in self._known and folder != self._top and os.path.dirname(folder) != folder:
            passed.append(folder)
            folder = os.path.dirname(folder)
        if folder not in self._known:
            whole = _read(os.path.join(self._top, ".git", "info", "exclude"))
            passed.append(folder)
            above = _Above(self._top, whole, None) if whole is not None else None
        else:
            above = self._known[folder]
        for inner in reversed(passed):
            rules = _read(os.path.join(inner, ".gitignore"))
            above = _Above(inner, rules, above) if rules is not None else above
            self._known[inner] = above
        return above


def _read(path: str) -> _Rules | None:
    """Return the rules of a file, or None if it is missing or a symbolic link, which git does not read either."""
    try:
        if not os.path.lexists(path) or os.path.islink(path):
            return None
        return _rules(read_regular(path, MAX_BYTES).decode("utf-8", "surrogateescape"))
    except (OSError, UnfitError):
        return None
