"""Functions on paths in a Linux image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase

from zr4lint.model.budgets import PATH_LENGTH
from zr4lint.shell.commands import ANY_DEPTH

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")
"""The endings of files that ADD unpacks, as far as a name tells."""
_WILDCARDS = "*?[\0"


def absolute(path: str, folder: str | None) -> str | None:
    """Return an absolute and normalised path, or None if `folder` is unknown or the path too long for the kernel."""
    if path.startswith("~"):
        path = "/root" + path.removeprefix("~")
    if not path.startswith("/"):
        if folder is None:
            return None
        path = f"{folder}/{path}"
    return "/" + posixpath.normpath(path).lstrip("/") if len(path) <= PATH_LENGTH else None


def below_context(source: str) -> str:
    """Return the normalised path of a source of COPY relative to the build context, or "" for the context itself."""
    return posixpath.normpath(f"/{source}").lstrip("/")


def folders_above(folder: str) -> Iterator[str]:
    """Yield the folders above a folder, from the nearest to `/`, or to "" for a relative folder."""
    while folder.strip("/"):
        folder = posixpath.dirname(folder)
        yield folder


def covers(pattern: str, path: str, *, recursive: bool) -> bool:
    """Return whether a path argument, with its wildcards, matches `path` or, if recursive, a folder above it."""
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
    """Return whether a path is a folder or inside it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def has_wildcard(path: str) -> bool:
    """Return whether a path has a wildcard of the shell or of COPY, or ANY_DEPTH."""
    return any(sign in path for sign in _WILDCARDS)


def is_remote(source: str) -> bool:
    """Return whether a source of COPY or ADD is a URL or a git repository."""
    return "://" in source or source.startswith("git@")


def mount_options(mount: str) -> dict[str, str]:
    """Return the options of a `--mount`; `target` and `source` have the values of their other names, too, or ""."""
    options = dict(part.partition("=")[::2] for part in mount.split(","))
    options["target"] = options.get("target") or options.get("dst") or options.get("destination") or ""
    options["source"] = options.get("source") or options.get("src") or ""
    return options


def mount_target(mount: str) -> str:
    """Return the target, as written, of a `--mount` whose content the image does not keep, or ""."""
    options = mount_options(mount)
    target = options["target"]
    kind = options.get("type", "bind")
    return posixpath.normpath(target) if target and kind in ("cache", "tmpfs", "bind", "secret", "ssh") else ""


def mount_source(mount: str) -> str:
    """Return the source of a `--mount`, or "" if the mount has a folder of its own."""
    return mount_options(mount)["source"]


def _glob(pattern: str, path: str) -> bool:
    """Return whether a path matches a pattern, in which ANY_DEPTH stands for any number of folders."""
    wanted, parts = pattern.split("/"), path.split("/")
    if ANY_DEPTH in wanted:
        at = wanted.index(ANY_DEPTH)
        head, tail = wanted[:at], wanted[at + 1 :]
        if len(parts) < len(head) + len(tail):
            return False
        wanted, parts = head + tail, parts[: len(head)] + parts[len(parts) - len(tail) :]
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
