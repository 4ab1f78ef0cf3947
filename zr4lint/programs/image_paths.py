"""Path arithmetic as a Linux image has it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase

from zr4lint.model.budgets import PATH_LENGTH
from zr4lint.shell.commands import ANY_DEPTH

_WILDCARDS = "*?[\0"


def absolute(path: str, folder: str | None) -> str | None:
    """A path made absolute and normal; None where it can't be known, or is longer than the kernel takes."""
    if path.startswith("~"):
        path = "/root" + path.removeprefix("~")
    if not path.startswith("/"):
        if folder is None:
            return None
        path = f"{folder}/{path}"
    return "/" + posixpath.normpath(path).lstrip("/") if len(path) <= PATH_LENGTH else None


def folders_above(folder: str) -> Iterator[str]:
    """The folders above a folder, from the nearest to `/`, or to "" where the folder is relative."""
    while folder.strip("/"):
        folder = posixpath.dirname(folder)
        yield folder


def covers(pattern: str, path: str, *, recursive: bool) -> bool:
    """Whether a path argument, which may hold shell wildcards, names `path`; if recursive, a folder above it too."""
    if not has_wildcard(pattern):
        return pattern == path or (recursive and path.startswith(f"{pattern.rstrip('/')}/"))
    while True:
        if _glob(pattern, path):
            return True
        above = posixpath.dirname(path)
        if not recursive or above == path:
            return False
        path = above


def under(path: str, folder: str) -> bool:
    """Whether a path is that of a folder, or of something in it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def has_wildcard(path: str) -> bool:
    """Whether a path holds a character that a shell, or COPY, takes for a wildcard, or stands for any folders."""
    return any(sign in path for sign in _WILDCARDS)


def is_remote(source: str) -> bool:
    """Whether a source of COPY or ADD is a URL or a git repository."""
    return "://" in source or source.startswith("git@")


def mount_target(mount: str) -> str:
    """The folder, as written, that a `--mount` puts in place, if that is not kept in the image; else empty."""
    options = dict(part.partition("=")[::2] for part in mount.split(","))
    target = options.get("target") or options.get("dst") or options.get("destination") or ""
    kind = options.get("type", "bind")
    return posixpath.normpath(target) if target and kind in ("cache", "tmpfs", "bind") else ""


def mount_source(mount: str) -> str:
    """The source of the files of a `--mount`, empty where the mount has its own folder."""
    options = dict(part.partition("=")[::2] for part in mount.split(","))
    return options.get("source") or options.get("src") or ""


def _glob(pattern: str, path: str) -> bool:
    """Whether a path is one of a pattern's; ANY_DEPTH in it stands for any folders."""
    wanted, parts = pattern.split("/"), path.split("/")
    if ANY_DEPTH in wanted:
        at = wanted.index(ANY_DEPTH)
        head, tail = wanted[:at], wanted[at + 1 :]
        if len(parts) < len(head) + len(tail):
            return False
        wanted, parts = head + tail, parts[: len(head)] + parts[len(parts) - len(tail) :]
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
