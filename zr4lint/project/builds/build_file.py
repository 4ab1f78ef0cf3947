"""Reads the builds of a compose file or a bake file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice

from msgspec import structs

from zr4lint.filesystem.limits import time_limit
from zr4lint.filesystem.paths import plain, repository
from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.filesystem.sources import FileError
from zr4lint.model.deadline import TimeUpError
from zr4lint.project.builds.build import Build, BuildFileError, Described

MAX_BYTES = 500_000
MAX_SECONDS = 5
MOST_BUILDS = 200


def builds_of(path: str) -> tuple[list[Build], list[str]]:
    """Return the builds that a file describes, and a message for each build that is skipped.

    Equal builds are returned as one build with all their names. Raises FileError if the file cannot be read or used, or
    if the package that reads it is missing.
    """
    try:
        text = read_regular(path, MAX_BYTES).decode("utf-8")
        with time_limit(MAX_SECONDS):
            described = [*islice(_described(path, text), MOST_BUILDS + 1)]
    except BuildFileError as error:
        raise FileError(f"{path}: {error}") from None
    except (UnfitError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: {error if isinstance(error, UnfitError) else 'not UTF-8'}") from None
    except OSError as error:
        raise FileError(f"{path}: can't be read: {error.strerror}") from None
    except (TimeUpError, RecursionError, MemoryError):
        raise FileError(f"{path}: too large, or nested too deep") from None
    builds: dict[Build, dict[str, None]] = {}
    skipped: list[str] = []
    root = _root(path)
    if len(described) > MOST_BUILDS:
        described.pop()
        skipped.append(f"{path}: the builds after the first {MOST_BUILDS} are skipped")
    for one in described:
        found = _placed(one, path, root)
        if isinstance(found, Build):
            builds.setdefault(structs.replace(found, name=""), {})[found.name] = None
        else:
            skipped.append(f"{path}: {one.name} is skipped: {found}")
    if not builds:
        raise FileError("\n".join(skipped) or f"{path}: describes no build")
    return [structs.replace(build, name=", ".join(names)) for build, names in builds.items()], skipped


def _described(path: str, text: str) -> Iterator[Described]:
    if path.lower().endswith((".yaml", ".yml")):
        from zr4lint.project.builds.compose import described

        folder, name = os.path.split(path)
        return described(text, folder, name)
    from zr4lint.project.builds import bake

    return bake.described(text, json=path.lower().endswith(".json"))


def _root(path: str) -> str:
    """Return the folder that builds must not leave: the repository, else the current folder or that of the file."""
    folder = os.path.realpath(os.path.dirname(path) or ".")
    root = repository(folder)
    if root is not None:
        return root
    here = os.path.realpath(".")
    return here if _within(folder, here) else folder


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _placed(one: Described, path: str, root: str) -> Build | str:
    """Return a build with its files, or the reason why it is skipped."""
    if one.context is None or one.dockerfile is None:
        return f"its {'context' if one.context is None else 'dockerfile'} depends on a variable that is not known"
    if is_remote(one.context):
        return f"its context {one.context} is remote"
    if "\0" in one.context + one.dockerfile:
        return "its path holds a NUL"
    folder = plain(os.path.normpath(os.path.join(os.path.dirname(path), os.path.expanduser(one.context))))
    if not _within(os.path.realpath(folder), root):
        return f"its context {one.context} is outside of the repository"
    file = None
    if one.inline is None:
        file = plain(os.path.normpath(os.path.join(folder, one.dockerfile)))
        if not _within(os.path.realpath(file), root):
            return f"its dockerfile {one.dockerfile} is outside of the repository"
    contexts = tuple((name, _place(place, path, root)) for name, place in one.contexts)
    return Build(path, one.name, file, folder, one.args, one.target, contexts, one.inline)


def _place(place: str | None, path: str, root: str) -> str | None:
    """Return the location of a named context; a folder in the repository becomes an absolute path."""
    if place is None or "\0" in place or ":" in place or is_remote(place):
        return place
    folder = os.path.realpath(os.path.join(os.path.dirname(path), os.path.expanduser(place)))
    return folder if _within(folder, root) else place


def is_remote(context: str) -> bool:
    """Return whether a context is a git repository or an archive on another host."""
    return "://" in context or context.startswith(("git@", "github.com/")) or context.endswith(".git")
