"""Templates: literal text with captures, matched in linear time.

`<name>` captures one word without blanks, `<name...>` up to 200 characters of words. `^` at the start and `$` at the
end match those of a line. A blank matches any blanks and one line end. The longest literal part is searched for first,
and the rest is compared there, on a bounded part of the text.
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
"""Character patterns of captures by name; other captures match all characters but blanks."""

_FIRST = {"path": r"(?=[^\s\"'`]{0,200}?/)", "version": r"(?=[<>=!~]{0,2}\d)", "n": ""}


class Template(Struct, frozen=True):
    """A compiled template: its longest literal part, the greatest offset of that part, and the whole pattern.

    `source` is the whole pattern. It is compiled at its first use, since a log contains few templates.
    """

    text: str
    literal: str
    before: int
    source: str
    names: tuple[str, ...]

    def matches(self, text: str, joined: str) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Yield the offsets of matches and their captures; `joined` is `text` with a blank for each line end."""
        at = joined.find(self.literal)
        for _ in range(_MOST_TRIES):
            if at < 0:
                return
            found = self._at(at, text)
            if found:
                yield found.start(), _values(found)
            at = joined.find(self.literal, max(at + len(self.literal), found.end() if found else 0))
        first = at  # of more places only the last ones are tried, since the error that ended a step is at its end
        at = joined.rfind(self.literal, first) if first >= 0 else -1
        for _ in range(_MOST_TRIES):
            if at < first or first < 0:
                return
            found = self._at(at, text)
            if found:
                yield found.start(), _values(found)
            at = joined.rfind(self.literal, first, at)

    def _at(self, at: int, text: str) -> re.Match[str] | None:
        """Return the match whose literal part is at an offset; None if there is none."""
        low, high = max(at - self.before, 0), min(at + len(self.literal) + 3 * MOST_CHARACTERS, len(text))
        pattern = _compiled(self.source)
        found = pattern.search(text, low, high)
        while found and found.end() <= at:  # a line above has the same words
            found = pattern.search(text, found.end(), high)
        return found if found and found.start() <= at else None


def _values(found: re.Match[str]) -> Mapping[str, str]:
    return {name: value for name, value in found.groupdict().items() if value}


class TemplateError(ValueError):
    """A template is invalid; the message gives the reason."""


def compile_template(text: str, least: int = 4) -> Template:
    """Compile a template; raise TemplateError if its literal parts are shorter than `least` characters."""
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
    cut = inner.endswith("...>")  # the capture is cut, since the line may be longer than a capture
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
