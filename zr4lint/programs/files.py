"""What `chmod` does to a file's mode, and path arithmetic as a Linux image has it."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase


def makes_executable(mode: str, before: bool | None) -> bool | None:
    """Whether a file is executable by anyone after `chmod mode`; None where it can't be known.

    `before` says whether it was executable before, which "X" and a mode that speaks of other bits leave as it is.
    """
    if mode.isdigit():
        return any(int(digit, 8) & 1 for digit in mode[-3:]) if set(mode) <= set("01234567") else None
    state = before
    for clause in mode.split(","):
        actions = clause.lstrip("ugoa")
        if actions[:1] not in ("+", "-", "=") or not set(actions) <= set("+-=rwxXst"):
            return None
        who = clause.removesuffix(actions)
        for operator in "+-=":
            actions = actions.replace(operator, f" {operator}")
        for action in actions.split():
            state = _applied(action[0], action[1:], who, state)
    return state


def _applied(operator: str, bits: str, who: str, state: bool | None) -> bool | None:
    everyone = not who or "a" in who or set("ugo") <= set(who)
    if operator in "+=" and "x" in bits:
        return True
    if operator == "-" and "x" in bits:
        return False if everyone or "u" in who else state
    if operator == "=" and "X" not in bits:
        return False if everyone else state
    return state


def absolute(path: str, folder: str | None) -> str | None:
    """A path made absolute and normal; None where it is relative to a folder that can't be known."""
    if path.startswith("~"):
        path = "/root" + path.removeprefix("~")
    if not path.startswith("/"):
        if folder is None:
            return None
        path = f"{folder}/{path}"
    return "/" + posixpath.normpath(path).lstrip("/")


def covers(pattern: str, path: str, *, recursive: bool) -> bool:
    """Whether a path argument, which may hold shell wildcards, names `path`; if recursive, a folder above it too."""
    while True:
        if pattern == path or (has_wildcard(pattern) and _glob(pattern, path)):
            return True
        above = posixpath.dirname(path)
        if not recursive or above == path:
            return False
        path = above


def has_wildcard(path: str) -> bool:
    """Whether a path holds a character that a shell, or COPY, takes for a wildcard."""
    return any(c in path for c in "*?[")


def mount_target(mount: str) -> str:
    """The folder that the value of a `--mount` puts in place, if that is not kept in the image; else empty."""
    options = dict(part.partition("=")[::2] for part in mount.split(","))
    target = options.get("target") or options.get("dst") or options.get("destination") or ""
    kind = options.get("type", "bind")
    return "/" + posixpath.normpath(target).lstrip("/") if target and kind in ("cache", "tmpfs", "bind") else ""


def mount_source(mount: str) -> str:
    """What the value of a `--mount` takes its files from, empty where that is a folder of its own."""
    options = dict(part.partition("=")[::2] for part in mount.split(","))
    return options.get("source") or options.get("src") or ""


def _glob(pattern: str, path: str) -> bool:
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
