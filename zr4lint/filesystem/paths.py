"""Paths as reports show them: relative, with forward slashes."""

from __future__ import annotations

import os


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
