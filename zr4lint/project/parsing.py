"""Reading the text of a configuration: its keys, and what is wrong with them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zr4lint.filesystem.paths import display, plain
from zr4lint.packs.loading import pack_names
from zr4lint.packs.model import Pack
from zr4lint.packs.problems import PackError
from zr4lint.packs.rulebook import Rulebook, hint
from zr4lint.packs.rulebook import load as load_pack
from zr4lint.packs.toml_table import Table
from zr4lint.project.configuration import (
    CONFLICTS,
    FAIL_ON,
    HEADER,
    LEVELS,
    PYPROJECT,
    ConfigError,
    Configuration,
    inside,
)
from zr4lint.project.keys import KEYS


def read(text: str, path: str, packs: Sequence[Pack], root: str | None = None) -> Configuration | None:
    """Read a configuration's text; None for a pyproject.toml that has none for zr4lint. ConfigError for a wrong one.

    `packs` are those in use, whose rules it may name, beside those of every pack that comes with zr4lint. It may name
    nothing outside of `root`, the repository that it came with; None is for one that its user has chosen.
    """
    import tomli

    shown = display(path)
    try:
        document: Any = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{shown}: not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{shown}: not valid TOML: nested too deep") from None
    first = 0
    if os.path.basename(path) == PYPROJECT:
        tool = document.get("tool")
        if not isinstance(tool, dict) or "zr4lint" not in tool:
            return None
        document = tool["zr4lint"]
        first = next((n for n, line in enumerate(text.splitlines()) if re.match(HEADER, line)), 0)
        if not isinstance(document, dict):
            raise ConfigError(f"{shown}: key 'tool.zr4lint': expected a table, not {type(document).__name__}")
    return _Reader(document, shown, os.path.dirname(path), root, text.splitlines(), first).read(packs)


class _Reader(Table):
    """The table of a configuration."""

    def __init__(
        self, values: Mapping[str, Any], shown: str, folder: str, root: str | None, text: list[str], first: int
    ) -> None:
        super().__init__(values, shown)
        self.folder = folder
        self.root = root
        self.text_lines = text
        self.first = first

    def error(self, key: str, message: str, word: str = "") -> ConfigError:
        line = self.line(key, word)
        place = self.where if line is None else f"{self.where}:{line}"
        return ConfigError(f"{place}: key {key!r}: {message}")

    def line(self, key: str, word: str = "") -> int | None:
        """The line in which a key stands, or the first one from there that has a word of its value."""
        name = rf"""(?<![\w-])["']?{re.escape(key)}["']?[ \t]*+[]=.]"""
        at = _search(self.text_lines, re.compile(name), self.first)
        if at is not None and word:
            found = _search(self.text_lines, re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])"), at)
            at = at if found is None else found
        return None if at is None else at + 1

    def value(self, key: str, default: Any) -> Any:
        """The value of a key, of the type that the table of keys gives it."""
        kind = KEYS[key].kind
        return self.take(key, kind.words, kind.fits, default)

    def read(self, packs: Sequence[Pack]) -> Configuration:
        """Read all keys, and refuse others."""
        named = self._packs()
        known = Rulebook((*packs, *(pack for pack in named.values() if pack is not None)))
        severity = self.value("severity", {})
        ignores = self.value("per-file-ignores", {})
        fail_on = self.value("fail-on", "")
        minimum = self.value("min-score", -1)
        found = Configuration(
            self.where,
            self.folder,
            tuple((p, tuple(map(self._pack_name, names))) for p, names in self.value("packs", {}).items()),
            self._rules("select", self.value("select", []), known),
            self._rules("ignore", self.value("ignore", []), known),
            tuple((p, self._rules("per-file-ignores", codes, known)) for p, codes in ignores.items()),
            tuple((word, LEVELS[severity[word]]) for word in self._rules("severity", severity, known)),
            FAIL_ON[fail_on] if fail_on else None,
            None if minimum < 0 else float(minimum),
            self._context(),
            tuple(self.value("exclude", [])),
            CONFLICTS[self.value("conflicts", "info")],
            self.value("amended", False),
            {key: self.line(key) for key in self.values},
        )
        self.done()
        return found

    def done(self) -> None:
        for key in self.values:
            if key not in KEYS:
                raise self.error(key, f"unknown{hint(key, KEYS) or '; known are ' + ', '.join(KEYS)}")

    def _rules(self, key: str, words: Iterable[str], known: Rulebook) -> tuple[str, ...]:
        words = tuple(words)
        for word in words:
            if not known.knows(word):
                raise self.error(key, f"no rule has the code or the name {word!r}{known.nearest(word)}", word)
        return words

    def _pack_name(self, name: str) -> str:
        return name if name in pack_names() else plain(os.path.join(self.folder, name))

    def _packs(self) -> dict[str, Pack | None]:
        found: dict[str, Pack | None] = {}
        for name in dict.fromkeys(name for names in self.value("packs", {}).values() for name in names):
            if name not in pack_names():
                self._check_inside("packs", name)
            try:
                found[name] = load_pack(self._pack_name(name))
            except PackError as error:
                raise self.error("packs", str(error), name) from None
        return found

    def _context(self) -> str | None:
        name = self.value("context", "")
        if not name:
            return None
        folder = os.path.join(self.folder, name)
        if not os.path.isdir(folder):
            raise self.error("context", f"no folder {name!r}")
        self._check_inside("context", name)
        return folder

    def _check_inside(self, key: str, name: str) -> None:
        """Refuse a path that leads out of the repository."""
        if self.root is not None and "\0" not in name and not inside(os.path.join(self.folder, name), self.root):
            raise self.error(key, f"{name!r} leads outside of {display(self.root)}; only --config may do so", name)


def _search(lines: Sequence[str], pattern: re.Pattern[str], first: int) -> int | None:
    return next((n for n in range(first, len(lines)) if pattern.search(lines[n])), None)
