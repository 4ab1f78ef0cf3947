"""What is in force for a file, and where each value comes from."""

from __future__ import annotations

import os
from typing import Generic, TypeVar

from msgspec import Struct

from zr4lint.filesystem.globs import matches
from zr4lint.model.finding import Severity
from zr4lint.project.configuration import CONFLICTS, DEFAULT, FAIL_ON, Configuration

T = TypeVar("T")
COMMAND_LINE = "command line"


class Given(Struct, frozen=True):
    """What the command line says; empty, None or False where it says nothing.

    `fail_on` and `conflicts` are words of their options.
    """

    packs: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str | None = None
    min_score: float | None = None
    context: str | None = None
    conflicts: str | None = None
    amended: bool = False


class Value(Struct, Generic[T], frozen=True):
    """A value, and where it comes from."""

    value: T
    origin: str = DEFAULT


class Force(Struct, frozen=True):
    """What is in force for one file; no `packs` are those that claim it."""

    packs: Value[tuple[str, ...]]
    select: Value[tuple[str, ...]]
    ignore: Value[tuple[str, ...]]
    per_file_ignores: Value[tuple[str, ...]]
    severity: Value[tuple[tuple[str, Severity], ...]]
    fail_on: Value[Severity | None]
    min_score: Value[float | None]
    context: Value[str | None]
    exclude: Value[tuple[str, ...]]
    conflicts: Value[Severity | None]
    amended: Value[bool]


def in_force(given: Given, found: Configuration | None, path: str) -> Force:
    """What holds for a file: what the command line says, else its configuration, else the default.

    A --select puts both `select` and `ignore` of the configuration aside.
    """
    config = found or Configuration("", "")
    place = _inside(config.folder, path) if found else path
    packs = tuple(dict.fromkeys(name for pattern, names in config.packs if fits(pattern, place) for name in names))
    ignored = tuple(code for pattern, codes in config.per_file_ignores if fits(pattern, place) for code in codes)
    origin = config.origin
    nothing: tuple[str, ...] = ()
    ignore = Value(nothing, COMMAND_LINE) if given.select else Value(config.ignore, origin("ignore"))
    fail_on = config.fail_on if config.says("fail-on") else Severity.ERROR
    return Force(
        packs=_first(given.packs, packs, origin("packs") if packs else DEFAULT),
        select=_first(given.select, config.select, origin("select")),
        ignore=Value(given.ignore, COMMAND_LINE) if given.ignore else ignore,
        per_file_ignores=Value(ignored, origin("per-file-ignores") if ignored else DEFAULT),
        severity=Value(config.severity, origin("severity")),
        fail_on=Value(fail_on, origin("fail-on")) if given.fail_on is None else _said(FAIL_ON[given.fail_on]),
        min_score=_first(given.min_score, config.min_score, origin("min-score")),
        context=_first(given.context, config.context, origin("context")),
        exclude=Value(config.exclude, origin("exclude")),
        conflicts=Value(config.conflicts, origin("conflicts"))
        if given.conflicts is None
        else _said(CONFLICTS[given.conflicts]),
        amended=_said(True) if given.amended else Value(config.amended, origin("amended")),
    )


def _first(given: T, configured: T, origin: str) -> Value[T]:
    return _said(given) if given is not None and given != () else Value(configured, origin)


def _said(value: T) -> Value[T]:
    return Value(value, COMMAND_LINE)


def fits(pattern: str, path: str) -> bool:
    """Whether a pattern is for a file; one without "/" looks at the name alone."""
    pattern = pattern.removeprefix("./")
    return matches(path if "/" in pattern else path.rpartition("/")[2], pattern)


def has_packs(config: Configuration | None, path: str) -> bool:
    """Whether a configuration gives packs to a file."""
    if config is None or not config.packs:
        return False
    place = _inside(config.folder, path)
    return any(fits(pattern, place) for pattern, _ in config.packs)


def excluded(config: Configuration | None, path: str) -> bool:
    """Whether a file, or a folder above it, is one to be skipped."""
    if config is None or not config.exclude:
        return False
    parts = _inside(config.folder, path).split("/")
    places = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    return any(fits(pattern.rstrip("/"), place) for pattern in config.exclude for place in places)


def _inside(folder: str, path: str) -> str:
    """A path as patterns see it: relative to the configuration's folder, if it lies below."""
    whole, above = os.path.abspath(path), os.path.abspath(folder)
    if whole.startswith(above.rstrip("/") + "/"):
        return whole[len(above.rstrip("/")) + 1 :].replace(os.sep, "/")
    return path.removeprefix("./")
