"""Quoting and shortening of words in messages."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 60
_MOST = 44
_MESSAGE = 80
_SHORTEST = 5
_ALIKE = 0.78
_LEAST = 8


def show(words: str) -> str:
    """Return words in quotes, cut if they are long, with invisible characters escaped."""
    if len(words) > _LONGEST:
        words = words[: _LONGEST - 3] + "..."
    return '"' + "".join(char if char.isprintable() else "\ufffd" for char in words) + '"'


def code(words: str, most: int = _MOST) -> str:
    """Return words of the file in backticks, on one line; long words keep only the beginning and the end."""
    if len(words) > 4 * most:
        words = f"{words[: 2 * most]} {words[-2 * most :]}"
    words = " ".join((words if words.isascii() else visible(words)).split())
    if len(words) > most:
        head = (most - 3) // 2
        words = f"{words[:head]}...{words[len(words) - (most - 3 - head) :]}"
    return f"`{words}`"


def visible(words: str) -> str:
    """Replace each invisible character outside ASCII by a code such as `<U+200B>`."""
    return "".join(c if c.isascii() or c.isprintable() else f"<U+{ord(c):04X}>" for c in words)


def plain(words: str, most: int = _MOST) -> str:
    """Return words shortened as by `code`, without backticks, for names and versions inside a sentence."""
    return code(words, most)[1:-1]


def contrast(what: str, found: str, wanted: str) -> str:
    """Say what something is and what it should be; only the latter if both are too long for a message."""
    whole = f"{what} is {code(found, _MESSAGE)}, not {code(wanted, _MESSAGE)}"
    return whole if len(whole) <= _MESSAGE else f"{what} is not {code(wanted, _MESSAGE - len(what) - 10)}"


def alike(name: str, other: str) -> bool:
    """Return whether a package name may be a variant of another, such as `mmcv-full` of `mmcv`."""
    if name.partition("-")[0] == other or name == other.partition("-")[0]:
        return True
    if max(len(name), len(other)) > _LONGEST or min(len(name), len(other)) < _SHORTEST:
        return False
    from difflib import SequenceMatcher  # only a wrong file needs it

    matcher = SequenceMatcher(None, name, other)
    return all(ratio() >= _ALIKE for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))


def is_typo(word: str, meant: str, most: int) -> bool:
    """Whether at most so many letters of a word are missing, too many, wrong, or swapped with the next one."""
    if abs(len(word) - len(meant)) > most:
        return False
    older: list[int] = []
    above: list[int] = [*range(len(meant) + 1)]
    for down, letter in enumerate(word):
        row = [down + 1]
        for along, wanted in enumerate(meant):
            least = min(above[along] + (letter != wanted), above[along + 1] + 1, row[along] + 1)
            if down and along and (letter, word[down - 1]) == (meant[along - 1], wanted):
                least = min(least, older[along - 1] + 1)
            row.append(least)
        older, above = above, row
    return above[-1] <= most


def fitted(message: str) -> str:
    """Shorten a message to 80 characters by cutting its longest quoted words.

    Kinds of check leave room for words of an ordinary length, but a file may contain words of any length.
    """
    while len(message) > _MESSAGE:
        longest = max(message.split("`")[1::2] or [""], key=len)
        room = max(len(longest) - (len(message) - _MESSAGE), _LEAST)
        shorter = message.replace(f"`{longest}`", code(longest, room), 1)
        if len(shorter) >= len(message):  # no words are long, or the last quote is open
            return message[: _MESSAGE - 3] + "..."
        message = shorter
    return message


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most similar to `word`, or None if none is similar."""
    if not 1 < len(word) <= _LONGEST:
        return None
    from difflib import get_close_matches  # only a wrong file needs it

    matches = get_close_matches(word, known, 1)
    return matches[0] if matches else None
