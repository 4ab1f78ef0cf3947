"""Selects rules by words: a name, or a prefix of a code or an alias."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.model.finding import Finding, Rule


ALL = "ALL"
"""The word that selects every rule."""


def fit(word: str, rule: Rule | Finding) -> int:
    """Return the length of the code or alias prefix that a word matches, all for the name; -1 for no match."""
    if word == rule.name:
        return len(rule.code)
    if word.upper() == ALL:
        return 0
    if not rule.aliases:
        return len(word) if rule.code.startswith(word.upper()) else -1
    lowered = word.lower()
    return len(word) if any(_fits(lowered, code.lower()) for code in (rule.code, *rule.aliases)) else -1


def _fits(word: str, code: str) -> bool:
    """Return whether a word is a prefix of a code; an alias such as "sc*" stands for all codes with its prefix."""
    return code.startswith(word) or (code.endswith("*") and word.startswith(code[:-1]))
