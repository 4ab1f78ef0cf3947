"""Parses a requirements file as pip does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from zr4lint.model.budgets import LISTED, VALUE_LENGTH
from zr4lint.model.source import MappedText
from zr4lint.programs.option_reading import Option, parse_options
from zr4lint.programs.pip import COMMENT, GRAMMAR, NO_FOLDER
from zr4lint.shell import Argument

_MOST_LINES = 10 * LISTED
"""The most non-empty lines that are read."""

_TOUCHING = r"[\w.\[\],-]+\s*[=<>!~]=?[\w\s.*+!,=<>~-]*(#.*)"
_OPTION = r"(?:^|(?<=\s))-"
_WORD = r"""(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+"""
_VARIABLE = r"\$\{([A-Z0-9_]+)\}"
_OF_FILE = frozenset({
    "requirement", "constraint", "index-url", "pypi-url", "extra-index-url", "find-links", "no-index", "pre",
    "no-binary", "only-binary", "prefer-binary", "require-hashes", "trusted-host",
})  # fmt: skip


_ELSEWHERE = frozenset(
    {"editable", "use-feature", "config-settings", "global-option", "hash", "index", "default-index"}
)
"""Options of a single requirement, and those that only some installers accept."""
_REFUSED = (GRAMMAR.flags | GRAMMAR.valued) - _OF_FILE - _ELSEWHERE


class Listing(Struct, frozen=True):
    """The entries of a file for an installer.

    - `wanted` are the requirements; the value is None if a variable in it is unknown.
    - `options` apply to the whole command. They include the names of other files.
    - `opaque` tells that there are more entries, which are not read.
    - `refused` are options that no file may have, requirements with a version after `-e`, and comments directly after
      a version. The command fails with any of them.
    - `python` is the specifier of the Python versions that a project accepts, or None.
    """

    wanted: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    opaque: bool = False
    refused: tuple[Argument, ...] = ()
    python: Argument | None = None


def read_requirements(text: MappedText, variables: Mapping[str, str | None]) -> Listing:
    """Parse a requirements file; pip replaces `${NAME}` by the command's `variables`."""
    wanted: list[Argument] = []
    options: list[Option] = []
    refused: list[Argument] = []
    for number, line in enumerate(_lines(text)):
        if len(wanted) >= LISTED or number >= _MOST_LINES:
            return Listing(tuple(wanted), tuple(options), opaque=True, refused=tuple(refused))
        if len(line.text) > VALUE_LENGTH:
            wanted.append(Argument(None, line.span(0, len(line.text))))
            continue
        option = re.search(_OPTION, line.text)
        end = option.start() if option is not None else len(line.text)
        words = line.text[:end]
        requirement = words.strip()
        if requirement:
            start = len(words) - len(words.lstrip())
            wanted.append(_argument(line.slice(start, start + len(requirement)), requirement, variables))
            if "#" in requirement and (touching := re.match(_TOUCHING, requirement)) is not None:
                refused.append(Argument(touching[1], line.span(start + touching.start(1), start + len(requirement))))
            if option is None:
                continue
            line = line.slice(end, len(line.text))
        parsed = parse_options([*_words(line, variables)], GRAMMAR)
        refused += (Argument(f"--{o.name}", o.span) for o in parsed.options if o.name in _REFUSED)
        if requirement:
            continue
        for editable in parsed.all("editable"):
            if editable.value is not None and re.fullmatch(NO_FOLDER, editable.value):
                refused.append(Argument(f"-e {editable.value}", editable.span))
            else:
                wanted.append(Argument(editable.value, editable.value_span))
        options += (o for o in parsed.options if o.name in _OF_FILE)
    return Listing(tuple(wanted), tuple(options), refused=tuple(refused))


def _lines(text: MappedText) -> Iterator[MappedText]:
    """Yield the logical lines: a backslash joins a line to the next, except at the end of a comment."""
    pieces: list[tuple[str, int]] = []
    at = 0
    for line in text.text.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        comment = bare.lstrip().startswith("#")
        joins = bare.endswith("\\") and not comment
        if comment and pieces:  # a comment also ends the line that it is joined to
            bare = ""
        pieces.append((bare.removesuffix("\\") if joins else bare, text.offset(at)))
        at += len(line)
        if not joins:
            yield from _without_comment(pieces)
            pieces = []
    yield from _without_comment(pieces)


def _without_comment(pieces: list[tuple[str, int]]) -> Iterator[MappedText]:
    whole = MappedText.join(pieces)
    found = re.search(COMMENT, whole.text) if "#" in whole.text else None
    kept = whole.slice(0, found.start()) if found is not None else whole
    if kept.text.strip():
        yield kept


def _words(line: MappedText, variables: Mapping[str, str | None]) -> Iterator[Argument]:
    for found in re.finditer(_WORD, line.text):
        value = re.sub(r"""["']|\\(.)""", r"\1", found[0])
        yield _argument(line.slice(found.start(), found.end()), value, variables)


def _argument(at: MappedText, value: str, variables: Mapping[str, str | None]) -> Argument:
    """Return a word with its variables replaced; its value is None if one is unknown."""
    value = re.sub(_VARIABLE, lambda found: variables.get(found[1]) or found[0], value)
    return Argument(value if len(value) <= VALUE_LENGTH and "$" not in value else None, at.span(0, len(at.text)))
