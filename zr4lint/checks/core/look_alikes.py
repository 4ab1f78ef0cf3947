"""Checks for letters and signs of other scripts that look like ASCII ones."""

from __future__ import annotations

import re
from functools import cache
from unicodedata import category, normalize

from zr4lint.checks.core.readable import readable
from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.model.quoting import code
from zr4lint.model.source import Span

_PAIRS = (
    # Cyrillic
    ("аеорсухіјѕԁԛԝһӏүАВЕКМНОРСТУХІЈЅԌԚԜҮӀ", "aeopcyxijsdqwhlyABEKMHOPCTYXIJSGQWYI"),
    ("кмтвнгпиьѵѡ", "kmtbhrnubvw"),
    # Greek
    ("αορνικυχγτηωεΑΒΕΖΗΙΚΜΝΟΡΤΥΧϲϳ", "aopvikuxytnweABEZHIKMNOPTYXcj"),
    # Armenian, Cherokee, and letters of phonetic alphabets
    ("օոսհցզյՕՍ", "onuhgqjOU"),
    ("ᎪᏴᏟᎠᎬᎻᎫᏦᏞᎷᏢᏚᎢᏙᏔᏃᏀᏒ", "ABCDEHJKLMPSTVWZGR"),
    ("ɑɡɩƖǀ", "agill"),
    # Signs
    ("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\u2043\u02d7", "---------"),
    ("\u2215\u2044\u29f8\u2571\u27cb", "/////"),
    ("\u2024\u2027\ufe52", "..."),
    ("\u2236\ua789\u02d0\ufe55", "::::"),
    ("\u037e\u2223\u2758\u2217\u204e\u223c\u02dc\ufe66\ua78a", ";||**~~=="),
    ("\u201c\u201d\u201e\u201f\u2033", '"""""'),
    ("\u2018\u2019\u201a\u201b\u2032", "''" + "'''"),
)
_TABLE = {other: plain for others, plains in _PAIRS for other, plain in zip(others, plains, strict=True)}
_WEAK = frozenset("кмтвнгпиьѵѡυκχγτηωε")
"""Letters that look like ASCII only beside ASCII letters. Readers recognise whole words of them as foreign."""
_WORD = r"\w+"
_SIGN = r"[^\w\s\x00-\x7f]"
_ASCII_WORD = r"(?a:\b[A-Za-z]\w{2,}\b)"
_HOST = r"://[^/\s\"']*"
_NO_LETTERS = ("No", "Lm")
"""Categories whose characters never look like ASCII, although their compatible form is ASCII: "²", "ª"."""
_SHORTEST = 3
_MOST = 24


@cache
def ascii_for(character: str) -> str | None:
    """Return the ASCII character that `character` looks like, or None."""
    if character.isascii():
        return None
    known = _TABLE.get(character)
    if known is None and category(character) not in _NO_LETTERS:
        plain = normalize("NFKC", character)
        known = plain if len(plain) == 1 and "!" <= plain <= "~" else None
    return known


def look_alikes(subject: Subject) -> Outcomes:
    """Yield one outcome for each word with such letters, and for each sign."""
    text = subject.source.text
    parts = readable(subject)
    known = frozenset(re.findall(_ASCII_WORD, text)) if parts else frozenset()
    for part in parts:
        start, end = part.span.start, part.span.end
        hosts = [h.span() for h in re.compile(_HOST).finditer(text, start, end) if re.search(r"[A-Za-z]", h[0])]
        for found in re.compile(_WORD).finditer(text, start, end):
            at = found.start()
            name = part.name or text[at - 1 : at] in ("$", "{") or any(first <= at < last for first, last in hosts)
            if _deceives(found[0], known, name=name):
                yield _unmet(text, Span(*found.span()))
        for found in re.compile(_SIGN).finditer(text, start, end):
            if ascii_for(found[0]) is not None and _among_ascii(text, found.start()):
                yield _unmet(text, Span(*found.span()))


def _deceives(word: str, known: frozenset[str], *, name: bool) -> bool:
    """Return whether a word looks like an ASCII word: all its other characters look like ASCII.

    `known` are the ASCII words of the file. A word of another script that looks like one of these is suspicious.
    """
    others = [character for character in word if not character.isascii()]
    if not others or not all(map(ascii_for, others)):
        return False
    if any(character.isascii() and character.isalpha() for character in word):
        return True
    if not any(character in _TABLE for character in others):
        return any(character.isalpha() for character in others)
    if not _WEAK.isdisjoint(others):
        return False
    return name or (len(word) >= _SHORTEST and _plain(word) in known)


def _among_ascii(text: str, at: int) -> bool:
    """Return whether a sign is between ASCII characters, where the ASCII sign would have a meaning."""
    around = text[max(at - 1, 0) : at], text[at + 1 : at + 2]
    if ascii_for(text[at]) == "'" and all(map(str.isalpha, around)):
        return False  # an apostrophe
    return all(character.isascii() or ascii_for(character) is not None for character in around)


def _plain(word: str) -> str:
    return "".join(ascii_for(character) or character for character in word)


def _unmet(text: str, span: Span) -> Unmet:
    word = span.of(text)
    plain = _plain(word)
    others = list(dict.fromkeys(character for character in word if not character.isascii()))
    codes = [f"U+{ord(character):04X}" for character in others]
    if len(word) == 1:
        message = f"{codes[0]} looks like {code(plain)}"
    elif len(codes) == 1:
        message = f"{code(word, _MOST)} has {codes[0]}, which looks like {code(_plain(others[0]))}"
    elif len(codes) == 2:
        message = f"{code(word, _MOST)} has {codes[0]} and {codes[1]}, which look like ASCII"
    else:
        message = f"{code(word, _MOST)} has {len(codes)} letters that look like ASCII, such as {codes[0]}"
    return Unmet(
        message,
        span,
        notes=(f"The look-alikes are {', '.join(codes[:8])}.",) if len(codes) > 1 else (),
        fix=replace(span, plain, f"Write {plain if len(plain) <= _MOST else 'it in ASCII'}", UNSAFE),
    )
