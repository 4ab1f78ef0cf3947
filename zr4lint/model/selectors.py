"""How a word selects rules: by name, or by a prefix of a code or an alias."""

from __future__ import annotations

from zr4lint.model.finding import Finding, Rule


def fit(word: str, rule: Rule | Finding) -> int:
    """How many characters of a rule's code or alias a word names, all for its name; -1 if it names another rule."""
    if word == rule.name:
        return len(rule.code)
    if not rule.aliases:
        return len(word) if rule.code.startswith(word.upper()) else -1
    lowered = word.lower()
    return len(word) if any(code.lower().startswith(lowered) for code in (rule.code, *rule.aliases)) else -1
