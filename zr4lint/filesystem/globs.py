"""Shell patterns: `*`, `?` and `[...]`, where case counts."""

from __future__ import annotations


def matches(name: str, pattern: str) -> bool:
    """Whether a name is of a pattern, as `fnmatch.fnmatchcase` has it, which takes long for the first name."""
    head, star, tail = pattern.partition("*")
    if "*" in tail or "?" in pattern or "[" in pattern:
        from fnmatch import fnmatchcase

        return fnmatchcase(name, pattern)
    if not star:
        return name == pattern
    return len(name) >= len(head) + len(tail) and name.startswith(head) and name.endswith(tail)
