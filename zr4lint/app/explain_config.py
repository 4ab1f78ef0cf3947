"""Explains the settings of a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from zr4lint.app.assignment import load_packs
from zr4lint.app.errors import UsageError
from zr4lint.filesystem.paths import display, plain
from zr4lint.packs.problems import value_words
from zr4lint.project import ConfigError, Finder, Settings
from zr4lint.project.pack_files import PackFiles
from zr4lint.project.patterns import words_for
from zr4lint.project.settings import DEFAULT, KEYS, SETTINGS, tables_of

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack

BY_FILE = ("packs", "per_file_ignores")
"""The fields of which only the words for the file are shown."""


class Shown(Struct, frozen=True):
    """A setting of a file: its key, its value as text and as JSON, and the origin of the value."""

    key: str
    text: str
    value: Any
    origin: str

    def as_object(self) -> dict[str, Any]:
        """Return the setting as a JSON object."""
        return {"setting": self.key, "value": self.value, "text": self.text, "origin": self.origin}


class Explained(Struct, frozen=True):
    """The settings of a file. `skipped` is the origin of the setting that excludes the file in folders, or ""."""

    title: str
    settings: tuple[Shown, ...]
    skipped: str

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Return a row for each setting: key, value and origin."""
        last = [("", "this file is skipped in folders", self.skipped)] if self.skipped else []
        return [*((one.key, one.text, one.origin) for one in self.settings), *last]

    def as_object(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        settings = [one.as_object() for one in self.settings]
        return {"title": self.title, "skipped": bool(self.skipped), "settings": settings}

    def one(self, key: str) -> dict[str, Any]:
        """Return the JSON object of one setting."""
        return next(one for one in self.settings if one.key == key).as_object()


def explain_key(key: str, only: str | None) -> list[str]:
    """Return a page on a key of the configuration, with its value in the current folder."""
    setting = SETTINGS[KEYS[key]]
    shown = next(one for one in explain_config(".", only).settings if one.key == key)
    option = [f"Option: {setting.option} {setting.metavar}".rstrip()] if setting.option else []
    return [
        key,
        "",
        f"{setting.help}.",
        "",
        f"Type: {setting.kind.words}",
        f"Default: {setting.default}",
        *option,
        f"Value here: {shown.text} ({shown.origin})",
    ]


def explain_config(path: str, only: str | None) -> Explained:
    """Return the configuration of a path and each of its settings.

    For a folder, these are the settings of a file in it that no pattern matches.
    """
    packs = load_packs(())
    folder = os.path.isdir(path)
    place = plain(os.path.join(path, "-") if folder else path)
    try:
        files = PackFiles()
        finder = Finder(packs, only=only, files=files)
        found, settings = finder.configuration(place), finder.settings(place)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    names = settings.packs_for(place)
    used = load_packs(names, files) if names else tuple(pack for pack in packs if pack.claims(place))
    origin = f"configuration {found.source}" if found is not None else "no configuration file"
    skipped = settings.origin("exclude") if settings.excludes(place) else ""
    nothing = SETTINGS["packs"].default if folder else "no pack matches"
    return Explained(f"{display(path)}: {origin}", tuple(_shown_settings(settings, place, used, nothing)), skipped)


def _shown_settings(settings: Settings, path: str, packs: Sequence[Pack], nothing: str) -> Iterator[Shown]:
    """Yield each setting of a file; `nothing` is the text shown if no packs are used."""
    for key, name in KEYS.items():
        value: Any = getattr(settings, name)
        setting = SETTINGS[name]
        origin = settings.origin(name)
        if name in BY_FILE:
            value = words_for(path, value)
            origin = origin if value else DEFAULT
        text = setting.default if (value is None and origin == DEFAULT) or value == () else setting.kind.show(value)
        held = _json(name, value)
        if name == "packs":
            held = [_shown(pack) for pack in value or (pack.name for pack in packs)]
            text = ", ".join(held) or nothing
        yield Shown(key, text, held, origin)
    given = tables_of(settings.pack_settings)
    for pack in packs:
        for extra in pack.settings:
            name = f"{pack.name}.{extra.name}"
            value = given.get(pack.name, {}).get(extra.name, extra.default)
            text = "not set" if value is None else value_words(value).strip("`")
            yield Shown(name, text, value, settings.origin(name))


def _json(name: str, value: Any) -> Any:
    """Return a value as JSON."""
    return list(value) if name in BY_FILE else SETTINGS[name].kind.as_json(value)


def _shown(pack: str) -> str:
    return display(pack) if "/" in pack else pack
