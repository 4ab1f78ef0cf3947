"""Finding the configuration that a file goes by."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from zr4lint.filesystem.paths import display
from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.packs.model import Pack
from zr4lint.project.configuration import HEADER, NAMES, PYPROJECT, ConfigError, Configuration, inside

MAX_BYTES = 1_000_000
_TOOL = r"""[ \t]*+(?:\[[ \t]*+["']?tool["']?[ \t]*+\]|["']?tool["']?[ \t]*+[.=])"""


def load(path: str, packs: Sequence[Pack], root: str | None = None) -> Configuration | None:
    """Read a configuration as `config.read` does; a pyproject.toml that says nothing of zr4lint is not parsed."""
    text = _text(path)
    if os.path.basename(path) == PYPROJECT and not any(
        re.match(f"{HEADER}|{_TOOL}", line) for line in text.splitlines()
    ):
        return None
    from zr4lint.project.parsing import read

    return read(text, path, packs, root)


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
    """Finds configurations; each folder is looked into once.

    `only` is the one configuration that is used, whatever the folders hold; with `off` there is none.
    """

    def __init__(self, packs: Sequence[Pack], only: str | None = None, *, off: bool = False) -> None:
        self._packs = packs
        self._off = off
        self._only = self._given(only) if only is not None and not off else None
        self._known: dict[str, Configuration | None] = {}

    def _given(self, path: str) -> Configuration:
        found = load(path, self._packs)
        if found is None:
            raise ConfigError(f"{display(path)}: it has no table [tool.zr4lint]")
        return found

    def of(self, path: str) -> Configuration | None:
        """The configuration of a file; "-" goes by the current folder."""
        if self._off or self._only is not None:
            return self._only
        return self._upwards(os.path.dirname(os.path.abspath(path)))

    def _upwards(self, folder: str) -> Configuration | None:
        passed: list[str] = []
        found: Configuration | None = None
        while folder not in self._known:
            passed.append(folder)
            found = self._inside(folder)
            above = os.path.dirname(folder)
            if found is not None or above == folder or os.path.lexists(os.path.join(folder, ".git")):
                break
            folder = above
        else:
            found = self._known[folder]
        self._known.update(dict.fromkeys(passed, found))
        return found

    def _inside(self, folder: str) -> Configuration | None:
        for name in NAMES:
            path = os.path.join(folder, name)
            if not os.path.exists(path):
                continue
            if os.path.islink(path) and (why := _leads_outside(path, folder)):
                raise ConfigError(why)
            found = load(path, self._packs, _root(folder))
            if found is not None:
                return found
        return None


def _leads_outside(path: str, folder: str) -> str | None:
    """Why a link must not be followed: it leads out of the repository, or of its folder where there is none."""
    root = _root(folder)
    if inside(path, root):
        return None
    return f"{display(path)}: a symbolic link that leads outside of {display(root)}; it is not read"


def _root(folder: str) -> str:
    """The repository that a folder lies in, or the folder where there is none."""
    at = folder
    while not os.path.lexists(os.path.join(at, ".git")):
        if os.path.dirname(at) == at:
            return folder
        at = os.path.dirname(at)
    return at
