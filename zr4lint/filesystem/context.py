"""Reads files of a build context."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from zr4lint.filesystem.paths import repository
from zr4lint.filesystem.reading import UnfitError, read_regular

_MOST_LINKS = 40


def has_file(context: str, path: str) -> bool:
    """Return whether a path is a regular file of a build context; nothing outside of the context is accessed."""
    parts = resolved(context, path)
    try:
        return parts is not None and stat.S_ISREG(os.lstat(os.path.join(context, *parts)).st_mode)
    except (OSError, ValueError):
        return False


def exists(context: str, path: str) -> bool:
    """Whether a path names something of a build context, a link among others; nothing outside of it is looked at."""
    parts = resolved(context, path)
    try:
        return parts is not None and os.path.lexists(os.path.join(context, *parts))
    except ValueError:
        return False


def read_file(context: str, path: str, most: int) -> str | None:
    """Return the text of a file of a build context, or None if it is unreadable or larger than `most` bytes."""
    parts = resolved(context, path)
    if parts is None:
        return None
    try:
        return read_regular(os.path.join(context, *parts), most).decode("utf-8", "surrogateescape")
    except (OSError, ValueError, UnfitError):
        return None


def resolved(context: str, path: str) -> list[str] | None:
    """Return the parts of a path in a build context after following links, or None for too many links.

    The context is the root, as in BuildKit: `..`, absolute paths and symbolic links never lead out of it, and nothing
    outside of it is accessed.
    """
    waiting = path.split("/")[::-1]
    at: list[str] = []
    links = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            del at[-1:]
        elif part not in ("", "."):
            try:
                target = os.readlink(os.path.join(context, *at, part))
            except (OSError, ValueError):  # not a link, or missing
                at.append(part)
                continue
            links += 1
            if links > _MOST_LINKS:
                return None
            if target.startswith("/"):
                at.clear()
            waiting += target.split("/")[::-1]
    return at


def found_above(context: str, path: str) -> bool | None:
    """Return whether a path is in a folder from the context up to the repository root; None without a repository."""
    folders = upwards(context)
    return any(exists(folder, path) for folder in folders) if folders else None


def upwards(context: str) -> Sequence[str]:
    """Return the context and the folders above it up to the repository root, or none without a repository."""
    found = [os.path.abspath(context)]
    root = repository(found[0])
    if root is None:
        return ()
    while found[-1] != root and os.path.dirname(found[-1]) != found[-1]:
        found.append(os.path.dirname(found[-1]))
    return found
