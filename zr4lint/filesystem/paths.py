"""Paths as reports show them: relative, with forward slashes; and the repositories that they lie in."""

from __future__ import annotations

import os
from itertools import islice

_MOST_BESIDE = 1_000
"""The names of a folder that a mistyped one is compared with."""


def display(path: str) -> str:
    """A path as reports show it: relative where it lies below the current folder, with forward slashes."""
    path = plain(path)
    if not os.path.isabs(path):
        return path
    try:
        here = plain(os.getcwd())
    except OSError:
        return path
    return "." if path == here else path.removeprefix(f"{here.rstrip('/')}/")


def plain(path: str) -> str:
    """A path with forward slashes, and without what leads nowhere: "./a//b" is "a/b"."""
    drive, rest = (part.replace(os.sep, "/") for part in os.path.splitdrive(path))
    top = f"{drive}/" if rest.startswith("/") else drive
    return top + "/".join(part for part in rest.split("/") if part not in ("", ".")) or "."


def repository(folder: str, known: dict[str, str | None] | None = None) -> str | None:
    """The closest folder upwards that holds `.git`, given an absolute path; None if there is none.

    `known` are the answers for other folders, which this one is added to.
    """
    known = {} if known is None else known
    passed: list[str] = []
    at, found = folder, None
    while at not in known:
        passed.append(at)
        if os.path.lexists(os.path.join(at, ".git")):
            found = at
            break
        above = os.path.dirname(at)
        if above == at:
            break
        at = above
    else:
        found = known[at]
    known.update(dict.fromkeys(passed, found))
    return found


def inside(path: str, folder: str) -> bool:
    """Whether a path, all links followed, lies in a folder."""
    above = os.path.realpath(folder)
    try:
        return os.path.commonpath([above, os.path.realpath(path)]) == above
    except ValueError:  # on another drive
        return False


def from_root(path: str) -> str:
    """A path relative to the root of the repository it lies in; the path itself where there is none."""
    if path in ("", "-"):
        return path
    whole = os.path.abspath(path)
    root = repository(os.path.dirname(whole))
    if root is None:
        return path
    if not os.path.isabs(path) and os.path.abspath(".") == root and whole.startswith(root.rstrip(os.sep) + os.sep):
        return path
    return plain(os.path.relpath(whole, root))


def names_beside(path: str) -> list[str]:
    """The names in a path's folder in order, some of them where there are very many; none of one that can't be read."""
    try:
        with os.scandir(os.path.dirname(path) or ".") as entries:
            return sorted(entry.name for entry in islice(entries, _MOST_BESIDE))
    except (OSError, ValueError):
        return []
