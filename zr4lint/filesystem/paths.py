"""Paths as reports show them, relative and with forward slashes, and the repositories that contain them."""

from __future__ import annotations

import os
from itertools import islice

_MOST_BESIDE = 1_000
"""The most names of a folder that a mistyped name is compared with."""


def display(path: str) -> str:
    """Return a path as reports show it: relative if it is below the current folder, with forward slashes."""
    path = plain(path)
    if not os.path.isabs(path):
        return path
    try:
        here = plain(os.getcwd())
    except OSError:
        return path
    return "." if path == here else path.removeprefix(f"{here.rstrip('/')}/")


def plain(path: str) -> str:
    """Return a path with forward slashes and without redundant parts: "./a//b" becomes "a/b"."""
    drive, rest = (part.replace(os.sep, "/") for part in os.path.splitdrive(path))
    top = f"{drive}/" if rest.startswith("/") else drive
    return top + "/".join(part for part in rest.split("/") if part not in ("", ".")) or "."


def repository(folder: str, known: dict[str, str | None] | None = None) -> str | None:
    """Return the closest folder that contains `.git`, from an absolute path upwards, or None.

    `known` caches the answers for other folders; the answer for this one is added.
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
    """Return whether a path lies in a folder after following links."""
    above = os.path.realpath(folder)
    try:
        return os.path.commonpath([above, os.path.realpath(path)]) == above
    except ValueError:  # on another drive
        return False


def from_root(path: str) -> str:
    """Return a path relative to the root of its repository, or the path itself if it is in no repository."""
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
    """Return the sorted names in the folder of a path, at most `_MOST_BESIDE`, or none if it cannot be read."""
    try:
        with os.scandir(os.path.dirname(path) or ".") as entries:
            return sorted(entry.name for entry in islice(entries, _MOST_BESIDE))
    except (OSError, ValueError):
        return []
