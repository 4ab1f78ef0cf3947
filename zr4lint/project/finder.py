"""Finds the configuration of a file and merges it into the settings of the file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from zr4lint.filesystem.limits import time_limit
from zr4lint.filesystem.paths import display, inside, repository
from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.model.deadline import TimeUpError
from zr4lint.project.configuration import MISTAKEN_NAMES, NAMES, PYPROJECT, ConfigError
from zr4lint.project.pack_files import PackFiles
from zr4lint.project.settings import Layer, Settings, merge

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack
    from zr4lint.project.patterns import Patterned

MAX_BYTES = 1_000_000
MAX_SECONDS = 10
"""The most seconds that reading a configuration and its packs may take."""


def load(path: str, packs: Sequence[Pack], files: PackFiles, root: str | None = None) -> Layer | None:
    """Read a configuration as `parsing.read` does; a pyproject.toml without the word zr4lint is not parsed."""
    text = _text(path)
    if os.path.basename(path) == PYPROJECT and "zr4lint" not in text:
        return None
    from zr4lint.project.parsing import read

    try:
        with time_limit(MAX_SECONDS):
            return read(text, path, packs, files, root)
    except TimeUpError:
        raise ConfigError(f"{display(path)}: takes more than {MAX_SECONDS} seconds") from None


def inline_layers(texts: Sequence[str], packs: Sequence[Pack], files: PackFiles) -> list[Layer]:
    """Return the layers of the settings given with --config on the command line; raises ConfigError for a wrong one."""
    from zr4lint.project.parsing import read_inline

    try:
        with time_limit(MAX_SECONDS):
            return [read_inline(text, packs, files) for text in texts]
    except TimeUpError:
        raise ConfigError(f"--config: takes more than {MAX_SECONDS} seconds") from None


def _text(path: str) -> str:
    shown = display(path)
    try:
        data = read_regular(path, MAX_BYTES)
    except UnfitError as error:
        raise ConfigError(f"{shown}: {error}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"{shown}: can't be read: {reason}") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{shown}: can't be read: it is not UTF-8") from None


class Finder:
    """Finds configurations, reading each folder once, and merges them with the command line.

    If `only` is set, this configuration is used for all files. With `off`, no configuration is used. Outside of a
    repository, no folder above `top` is searched; the default is the current folder. `inline` are settings in the
    syntax of a configuration, given on the command line.
    """

    def __init__(
        self,
        packs: Sequence[Pack],
        given: Layer | None = None,
        *,
        only: str | None = None,
        off: bool = False,
        files: PackFiles | None = None,
        top: str | None = None,
        inline: Sequence[str] = (),
    ) -> None:
        self._mistaken: dict[str, list[str]] = {}
        self._packs = packs
        self._files = files or PackFiles()
        self._inline = inline_layers(inline, packs, self._files) if inline else []
        self._given = [*self._inline, *([given] if given is not None else [])]
        self._off = off
        self._top = top
        self._only = self._named(only) if only is not None and not off else None
        self._found: dict[str, Layer | None] = {}
        self._roots: dict[str, str | None] = {}
        self._merged: dict[int, Settings] = {}

    def settings(self, path: str) -> Settings:
        """Return the settings of a file; "-" has the settings of the current folder."""
        found = self.configuration(path)
        if id(found) not in self._merged:
            self._merged[id(found)] = merge([*([found] if found is not None else []), *self._given])
        return self._merged[id(found)]

    def pack_entries(self, path: str) -> Sequence[Patterned]:
        """Return the packs that the configuration assigns to files, without the packs of --pack."""
        layers = (*reversed(self._inline), self.configuration(path))
        return next((layer.values["packs"] for layer in layers if layer is not None and "packs" in layer.values), ())

    def notes(self, files: Iterable[str]) -> list[str]:
        """Return a message for each file above these that looks like a configuration but is not read."""
        folders: set[str] = set()
        for path in files if self._mistaken else ():
            folder = os.path.dirname(os.path.abspath(path))
            while folder not in folders:
                folders.add(folder)
                folder = os.path.dirname(folder)
        return [
            f"{display(path)}: not read; settings belong in zr4lint.toml"
            for folder, paths in self._mistaken.items()
            for path in paths
            if folder in folders
        ]

    def configuration(self, path: str) -> Layer | None:
        """Return the configuration of a file."""
        if self._off or self._only is not None:
            return self._only
        return self._upwards(os.path.dirname(os.path.abspath(path)))

    def _named(self, path: str) -> Layer:
        found = load(path, self._packs, self._files)
        if found is None:
            raise ConfigError(f"{display(path)}: it has no table [tool.zr4lint]")
        return found

    def _upwards(self, folder: str) -> Layer | None:
        """Return the closest configuration, searched up to the root of the repository or to the current folder."""
        if folder in self._found:
            return self._found[folder]
        top = repository(folder, self._roots) or _run_folder(folder, self._top)
        passed: list[str] = []
        found: Layer | None = None
        while folder not in self._found:
            passed.append(folder)
            found = self._inside(folder, top)
            if found is not None or folder == top:
                break
            folder = os.path.dirname(folder)
        else:
            found = self._found[folder]
        self._found.update(dict.fromkeys(passed, found))
        return found

    def _inside(self, folder: str, root: str) -> Layer | None:
        for name in MISTAKEN_NAMES:
            if os.path.lexists(os.path.join(folder, name)):
                self._mistaken.setdefault(folder, []).append(os.path.join(folder, name))
        for name in NAMES:
            path = os.path.join(folder, name)
            if not os.path.lexists(path):
                continue
            if not inside(path, root):
                raise ConfigError(
                    f"{display(path)}: a symbolic link leads outside of {display(root)}; the file is not read"
                )
            found = load(path, self._packs, self._files, root)
            if found is not None:
                return found
        return None


def _run_folder(folder: str, top: str | None) -> str:
    """Return the current folder if it is above this one, else this one."""
    try:
        here = top or os.getcwd()
    except OSError:  # the folder was deleted
        return folder
    return here if folder == here or folder.startswith(here.rstrip(os.sep) + os.sep) else folder
