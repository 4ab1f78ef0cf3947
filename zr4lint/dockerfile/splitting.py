"""Splits an instruction's text as BuildKit does: keyword, flags, arguments, words."""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct

from zr4lint.dockerfile.instructions import Flag
from zr4lint.dockerfile.lines import BLANKS
from zr4lint.model.source import MappedText
from zr4lint.startup import lazy_pattern

_GAP = "\t\v\f\r "
_GAPS = lazy_pattern(f"[{_GAP}]+")
_WORD = lazy_pattern(f"[^{_GAP}]+")
# BuildKit reads flags by bytes, and treats the bytes of U+0085 and U+00A0 as blanks even within a character.
_BLANK_BYTES = (b"\x85", b"\xa0")


class Word(Struct, frozen=True, gc=False):
    """A word and its place in the text that contains it."""

    text: str
    start: int
    end: int


class Parts(Struct, frozen=True):
    """The parts of an instruction's text."""

    keyword: Word
    flags: tuple[Flag, ...]
    arguments: MappedText


def split(whole: MappedText) -> Parts:
    """Split an instruction's joined lines."""
    text = whole.text
    end = len(text.rstrip(BLANKS))
    start = min(len(text) - len(text.lstrip(BLANKS)), end)
    match = _WORD.match(text, start, end)
    keyword = Word(match[0], start, match.end()) if match else Word("", start, start)
    flags, at = _flags(whole, keyword.end, end)
    while at < end and text[at] in BLANKS:
        at += 1
    return Parts(keyword, tuple(flags), whole.slice(at, end))


def _flags(whole: MappedText, at: int, end: int) -> tuple[list[Flag], int]:
    """Return the flags from `at` on, and where they end."""
    text = whole.text
    flags: list[Flag] = []
    while True:
        while at < end and text[at] in "\t\n\v\f\r ":
            at += 1
        if not text.startswith("--", at, end):
            return flags, at
        start = at
        word, at = _flag(text, at, end)
        if word == "--":
            return flags, at
        name, equals, value = word[2:].partition("=")
        flags.append(Flag(name, value if equals else None, whole.span(start, at)))


def _flag(text: str, at: int, end: int) -> tuple[str, int]:
    """Return the word of a flag without quotes and escapes, and its end. The escape is always the backslash."""
    chars: list[str] = []
    quote = ""
    while at < end:
        char = text[at]
        at += 1
        if char == quote:
            quote = ""
        elif char == "\\":
            if at < end and text[at] <= "\x7f":
                chars.append(text[at])
                at += 1
        elif quote:
            chars.append(char)
        elif char in "\"'":
            quote = char
        elif char in "\t\n\v\f\r ":
            return "".join(chars), at - 1
        else:
            chars.append(char)
            if char > "\x7f" and any(byte in char.encode("utf-8", "surrogateescape") for byte in _BLANK_BYTES):
                break
    return "".join(chars), at


def listed(text: str) -> list[Word]:
    """Return the words of a list such as FROM's arguments, in which quotes have no meaning."""
    return [Word(match[0], match.start(), match.end()) for match in _WORD.finditer(text)]


def head(text: str) -> Word:
    """Return the first word of a list, or an empty word."""
    match = _WORD.search(text)
    return Word(match[0], match.start(), match.end()) if match else Word("", 0, 0)


def first_gap(text: str) -> re.Match[str] | None:
    """Return the first run of blanks between words."""
    return _GAPS.search(text)


def quoted(text: str, escape: str) -> list[Word]:
    """Return the words of an ENV, LABEL or ARG, in which quotes and escapes keep blanks inside a word."""
    found = []
    for match in _quoted_pattern(escape).finditer(text):
        word = match[0]
        if match["cut"]:
            word = word[:-1]
        if word:
            found.append(Word(word, match.start(), match.start() + len(word)))
    return found


@cache
def _quoted_pattern(escape: str) -> re.Pattern[str]:
    e = re.escape(escape)
    # Python's blanks are BLANKS and \x1c to \x1f. An escape as the very last character ("cut") is dropped.
    return re.compile(
        rf"""(?:[^\s'"{e}]++|[\x1c-\x1f]|{e}.|'[^']*+'?+|"(?:[^"{e}]++|{e}.)*+"?+)*+(?P<cut>{e}\Z)?+""", re.DOTALL
    )
