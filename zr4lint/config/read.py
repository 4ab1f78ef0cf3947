"""Reading one configuration file."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from zr4lint.config.keys import FAIL_ON, KEYS, LEVELS
from zr4lint.discovery import display
from zr4lint.finding import Severity
from zr4lint.packs import Pack, PackError, pack_names
from zr4lint.rulebook import Rulebook, hint
from zr4lint.rulebook import load as load_pack
from zr4lint.tables import Table

MAX_BYTES = 1_000_000
PYPROJECT = "pyproject.toml"

_HEADER = re.compile(r"""[ \t]*+\[[ \t]*+["']?tool["']?[ \t]*+\.[ \t]*+["']?zr4lint["']?[ \t]*+[].]""")
_TOOL = re.compile(r"""[ \t]*+(?:\[[ \t]*+["']?tool["']?[ \t]*+\]|["']?tool["']?[ \t]*+[.=])""")


class ConfigError(Exception):
    """A configuration that can't be used; the message names file, line where it can be told, and key."""


class Configuration(NamedTuple):
    """What a configuration file says; `lines` tells in which line each key stands, where that can be told."""

    shown: str
    folder: Path
    packs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    fail_on: Severity | None = None
    min_score: float | None = None
    context: Path | None = None
    exclude: tuple[str, ...] = ()
    lines: Mapping[str, int | None] = {}

    def says(self, key: str) -> bool:
        """Whether a key is given."""
        return key in self.lines

    def place(self, key: str) -> str:
        """Where a key is given."""
        line = self.lines.get(key)
        return self.shown if line is None else f"{self.shown}:{line}"


def load(path: Path, packs: Sequence[Pack]) -> Configuration | None:
    """Read a configuration; None for a pyproject.toml that has none for zr4lint. ConfigError for a wrong one.

    `packs` are those in use, whose rules it may name, beside those of every pack that comes with zr4lint.
    """
    shown = display(path)
    text = _text(path, shown)
    inside = path.name == PYPROJECT
    if inside and not any(_HEADER.match(line) or _TOOL.match(line) for line in text.splitlines()):
        return None
    import tomli

    try:
        document: Any = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{shown}: not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{shown}: not valid TOML: nested too deep") from None
    first = 0
    if inside:
        tool = document.get("tool")
        if not isinstance(tool, dict) or "zr4lint" not in tool:
            return None
        document = tool["zr4lint"]
        first = next((n for n, line in enumerate(text.splitlines()) if _HEADER.match(line)), 0)
        if not isinstance(document, dict):
            raise ConfigError(f"{shown}: key 'tool.zr4lint': expected a table, not {type(document).__name__}")
    return _Reader(document, shown, path.parent, text.splitlines(), first).read(packs)


def _text(path: Path, shown: str) -> str:
    try:
        # No waiting for a writer, should the file be a pipe.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ConfigError(f"{shown}: not a regular file")
            data = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise ConfigError(f"{shown}: not a regular file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"{shown}: can't be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{shown}: larger than {MAX_BYTES} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{shown}: can't be read: it is not UTF-8") from None


class _Reader(Table):
    """The table of a configuration."""

    def __init__(self, values: Mapping[str, Any], shown: str, folder: Path, text: list[str], first: int) -> None:
        super().__init__(values, shown)
        self.folder = folder
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
        return name if name in pack_names() else str(self.folder / name)

    def _packs(self) -> dict[str, Pack | None]:
        found: dict[str, Pack | None] = {}
        for name in dict.fromkeys(name for names in self.value("packs", {}).values() for name in names):
            try:
                found[name] = load_pack(self._pack_name(name))
            except PackError as error:
                near = hint(name, pack_names()) if not (self.folder / name).exists() else ""
                raise self.error("packs", f"{error}{near}", name) from None
        return found

    def _context(self) -> Path | None:
        name = self.value("context", "")
        if not name:
            return None
        folder: Path = self.folder / name
        if "\0" in name or not folder.is_dir():
            raise self.error("context", f"no folder {name!r}")
        return folder


def _search(lines: Sequence[str], pattern: re.Pattern[str], first: int) -> int | None:
    return next((n for n in range(first, len(lines)) if pattern.search(lines[n])), None)
