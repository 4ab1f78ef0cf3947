"""The settings of a file, as text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from zr4lint.app.assignment import load_packs
from zr4lint.app.errors import UsageError
from zr4lint.filesystem.paths import display, plain
from zr4lint.packs.problems import value_words
from zr4lint.project import ConfigError, Finder, Settings
from zr4lint.project.pack_files import PackFiles
from zr4lint.project.patterns import words_for
from zr4lint.project.settings import DEFAULT, KEYS, SETTINGS

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack

BY_FILE = ("packs", "per_file_ignores")
"""The fields of which only the words for one file are shown."""


def explain_config(path: str, only: str | None) -> tuple[str, list[tuple[str, str, str]]]:
    """The configuration that is used, and a row for each key: value and origin.

    Of a folder it is what holds for a file in it that no pattern names.
    """
    packs = load_packs(())
    place = plain(os.path.join(path, "-") if os.path.isdir(path) else path)
    try:
        files = PackFiles()
        finder = Finder(packs, only=only, files=files)
        found, settings = finder.configuration(place), finder.settings(place)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    names = settings.packs_for(place)
    used = load_packs(names, files) if names else tuple(pack for pack in packs if pack.claims(place))
    rows = [*_rows(settings, place, used)]
    if settings.excludes(place):
        rows.append(("", "this file is skipped in folders", settings.origin("exclude")))
    name = found.source if found is not None else "none"
    return f"{display(path)}: configuration {name}", rows


def _rows(settings: Settings, path: str, packs: Sequence[Pack]) -> Iterator[tuple[str, str, str]]:
    for key, name in KEYS.items():
        value: Any = getattr(settings, name)
        origin = settings.origin(name)
        if name in BY_FILE:
            value = words_for(path, value)
            origin = origin if value else DEFAULT
        setting = SETTINGS[name]
        text = setting.default if (value is None and origin == DEFAULT) or value == () else setting.kind.show(value)
        if name == "packs":
            text = ", ".join(map(_shown, value or (pack.name for pack in packs))) or "no pack matches"
        yield key, text, origin
    given = dict(settings.pack_settings)
    for pack in packs:
        for extra in pack.settings:
            name = f"{pack.name}.{extra.name}"
            value = given.get(pack.name, {}).get(extra.name, extra.default)
            yield name, "not set" if value is None else value_words(value).strip("`"), settings.origin(name)


def _shown(pack: str) -> str:
    return display(pack) if "/" in pack else pack
