"""Substitutes the arguments of a function call into the words of the function's body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model.source import MappedText

if TYPE_CHECKING:
    from zr4lint.shell.commands import Expansion, Word


def bound(word: Word, arguments: Sequence[Word], zeroth: Word | None = None) -> Word:
    """Return a word with `$1`, `$2` and `$#` replaced by the call's arguments, and `$0` by `zeroth` if it is given."""
    pieces: list[tuple[str, int]] = []
    expansions: list[Expansion] = []
    length = at = 0

    def add(text: MappedText, inner: Iterable[Expansion], *, quoted: bool) -> None:
        nonlocal length
        pieces.extend(text.pieces())
        expansions.extend(
            structs.replace(e, start=e.start + length, end=e.end + length, quoted=e.quoted or quoted) for e in inner
        )
        length += len(text.text)

    for expansion in word.expansions:
        add(word.text.slice(at, expansion.start), (), quoted=False)
        own = word.text.slice(expansion.start, expansion.end)
        number = _position(expansion)
        at = expansion.end
        if expansion.name == "#" and not expansion.operator and not any(word.glob for word in arguments):
            add(MappedText.join([(str(len(arguments)), own.offset(0))]), (), quoted=False)
        elif zeroth is not None and expansion.name == "0" and not expansion.operator:
            add(zeroth.text, zeroth.expansions, quoted=expansion.quoted)
        elif number is None or (expansion.operator and len(arguments) < number):
            width = expansion.end - expansion.start
            add(own, [structs.replace(expansion, start=0, end=width)], quoted=False)
        elif len(arguments) >= number:
            argument = arguments[number - 1]
            add(argument.text, argument.expansions, quoted=expansion.quoted)
    add(word.text.slice(at, len(word.text.text)), (), quoted=False)
    return structs.replace(word, text=MappedText.join(pieces), expansions=tuple(expansions))


def spliced(word: Word, patterns: Mapping[str, Word]) -> Word:
    """Return a word whose one variable is replaced by its pattern, if a loop over files sets that variable."""
    fitting = [e for e in word.expansions if e.name in patterns and not e.operator]
    if len(fitting) != 1 or len(word.expansions) != 1:
        return word
    pattern = patterns[fitting[0].name or ""]
    head, tail = word.text.slice(0, fitting[0].start), word.text.slice(fitting[0].end, len(word.text.text))
    text = MappedText.join([*head.pieces(), *pattern.text.pieces(), *tail.pieces()])
    return structs.replace(word, text=text, expansions=(), glob=True)


def _position(expansion: Expansion) -> int | None:
    """Return the number of the argument that an expansion stands for, or None if its operator is not supported."""
    name = expansion.name or ""
    if not name.isdecimal() or name == "0" or len(name) > 3 or expansion.operator not in ("", "-", ":-", "?", ":?"):
        return None
    return int(name)
