"""Shell patterns: `*`, `?` and `[...]`, where case counts."""

from __future__ import annotations

from itertools import accumulate


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
    reached = [True]  # whether the patterns so far stand for the first n parts
    parts = path.split("/")
    reached += [False] * len(parts)
    for wanted in pattern.split("/"):
        if wanted == "**":
            reached = [*accumulate(reached, max)]
        else:
            ends = (before and matches(part, wanted) for before, part in zip(reached, parts, strict=False))
            reached = [False, *ends]
        if not any(reached):
            return False
    return reached[-1]
