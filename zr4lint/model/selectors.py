"""How a word selects rules: by name, or by a prefix of a code or an alias."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.model.finding import Finding, Rule


ALL = "ALL"
"""The word that selects every rule."""


def fit(word: str, rule: Rule | Finding) -> int:
    """The number of characters of a rule's code or alias that a word names, all for its name; -1 if none."""
    if word == rule.name:
        return len(rule.code)
    if word.upper() == ALL:
        return 0
    if not rule.aliases:
        return len(word) if rule.code.startswith(word.upper()) else -1
    lowered = word.lower()
    return len(word) if any(_fits(lowered, code.lower()) for code in (rule.code, *rule.aliases)) else -1


def _fits(word: str, code: str) -> bool:
    """Whether a word begins a code; an alias such as "sc*" stands for all codes with its prefix."""
    return code.startswith(word) or (code.endswith("*") and word.startswith(code[:-1]))
