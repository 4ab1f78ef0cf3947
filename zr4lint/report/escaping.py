"""Escapes for untrusted text, so that it cannot control a terminal or break an encoding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import json

from zr4lint.startup import lazy_pattern

TAB = "    "
_UNSEEN = lazy_pattern(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Characters that `str.isprintable` accepts although they are invisible: fillers, joiners, variation selectors."""

_NOT_PLAIN = r"[^\n -~]+"


def visible(text: str) -> str:
    """Replace every invisible character by an escape such as "\\x1b".

    These are the characters that `str.isprintable` refuses: control characters, line and paragraph separators,
    direction marks, blanks other than the space, zero-width characters, lone surrogates. Printable characters that are
    invisible are written as "<U+3164>".
    """
    if text.isascii() and text.isprintable():
        return text
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def no_command(line: str) -> str:
    """Escape a line that the log of a workflow would execute as a command.

    GitHub executes a line that begins with `::`, even after blanks. GitHub and Azure DevOps both execute a line that
    contains `##[` or `##vso[` anywhere.
    """
    words = line.lstrip()
    if words.startswith("::"):
        line = f"{line[: len(line) - len(words)]}\\x3a{words[1:]}"
    return without_marks(line, "\\x23")


def without_marks(text: str, sharp: str) -> str:
    """Replace the "#" before a command mark such as `##[` by `sharp`, so that the log does not execute the line."""
    return text.replace("##[", f"#{sharp}[").replace("##vso[", f"#{sharp}vso[") if "##" in text else text


def json_text(document: object, *, indent: int = 2) -> str:
    """Return a document as ASCII JSON that no log executes as a command; an `indent` of 0 writes one line.

    The strings of the document must be well formed.
    """
    text = json.format(json.encode(document), indent=indent).decode()
    if not text.isascii() or "\x7f" in text:
        text = re.sub(_NOT_PLAIN, _json_escape, text)
    return without_marks(text, "\\u0023")


def json_pieces(document: object, depth: int = 0) -> Iterator[str]:
    """Yield the JSON that `json_text` would write, in pieces; each iterator in the document becomes a list.

    The items of an iterator are written one by one. They must not contain iterators.
    """
    if isinstance(document, dict) and _has_iterators(document):
        yield from _bracketed("{}", ((f"{json_text(key)}: ", value) for key, value in document.items()), depth)
    elif isinstance(document, list) and _has_iterators(document):
        yield from _bracketed("[]", (("", value) for value in document), depth)
    elif isinstance(document, Iterator):
        yield from _bracketed("[]", (("", value) for value in document), depth, plain=True)
    else:
        yield _indented(document, depth)


def _bracketed(brackets: str, items: Iterable[tuple[str, object]], depth: int, *, plain: bool = False) -> Iterator[str]:
    before = brackets[0]
    for head, value in items:
        yield f"{before}\n{'  ' * (depth + 1)}{head}"
        if plain:
            yield _indented(value, depth + 1)
        else:
            yield from json_pieces(value, depth + 1)
        before = ","
    yield brackets if before == brackets[0] else f"\n{'  ' * depth}{brackets[1]}"


def _indented(value: object, depth: int) -> str:
    return json_text(value).replace("\n", "\n" + "  " * depth)


def _has_iterators(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_iterators, value.values()))
    return any(map(_has_iterators, value)) if isinstance(value, list) else isinstance(value, Iterator)


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def visible_line(line: str) -> str:
    """Return a source line with its invisible characters escaped, except tabs, and without a final "\\r"."""
    return "\t".join(map(visible, line.removesuffix("\r").split("\t")))


def source_characters(text: str) -> list[str]:
    """Return the text to show for each character of a source line: a tab becomes blanks, the rest as in `visible`."""
    if text.isascii() and text.isprintable():
        return list(text)
    return [TAB if character == "\t" else visible(character) for character in text]


def well_formed(text: str) -> str:
    """Replace lone surrogates by escapes such as "\\udcff", so that the text can be encoded."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def cells(text: str) -> int:
    """Return the number of terminal columns that visible text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(0 if category(c) in ("Mn", "Me") else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, first: int, rest: int) -> list[str]:
    """Wrap prose into lines of at most `first`, then `rest` columns; longer words are not broken.

    The first line is empty if the first word fits only on the next line.
    """
    text = visible(text)
    if cells(text) <= first and not text.startswith(" "):
        return [text]
    lines: list[str] = []
    line, used, room = "", 0, first
    for word in text.split(" "):
        need = cells(word)
        if (line and used + 1 + need > room) or (not line and not lines and room < need <= rest):
            lines.append(line)
            line, used, room = word, need, rest
        else:
            line, used = (f"{line} {word}", used + 1 + need) if line else (word, need)
    lines.append(line)
    return lines
