"""Wording that the messages of errors share."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 60
_MOST = 44
_MESSAGE = 80
_SHORTEST = 5
_ALIKE = 0.78
_LEAST = 8


def show(words: str) -> str:
    """Words in quotes, cut where they are long, without characters that no terminal shows."""
    if len(words) > _LONGEST:
        words = words[: _LONGEST - 3] + "..."
    return '"' + "".join(char if char.isprintable() else "\ufffd" for char in words) + '"'


def code(words: str, most: int = _MOST) -> str:
    """Words of the file in backticks, on one line; of long ones the beginning and the end."""
    if len(words) > 4 * most:
        words = f"{words[: 2 * most]} {words[-2 * most :]}"
    words = " ".join((words if words.isascii() else visible(words)).split())
    if len(words) > most:
        head = (most - 3) // 2
        words = f"{words[:head]}...{words[len(words) - (most - 3 - head) :]}"
    return f"`{words}`"


def visible(words: str) -> str:
    """Words with a code such as `<U+200B>` for each character outside ASCII that no screen shows, or as a blank."""
    return "".join(c if c.isascii() or c.isprintable() else f"<U+{ord(c):04X}>" for c in words)


def plain(words: str, most: int = _MOST) -> str:
    """Words as `code` cuts them, without backticks: names and versions inside a sentence."""
    return code(words, most)[1:-1]


def contrast(what: str, found: str, wanted: str) -> str:
    """Say what something is and what it should be; only the latter where both are too long for a message."""
    whole = f"{what} is {code(found, _MESSAGE)}, not {code(wanted, _MESSAGE)}"
    return whole if len(whole) <= _MESSAGE else f"{what} is not {code(wanted, _MESSAGE - len(what) - 10)}"


def alike(name: str, other: str) -> bool:
    """Whether one name of a package may have been written for another, such as `mmcv-full` for `mmcv`."""
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
    """A message of at most 80 characters: of one that is longer, the longest words of the file are cut.

    Kinds of check leave room for words of an ordinary length; a file may have any.
    """
    while len(message) > _MESSAGE:
        longest = max(message.split("`")[1::2] or [""], key=len)
        room = max(len(longest) - (len(message) - _MESSAGE), _LEAST)
        if room >= len(longest):
            return message[: _MESSAGE - 3] + "..."
        message = message.replace(f"`{longest}`", code(longest, room), 1)
    return message


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    if not 1 < len(word) <= _LONGEST:
        return None
    from difflib import get_close_matches  # only a wrong file needs it

    matches = get_close_matches(word, known, 1)
    return matches[0] if matches else None
