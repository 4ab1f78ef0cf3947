"""The known rules: those of packs, and the linter's own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from functools import cache, cached_property
from typing import TYPE_CHECKING

from zr4lint.checks import KINDS
from zr4lint.model.quoting import code, nearest
from zr4lint.model.selectors import ALL, fit
from zr4lint.packs.loading import load_pack, pack_names
from zr4lint.packs.own_rules import OWN_RULES
from zr4lint.packs.problems import PackError

if TYPE_CHECKING:
    from zr4lint.model.finding import Rule
    from zr4lint.packs.model import Pack

_MOST_HINTS = 20
NOT_BUILT = dict.fromkeys(
    ("zc107", "base-platform-mismatch", "invalidbaseimageplatform"),
    "ZC107 base-platform-mismatch (InvalidBaseImagePlatform) is not built: it needs the registry, and zr4lint opens no "
    "connection",
)
"""Rules that zr4lint can't have, by code, name and alias in small letters."""


def named(word: str, rule: Rule) -> bool:
    """Return whether a word is the name of a rule, or a prefix of its code or of an alias."""
    return bool(word) and fit(word, rule) >= 0


def load(name: str, keys: Collection[str] = ()) -> Pack:
    """Load a pack by name or file as `load_pack` does; a shipped pack is read once."""
    return _shipped(name) if name in pack_names() else load_pack(name, KINDS, keys)


@cache
def _shipped(name: str) -> Pack:
    return load_pack(name, KINDS)


def shipped() -> tuple[Pack, ...]:
    """Return the shipped packs that can be read."""
    found: list[Pack] = []
    for name in pack_names():
        with suppress(PackError):
            found.append(load(name))
    return tuple(found)


class Words:
    """The words that `named` accepts for one of several rules."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._words = {ALL}
        self._open: list[str] = []  # the prefixes of aliases such as "sc*"
        for rule in rules:
            self._words.add(rule.name)
            for own in (rule.code.lower(), *map(str.lower, rule.aliases)):
                self._words.update(own[:end].upper() for end in range(1, len(own) + 1))
                if own.endswith("*"):
                    self._open.append(own[:-1])

    def has(self, word: str) -> bool:
        """Return whether a word names one of the rules."""
        return word in self._words or word.upper() in self._words or word.lower().startswith(tuple(self._open))


class Rulebook:
    """The rules of the packs in use, the linter's own, and those of other packs, which are loaded on demand."""

    def __init__(self, packs: Iterable[Pack], others: Callable[[], Sequence[Pack]] = shipped) -> None:
        self.rules = (*(rule.rule for pack in packs for rule in pack.rules), *OWN_RULES)
        self._others = others
        self._hints = _MOST_HINTS
        self._known: dict[str, bool] = {}
        self._used: dict[str, bool] = {}

    def uses(self, word: str) -> bool:
        """Return whether a word names rules of the packs in use."""
        if word not in self._used:
            self._used[word] = self._own.has(word)
        return self._used[word]

    def knows(self, word: str) -> bool:
        """Return whether a word names rules of any pack."""
        if word not in self._known:
            self._known[word] = self.uses(word) or self._every.has(word)
        return self._known[word]

    @cached_property
    def _own(self) -> Words:
        return Words(self.rules)

    @cached_property
    def _every(self) -> Words:
        return Words(rule.rule for pack in self._others() for rule in pack.rules)

    def unknown(self, word: str) -> str:
        """Say why a word names no rule."""
        return NOT_BUILT.get(word.lower()) or f"no rule has the code or the name {code(word)}{self.nearest(word)}"

    def nearest(self, word: str) -> str:
        """Return a "did you mean" suffix with the most similar name, or "" if none is similar.

        After many wrong names it returns "" without searching, since searching takes time.
        """
        if not self._hints:
            return ""
        self._hints -= 1
        rules = {*self.rules, *(rule.rule for pack in self._others() for rule in pack.rules)}
        return hint(word, sorted(words for rule in rules for words in (rule.code, rule.name)))


def hint(word: str, known: Iterable[str]) -> str:
    """Return a "did you mean" suffix with the most similar known word, or "" if none is similar."""
    near = nearest(word, known)
    return f"; did you mean `{near}`?" if near else ""
