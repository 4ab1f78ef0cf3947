"""Suspects characters that look like others, and invisible ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.linting.suspects.suspect import Suspect, outside_comments
from zr4lint.model.finding import Edit, Related
from zr4lint.model.quoting import plain
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.facts import Facts

_CYRILLIC = dict(zip("АВЕЅІЈКМНОРСТХУаеіјкорсухѕԁԛԝһ", "ABESIJKMHOPCTXYaeijkopcyxsdqwh", strict=True))
_GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοντ", "ABEZHIKMNOPTYXovt", strict=True))
_LATIN = {"ı": "i", "ɡ": "g", "ɑ": "a", "ſ": "f"}
_QUOTES = {**dict.fromkeys("‘’‚‛′`´ʼ", "'"), **dict.fromkeys("“”„‟″«»", '"')}
_QUOTES.pop("`")
_SIGNS = {
    "−": "-",
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "﹣": "-",
    "⁄": "/",
    "∕": "/",
    "∗": "*",
    "꞉": ":",
    "․": ".",
    "＂": '"',
}
_LETTERS = {**_CYRILLIC, **_GREEK, **_LATIN, **_QUOTES, **_SIGNS}
_DASHES = "–—―"
_MOST = 8
"""The most different characters of a file that are tried."""


def characters(facts: Facts) -> Iterator[Suspect]:
    """Yield each character that stands for an ASCII character or for nothing, with all its places."""
    text = facts.dockerfile.source.text
    if text.isascii():
        return
    places: dict[str, list[int]] = {}
    for span in outside_comments(facts):
        for found in re.finditer(r"[^\x00-\x7f]", text[span.start : span.end]):
            places.setdefault(found[0], []).append(span.start + found.start())
    kinds = [(char, meant) for char in places if (meant := _meant(char)) is not None]
    for char, meant in kinds[:_MOST]:
        yield _suspect(text, char, meant, places[char])
    if len(kinds) > 1:
        yield _suspect_of_all(text, kinds[:_MOST], places)


def _suspect(text: str, char: str, meant: str, places: list[int]) -> Suspect:
    edits = tuple(_edit(text, at, char, meant) for at in places)
    first, *others = places
    related = tuple(Related(f"U+{ord(char):04X} here as well", Span(at, at + 1)) for at in others[:3])
    return Suspect(
        Span(first, first + 1),
        _message(text, first, char, edits[0].text),
        edits,
        "Remove the character" if not meant else f"Write {edits[0].text!r} instead of it",
        related=related,
    )


def _suspect_of_all(text: str, kinds: list[tuple[str, str]], places: dict[str, list[int]]) -> Suspect:
    """Return one suspect for all such characters, which may break a word only together, such as a pair of quotes."""
    char, meant = min(kinds, key=lambda kind: places[kind[0]][0])
    first = places[char][0]
    edits = tuple(sorted(_edit(text, at, kind, instead) for kind, instead in kinds for at in places[kind]))
    related = tuple(
        Related(f"U+{ord(kind):04X} here", Span(places[kind][0], places[kind][0] + 1))
        for kind, _ in kinds
        if kind != char
    )
    title = "Write the characters of ASCII"
    return Suspect(
        Span(first, first + 1),
        _message(text, first, char, _edit(text, first, char, meant).text),
        edits,
        title,
        related=related[:3],
    )


def _edit(text: str, at: int, char: str, meant: str) -> Edit:
    if char in _DASHES:  # one dash is typed for two, unless the second is present
        start = at == 0 or text[at - 1].isspace()
        meant = (
            "--" if start and text[at + 1 : at + 3].strip("-").isalpha() and text[at + 2 : at + 3].isalpha() else "-"
        )
    if meant == " " and text[at - 1 : at] == "\\":
        meant = ""
    return Edit(at, at + 1, meant)


def _message(text: str, at: int, char: str, meant: str) -> str:
    import unicodedata  # only such a file needs it

    name = unicodedata.name(char, "")
    word = "".join(c for c in _word(text, at) if c.isprintable())
    where = f" in `{plain(word, 24)}`" if word and not char.isspace() else ""
    named = f"U+{ord(char):04X} {name[:40]}".strip()
    seen = f"{named} stands{where}" if where else f"{named} stands here"
    instead = f", not `{meant}`" if meant.strip() else ""
    return f"{seen}{instead}" if len(seen + instead) <= 80 else f"{named}{instead}"


def _word(text: str, at: int) -> str:
    """Return the word around a place."""
    start, end = at, at
    while start > 0 and not text[start - 1].isspace() and at - start < 40:
        start -= 1
    while end < len(text) and not text[end].isspace() and end - at < 40:
        end += 1
    return text[start:end]


def _meant(char: str) -> str | None:
    """Return the ASCII character that a character looks like, "" for an invisible one, or None."""
    import unicodedata

    if char in _LETTERS:
        return _LETTERS[char]
    if char in _DASHES:
        return "-"
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    if category in ("Zs", "Zl", "Zp"):
        return " "
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 and folded.isascii() else None
