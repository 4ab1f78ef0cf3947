"""The arguments of a function's call, put in where its body uses them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs

from zr4lint.model.source import MappedText
from zr4lint.shell.commands import Expansion, Word


def bound(word: Word, arguments: Sequence[Word]) -> Word:
    """A word with `$1`, `$2` and `$#` replaced by what a function is called with."""
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
        if expansion.name == "#" and not expansion.operator:
            add(MappedText.join([(str(len(arguments)), own.offset(0))]), (), quoted=False)
        elif number is None or (expansion.operator and len(arguments) < number):
            width = expansion.end - expansion.start
            add(own, [structs.replace(expansion, start=0, end=width)], quoted=False)
        elif len(arguments) >= number:
            argument = arguments[number - 1]
            add(argument.text, argument.expansions, quoted=expansion.quoted)
    add(word.text.slice(at, len(word.text.text)), (), quoted=False)
    return structs.replace(word, text=MappedText.join(pieces), expansions=tuple(expansions))


def _position(expansion: Expansion) -> int | None:
    """The number of the argument that an expansion stands for, if it does; an operator that needs more is none."""
    name = expansion.name or ""
    if not name.isdecimal() or name == "0" or len(name) > 3 or expansion.operator not in ("", "-", ":-", "?", ":?"):
        return None
    return int(name)
