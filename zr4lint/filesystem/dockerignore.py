"""The files that a build context excludes: `.dockerignore`, by the rules of moby's pattern matcher.

Patterns are matched in time linear in their length and the path's, which regular expressions made of them are not.
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
    """The parts of a pattern that stand for more than one text."""

    ONE = "?"
    STAR = "*"
    REST = "**"
    SKIP = "either no folders, or those of FOLDERS"
    FOLDERS = "any characters and a slash"


_CLASS = lazy_pattern(r"(\^?(?:\\.|[^\]\\-])(?:\\.|[^\]\\])*+)\]")
_SPECIAL = lazy_pattern(r"\\.|[\[&|~]")
_FREE: Mapping[object, tuple[int, ...]] = {_Wild.STAR: (1,), _Wild.REST: (1,), _Wild.SKIP: (1, 2)}
"""How many tokens further a token leads without a character."""

_Token = str | _Wild | re.Pattern[str]


class _Pattern(Struct, frozen=True):
    """A line of the file: `text` without "!", and its tokens, each a character or something wild.

    `start` are the characters before the first that is wild.
    """

    text: str
    tokens: tuple[_Token, ...]
    negated: bool
    start: str = ""

    def matches(self, path: str) -> bool:
        """Whether the pattern matches a path, or a folder above it."""
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
        """The states that a character leads to."""
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
        """The states, and those that they lead to without a character."""
        waiting = list(states)
        while waiting:
            at = waiting.pop()
            token = self.tokens[at] if at < len(self.tokens) else None
            further = [at + step for step in _FREE.get(token, ()) if at + step not in states]
            waiting += further
            states.update(further)
        return states

    def may_match_below(self, folder: str) -> bool:
        """Whether the pattern may match something below a folder."""
        for part, wanted in zip(self.text.split("/"), folder.split("/"), strict=False):
            if "**" in part:
                return True
            if not _Pattern(part, _tokens(part), False).matches(wanted):
                return False
        return self.text.count("/") > folder.count("/")


class DockerIgnore:
    """The patterns of a `.dockerignore`, of which the last that matches a path, or a folder above it, counts."""

    def __init__(self, text: str, name: str = NAME) -> None:
        self.name = name
        self._patterns = [*_patterns(text)][:MAX_PATTERNS]
        self._compared = 0
        self._known: dict[str, bool] = {}

    def leaves_out(self, path: str) -> bool:
        """Whether a file or folder is not in the context, given its path there; "." is the context itself."""
        path = posixpath.normpath(path).lstrip("/")
        if path in ("", "."):
            return self._leaves_out_everything()
        if path not in self._known:
            self._known[path] = self._is_left_out(path)
        return self._known[path]

    def _is_left_out(self, path: str) -> bool:
        left_out = False
        self._compared += len(self._patterns)
        if self.exhausted:
            return False
        for pattern in self._patterns:
            if pattern.negated == left_out and pattern.matches(path):
                left_out = not pattern.negated
        return left_out

    @property
    def exhausted(self) -> bool:
        """Whether no more paths are compared, so that none is taken to be left out."""
        return self._compared > IGNORE_COMPARISONS

    def remark(self, span: Span) -> Remark:
        """The remark that no more paths are compared."""
        return too_large(span, plain(self.name), f"{IGNORE_COMPARISONS:,} comparisons")

    def may_bring_back(self, folder: str) -> bool:
        """Whether a pattern with "!" may keep something below a path that is left out."""
        folder = posixpath.normpath(folder).lstrip("/")
        return any(p.negated and p.may_match_below(folder) for p in self._patterns)

    def _leaves_out_everything(self) -> bool:
        last = max((n for n, p in enumerate(self._patterns) if p.text in ("*", "**", "**/*")), default=None)
        return last is not None and not any(p.negated for p in self._patterns[last:])


def dockerignore(context: str, dockerfile: str) -> DockerIgnore | None:
    """The ignore rules of a context for a Dockerfile of this path; None where there are none.

    A file named after the Dockerfile comes first. Of a Dockerfile that lies elsewhere, nothing is known.
    """
    own = f"{_inside(context, dockerfile)}{NAME}"
    for name in dict.fromkeys((own, NAME)):
        text = read_file(context, name, MAX_BYTES)
        if text is not None:
            try:
                return DockerIgnore(text, posixpath.basename(name))
            except re.error:  # the build fails, and says why
                return None
    return None


def _inside(context: str, dockerfile: str) -> str:
    """The path of a Dockerfile in its context; its name alone where it is no file there."""
    beside = os.path.dirname(os.path.abspath(dockerfile)) == os.path.abspath(context)
    if beside and not os.path.islink(dockerfile):
        return posixpath.basename(plain(dockerfile))
    folder = os.path.realpath(context)
    try:
        whole = os.path.realpath(dockerfile)
        if os.path.isfile(whole) and os.path.commonpath([folder, whole]) == folder:
            return plain(os.path.relpath(whole, folder))
    except ValueError:  # a name that no file can have
        pass
    return posixpath.basename(plain(dockerfile)) if "\0" not in dockerfile else ""


def _patterns(text: str) -> Iterator[_Pattern]:
    """The patterns of a file's lines; re.error for one that moby refuses."""
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
        yield _Pattern(cleaned, _tokens(cleaned), negated, re.split(r"[*?\[\\]", cleaned, maxsplit=1)[0])


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
    """A character that means more to Python's classes than to moby's."""
    return found[0] if len(found[0]) > 1 else f"\\{found[0]}"
