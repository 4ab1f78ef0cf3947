"""Matches the files that `.dockerignore` excludes from a build context, by the rules of moby's pattern matcher.

Patterns are matched in time linear in their length and the path's. Equivalent regular expressions are not linear.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.filesystem.context import read_file
from zr4lint.filesystem.paths import plain
from zr4lint.model.budgets import IGNORE_COMPARISONS
from zr4lint.model.remark import Remark, too_large
from zr4lint.startup import lazy_pattern

if TYPE_CHECKING:
    from zr4lint.model.source import Span

MAX_BYTES = 1_000_000
MAX_PATTERNS = 1_000
NAME = ".dockerignore"


class _Wild(Enum):
    """The wildcards of a pattern."""

    ONE = "?"
    STAR = "*"
    REST = "**"
    SKIP = "either no folders, or those of FOLDERS"
    FOLDERS = "any characters and a slash"


_CLASS = lazy_pattern(r"(\^?(?:\\.|[^\]\\-])(?:\\.|[^\]\\])*+)\]")
_SPECIAL = lazy_pattern(r"\\.|[\[&|~]")
_FREE: Mapping[object, tuple[int, ...]] = {_Wild.STAR: (1,), _Wild.REST: (1,), _Wild.SKIP: (1, 2)}
"""The number of tokens that each wildcard may skip without a character."""

_Token = str | _Wild | re.Pattern[str]


class _Pattern(Struct, frozen=True):
    """A line of the file: `text` without "!", and its tokens, each a character or a wildcard.

    `start` holds the characters before the first wildcard.
    """

    text: str
    tokens: tuple[_Token, ...]
    negated: bool
    start: str = ""
    wildcards: int = 0

    def cost(self, path: str) -> int:
        """Return how many comparisons matching a path counts as; this grows with wildcards and its length."""
        return 1 + self.wildcards * len(path) // 2 if path.startswith(self.start) else 1

    def matches(self, path: str) -> bool:
        """Return whether the pattern matches a path, or a folder above it."""
        if not path.startswith(self.start):
            return False
        states = self._closed({0})
        for number, character in enumerate(path):
            if character == "/" and number and len(self.tokens) in states:
                return True
            states = self._closed({after for at in states for after in self._after(at, character)})
            if not states:
                return False
        return len(self.tokens) in states

    def _after(self, at: int, character: str) -> Iterator[int]:
        """Yield the states after reading a character in the state `at`."""
        token = self.tokens[at] if at < len(self.tokens) else None
        match token:
            case _Wild.REST:
                yield at
            case _Wild.STAR if character != "/":
                yield at
            case _Wild.FOLDERS:
                yield at
                if character == "/":
                    yield at + 1
            case _Wild.ONE if character != "/":
                yield at + 1
            case str() if token == character:
                yield at + 1
            case re.Pattern() if token.match(character):
                yield at + 1

    def _closed(self, states: set[int]) -> set[int]:
        """Return the states and those reachable from them without a character."""
        waiting = list(states)
        while waiting:
            at = waiting.pop()
            token = self.tokens[at] if at < len(self.tokens) else None
            further = [at + step for step in _FREE.get(token, ()) if at + step not in states]
            waiting += further
            states.update(further)
        return states

    def may_match_below(self, folder: str) -> bool:
        """Return whether the pattern may match something below a folder."""
        for part, wanted in zip(self.text.split("/"), folder.split("/"), strict=False):
            if "**" in part:
                return True
            if not _Pattern(part, _tokens(part), False).matches(wanted):
                return False
        return self.text.count("/") > folder.count("/")


class DockerIgnore:
    """The patterns of a `.dockerignore`; the last pattern that matches a path, or a folder above it, wins."""

    def __init__(self, text: str, name: str = NAME) -> None:
        self.name = name
        self._patterns = [*_patterns(text)][:MAX_PATTERNS]
        self._compared = 0
        self._known: dict[str, bool] = {}

    def leaves_out(self, path: str) -> bool:
        """Return whether a file or folder is excluded, given its path in the context; "." is the context itself."""
        path = posixpath.normpath(path).lstrip("/")
        if path in ("", "."):
            return self._leaves_out_everything()
        if path not in self._known:
            self._known[path] = self._is_left_out(path)
        return self._known[path]

    def _is_left_out(self, path: str) -> bool:
        left_out = False
        self._compared += sum(pattern.cost(path) for pattern in self._patterns)
        if self.exhausted:
            return False
        for pattern in self._patterns:
            if pattern.negated == left_out and pattern.matches(path):
                left_out = not pattern.negated
        return left_out

    @property
    def exhausted(self) -> bool:
        """Return whether the limit of comparisons is reached; from then on, no path counts as excluded."""
        return self._compared > IGNORE_COMPARISONS

    def remark(self, span: Span) -> Remark:
        """Return the remark that the limit of comparisons is reached."""
        return too_large(span, plain(self.name), f"{IGNORE_COMPARISONS:,} comparisons")

    def may_bring_back(self, folder: str) -> bool:
        """Return whether a pattern with "!" may include something below an excluded folder."""
        folder = posixpath.normpath(folder).lstrip("/")
        return any(p.negated and p.may_match_below(folder) for p in self._patterns)

    def _leaves_out_everything(self) -> bool:
        last = max((n for n, p in enumerate(self._patterns) if p.text in ("*", "**", "**/*")), default=None)
        return last is not None and not any(p.negated for p in self._patterns[last:])


def dockerignore(context: str, dockerfile: str) -> DockerIgnore | None:
    """Return the ignore rules of a context for a Dockerfile with this path, or None if there are none.

    A file named after the Dockerfile takes precedence. It is unknown for a Dockerfile outside of the context.
    """
    own = f"{_inside(context, dockerfile)}{NAME}"
    for name in dict.fromkeys((own, NAME)):
        text = read_file(context, name, MAX_BYTES)
        if text is not None:
            try:
                return DockerIgnore(text, posixpath.basename(name))
            except re.error:  # the build fails with this error
                return None
    return None


def _inside(context: str, dockerfile: str) -> str:
    """Return the path of a Dockerfile in its context, or its name if it is outside of the context."""
    beside = os.path.dirname(os.path.abspath(dockerfile)) == os.path.abspath(context)
    if beside and not os.path.islink(dockerfile):
        return posixpath.basename(plain(dockerfile))
    folder = os.path.realpath(context)
    try:
        whole = os.path.realpath(dockerfile)
        if os.path.isfile(whole) and os.path.commonpath([folder, whole]) == folder:
            return plain(os.path.relpath(whole, folder))
    except ValueError:  # no file can have this name
        pass
    return posixpath.basename(plain(dockerfile)) if "\0" not in dockerfile else ""


def _patterns(text: str) -> Iterator[_Pattern]:
    """Yield the patterns of a file's lines; raises re.error for a pattern that moby refuses."""
    for line in text.removeprefix("\ufeff").split("\n"):
        if line.startswith("#"):
            continue
        words = line.strip()
        negated = words.startswith("!")
        words = words[negated:].strip()
        if not words:
            continue
        cleaned = "/" + posixpath.normpath(words).lstrip("/") if words.startswith("/") else posixpath.normpath(words)
        cleaned = re.sub(r"(?:\*\*/)+", "**/", cleaned.removeprefix("/") or "/")
        start, *rest = re.split(r"[*?\[\\]", cleaned)
        yield _Pattern(cleaned, _tokens(cleaned), negated, start, len(rest))


def _tokens(pattern: str) -> tuple[_Token, ...]:
    if pattern.startswith("**") and not re.search(r"[*?\[\]\\]", pattern[2:]) and pattern[2:3] != "/":
        return (_Wild.REST, *pattern[2:])
    found: list[_Token] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*" and pattern[at : at + 1] == "*":
            at += 2 if pattern[at + 1 : at + 2] == "/" else 1
            found += [_Wild.REST] if at >= len(pattern) else [_Wild.SKIP, _Wild.FOLDERS]
        elif character == "*":
            found.append(_Wild.STAR)
        elif character == "?":
            found.append(_Wild.ONE)
        elif character == "[":
            members = _CLASS.match(pattern, at)
            if members is None:
                raise re.error("a class that moby refuses")
            found.append(re.compile(f"[{_SPECIAL.sub(_escaped, members[1])}]"))
            at = members.end()
        elif character == "\\" and at < len(pattern):
            found.append(pattern[at])
            at += 1
        else:
            found.append(character)
    return tuple(found)


def _escaped(found: re.Match[str]) -> str:
    """Escape a character that is special in Python's character classes but not in moby's."""
    return found[0] if len(found[0]) > 1 else f"\\{found[0]}"
