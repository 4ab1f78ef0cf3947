"""Checks for characters that are invisible or look like others."""

from __future__ import annotations

import re
from bisect import bisect_right
from unicodedata import bidirectional, category, name

from zr4lint.checks.core.readable import readable
from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.model.source import Span

_ORDER = "\u202a-\u202e\u2066-\u2069"
_MARKS = "\u200e\u200f\u061c"
_JOINERS = "\u200b-\u200d"
_NOTHING = "\u00ad\u034f\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U0001d173-\U0001d17a"
_FILLERS = "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS = "\U000e0000-\U000e007f"
_LINES = "\x0b\x85\u2028\u2029"
_CONTROLS = "\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_BLANKS = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_ALL = (
    f"(?P<order>[{_ORDER}]+)|(?P<line>[{_LINES}]+|\r+(?![\r\n]))|(?P<control>[{_CONTROLS}]+)|(?P<blank>[{_BLANKS}]+)"
    f"|(?P<mark>[{_MARKS}]+)|(?P<joiner>[{_JOINERS}]+)|(?P<tag>[{_TAGS}]+)|(?P<selector>[{_SELECTORS}]+)"
    f"|(?P<nothing>[{_NOTHING}]+)|(?P<filler>[{_FILLERS}]+)"
)
_SAYS = {
    "order": "changes the order of what is shown",
    "line": "looks like the end of a line",
    "control": "is invisible and may control a terminal",
    "blank": "looks like a space but does not separate words",
}
_CONTROL_NAMES = {
    "\x07": "bell",
    "\x08": "backspace",
    "\x0b": "vertical tab",
    "\r": "carriage return",
    "\x1b": "escape",
    "\x7f": "delete",
    "\x85": "next line",
}
_BLACK_FLAG, _END_OF_TAGS, _KEYCAP = "\U0001f3f4", "\U000e007f", "\u20e3"
_FIRST_JOINED = 0x530
"""The first code point of a script with joined letters. Latin, Greek and Cyrillic come before it."""


def unseen(subject: Subject) -> Outcomes:
    """Yield one outcome for each sequence of such characters."""
    text = subject.source.text
    parts = readable(subject)
    starts = [part.span.start for part in parts]
    for found in re.finditer(_ALL, text):
        kind, (start, end) = found.lastgroup or "", found.span()
        at = bisect_right(starts, start) - 1
        read = at >= 0 and start < parts[at].span.end
        if _ordinary(kind, text, start, end, read=read):
            continue
        instead = None if kind == "line" else " " if kind == "blank" else ""
        yield Unmet(
            f"U+{ord(text[start]):04X} {_name(text[start])} {_SAYS.get(kind, 'is invisible')}",
            Span(start, end),
            fix=replace(Span(start, end), instead, "Write a space" if instead else "Remove it", UNSAFE)
            if instead is not None
            else None,
            notes=(f"{end - start} such characters are here.",) if end - start > 1 else (),
        )


def _name(character: str) -> str:
    return _CONTROL_NAMES.get(character) or name(character, "control character").lower()[:40]


def _ordinary(kind: str, text: str, start: int, end: int, *, read: bool) -> bool:
    """Return whether the surrounding text needs the characters. `read` means that a program reads them."""
    before, behind = text[max(start - 1, 0) : start], text[end : end + 1]
    match kind:
        case "blank":
            return not read
        case "mark":
            return not read and any(bidirectional(c) in ("R", "AL") for c in _around(text, start))
        case "joiner":
            return end - start == 1 and (_joins(before) or _joins(behind))
        case "tag":
            return before == _BLACK_FLAG and text[end - 1] == _END_OF_TAGS
        case "selector":
            keycap = before in tuple("0123456789#*") and behind == _KEYCAP
            return end - start == 1 and (keycap or _selects(before))
        case "filler":
            return any(c and ord(c) >> 8 == ord(text[start]) >> 8 for c in (before, behind))
        case "nothing":
            return end - start == 1 and _harmless(text[start], before, behind, read=read)
    return False


def _harmless(character: str, before: str, behind: str, *, read: bool) -> bool:
    if character == "\u00ad":
        return not read and before.isalpha() and behind.isalpha()
    if character == "\ufeff":
        return not before  # a byte order mark
    return character == "\u034f" and category(before or " ") == "Mn"


def _around(text: str, at: int) -> str:
    """Return the line at an offset, at most 500 characters to either side."""
    before, behind = text[max(at - 500, 0) : at], text[at : at + 500]
    return before.rpartition("\n")[2] + behind.partition("\n")[0]


def _joins(character: str) -> bool:
    """Return whether a character is a picture or belongs to a script that needs joiners."""
    return bool(character) and ord(character) >= _FIRST_JOINED and category(character)[0] in "LMS"


def _selects(character: str) -> bool:
    """Return whether a character may have variants: a sign, a picture, or a letter of a script with variants."""
    return bool(character) and ord(character) > 0xA8 and not (character.isalpha() and ord(character) < _FIRST_JOINED)
