"""Words to look for: literal text with captures, which is matched in linear time.

`<name>` stands for a word without blanks, `<name...>` for words of at most 200 characters. `^` at the start and `$` at
the end stand for those of a line. A blank stands for any blanks and for one line end. What is looked for is the
longest literal part; the rest is compared there, on a bounded stretch of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from msgspec import Struct

MOST_CHARACTERS = 200
_MOST_TRIES = 100
_CAPTURE = re.compile(r"<([a-z][a-z-]*)(\.\.\.)?>")
_WORDS = {
    "program": r"[^\s/\"'`:;]",
    "path": r"[^\s\"'`]",
    "package": r"[^\s\"'`=<>!~;\[\]]",
    "stage": r"[^\s,]",
    "n": r"[\d.]",
    "pid": r"\d",
    "version": r"[^\s\"'`,;)]",
    "place": r"(?:[^\s:]|:(?!\[))",
    "position": r"[^\s\]]",
    "column": r"\d",
    "variable": r"[A-Z0-9_]",
}
"""The pattern of a capture of this name; others match all but blanks."""

_FIRST = {"path": r"(?=[^\s\"'`]{0,200}?/)", "version": r"(?=[<>=!~]{0,2}\d)", "n": ""}


class Template(Struct, frozen=True):
    """A template ready to be matched: its longest literal part, where that begins in it at most, and all of it.

    `source` is the pattern of all of it. A log holds the words of few templates, so that it is compiled when needed.
    """

    text: str
    literal: str
    before: int
    source: str
    names: tuple[str, ...]

    def matches(self, text: str, joined: str) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Where the words are in a text, with their captures; in `joined` each line end is a blank."""
        at = joined.find(self.literal)
        for _ in range(_MOST_TRIES):
            if at < 0:
                return
            found = self._at(at, text)
            if found:
                yield found.start(), _values(found)
            at = joined.find(self.literal, max(at + len(self.literal), found.end() if found else 0))
        first = at  # beyond that only the last ones are tried: what ended a step stands at its end
        at = joined.rfind(self.literal, first) if first >= 0 else -1
        for _ in range(_MOST_TRIES):
            if at < first or first < 0:
                return
            found = self._at(at, text)
            if found:
                yield found.start(), _values(found)
            at = joined.rfind(self.literal, first, at)

    def _at(self, at: int, text: str) -> re.Match[str] | None:
        """The match whose literal part is at an offset."""
        low, high = max(at - self.before, 0), min(at + len(self.literal) + 3 * MOST_CHARACTERS, len(text))
        pattern = _compiled(self.source)
        found = pattern.search(text, low, high)
        while found and found.end() <= at:  # the same words in a line above
            found = pattern.search(text, found.end(), high)
        return found if found and found.start() <= at else None


def _values(found: re.Match[str]) -> Mapping[str, str]:
    return {name: value for name, value in found.groupdict().items() if value}


class TemplateError(ValueError):
    """A template that can't be used; the message says why."""


def compile_template(text: str, least: int = 4) -> Template:
    """Make a template ready; TemplateError if its literal parts are shorter than `least`."""
    inner = text.removeprefix("^")
    inner = inner.removesuffix("$") if inner.endswith("$") else inner
    parts: list[str] = []
    literals: list[tuple[int, str]] = []
    names: list[str] = []
    at, reach = 0, 0
    for found in _CAPTURE.finditer(inner):
        if "-" in found[1]:
            raise TemplateError(f"the name of the capture {found[0]} in {text!r} has a hyphen")
        literals.append((reach, inner[at : found.start()]))
        parts.append(_literal(inner[at : found.start()]))
        parts.append(_capture(found[1], spans=bool(found[2]), again=found[1] in names, last=found.end() == len(inner)))
        names.append(found[1])
        reach += len(inner[at : found.start()]) + MOST_CHARACTERS
        at = found.end()
    literals.append((reach, inner[at:]))
    parts.append(_literal(inner[at:]))
    before, literal = max(literals, key=lambda part: len(part[1].strip()))
    before, literal = before + len(literal) - len(literal.lstrip()), literal.strip()
    if len(literal) < least:
        raise TemplateError(f"{text!r} has no {least} literal characters in a row")
    start = r"^" if text.startswith("^") else ""
    cut = inner.endswith("...>")  # the capture takes what there is of the line, which may be longer than it can hold
    end = r"[ ]*$" if text.endswith("$") and inner != text.removeprefix("^") and not cut else ""
    return Template(text, literal, before, start + "".join(parts) + end, tuple(dict.fromkeys(names)))


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source, re.MULTILINE)


def _literal(text: str) -> str:
    return re.escape(text).replace(r"\ ", r"[ \n]")


def _capture(name: str, *, spans: bool, again: bool, last: bool) -> str:
    if again:
        return rf"(?P={name})"
    if spans:
        return rf"(?P<{name}>[^\n]{{1,{MOST_CHARACTERS}}}{'+' if last else '?'})"
    words = _WORDS.get(name, r"[^\s]")
    if last:
        return rf"(?P<{name}>{_FIRST.get(name, '')}{words}{{1,{MOST_CHARACTERS}}}+)"
    return rf"(?P<{name}>{_FIRST.get(name, '')}{words}{{1,{MOST_CHARACTERS}}}?)"
