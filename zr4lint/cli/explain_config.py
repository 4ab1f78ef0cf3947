"""What is in force for a file, as text."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from zr4lint.app.run import UsageError, load_packs
from zr4lint.filesystem.paths import display, plain
from zr4lint.packs.model import Pack
from zr4lint.project import ConfigError, Finder, Force, Given, in_force
from zr4lint.project.settings import excluded


def explain_config(path: str, only: str | None) -> list[str]:
    """A line for each key: value and origin; of a folder what holds for a file in it that no pattern names."""
    packs = load_packs(())
    place = plain(os.path.join(path, "-") if os.path.isdir(path) else path)
    try:
        found = Finder(packs, only).of(place)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    force = in_force(Given(), found, place)
    claiming = [pack for pack in packs if pack.claims(place)]
    rows = [*_rows(force, claiming)]
    if excluded(found, place):
        rows.append(("", "this file is skipped where a folder is searched", force.exclude.origin))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [f"{key:{widths[0]}}  {value:{widths[1]}}  {origin}" for key, value, origin in rows]
    name = found.shown if found is not None else "none"
    return [f"{display(path)}: configuration {name}", *lines]


def _rows(force: Force, claiming: list[Pack]) -> Iterator[tuple[str, str, str]]:
    packs = force.packs.value or tuple(pack.name for pack in claiming)
    severity = [f"{word}={level.label}" for word, level in force.severity.value]
    fail_on, minimum = force.fail_on.value, force.min_score.value
    context = force.context.value
    yield "packs", _list(map(_shown, packs), "none claims it"), force.packs.origin
    yield "select", _list(force.select.value, "all rules"), force.select.origin
    yield "ignore", _list(force.ignore.value, "none"), force.ignore.origin
    yield "per-file-ignores", _list(force.per_file_ignores.value, "none"), force.per_file_ignores.origin
    yield "severity", _list(severity, "the rules' own"), force.severity.origin
    yield "fail-on", "never" if fail_on is None else fail_on.label, force.fail_on.origin
    conflicts = force.conflicts.value
    yield "conflicts", "off" if conflicts is None else conflicts.label, force.conflicts.origin
    yield "amended", str(force.amended.value).lower(), force.amended.origin
    yield "min-score", "none" if minimum is None else f"{minimum:g}", force.min_score.origin
    yield "context", "the file's folder" if context is None else display(context), force.context.origin
    yield "exclude", _list(force.exclude.value, "nothing"), force.exclude.origin


def _list(words: Iterable[str], nothing: str) -> str:
    return ", ".join(words) or nothing


def _shown(pack: str) -> str:
    return display(pack) if "/" in pack else pack
