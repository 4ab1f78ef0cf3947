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


def path_matches(path: str, pattern: str) -> bool:
    """Whether a path is of a pattern, part by part; `**` stands for any number of folders."""
    return _parts_match(path.split("/"), pattern.replace("**/**", "**").split("/"))


def _parts_match(parts: list[str], patterns: list[str]) -> bool:
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return _parts_match(parts, patterns[1:]) or (bool(parts) and _parts_match(parts[1:], patterns))
    return bool(parts) and matches(parts[0], patterns[0]) and _parts_match(parts[1:], patterns[1:])
