"""Shell patterns with `*`, `?` and `[...]`, case-sensitive."""

from __future__ import annotations

from itertools import accumulate


def matches(name: str, pattern: str) -> bool:
    """Return whether a name matches a pattern, like `fnmatch.fnmatchcase`, which is slow for the first name."""
    head, star, tail = pattern.partition("*")
    if "*" in tail or "?" in pattern or "[" in pattern:
        from fnmatch import fnmatchcase

        return fnmatchcase(name, pattern)
    if not star:
        return name == pattern
    return len(name) >= len(head) + len(tail) and name.startswith(head) and name.endswith(tail)


def path_matches(path: str, pattern: str) -> bool:
    """Return whether a path matches a pattern, part by part; `**` matches any number of folders."""
    reached = [True]  # whether the pattern parts so far match the first n parts of the path
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
