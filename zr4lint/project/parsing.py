"""Parses a configuration and reports its problems."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from zr4lint.filesystem.paths import display, inside
from zr4lint.filesystem.toml import shallow
from zr4lint.model.quoting import code
from zr4lint.packs.loading import pack_names
from zr4lint.packs.parameter_settings import configure
from zr4lint.packs.problems import PackError, did_you_mean, value_words
from zr4lint.packs.rulebook import Rulebook, hint
from zr4lint.project.configuration import ONLY_OPTIONS, PYPROJECT, ConfigError
from zr4lint.project.setting_kinds import Kind, pack_path
from zr4lint.project.settings import KEYS, SETTINGS, Layer, Setting

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack
    from zr4lint.project.pack_files import PackFiles

MOST_WORDS = 1_000
"""The most strings in the value of one key."""

MOST_PROBLEMS = 20
"""The most problems of one configuration that are reported."""

_NAME = r"""["']?zr4lint["']?"""
_HEADER = rf"""[ \t]*+\[[ \t]*+["']?tool["']?[ \t]*+\.[ \t]*+{_NAME}[ \t]*+[].]"""
_MENTION = rf"""[ \t]*+(?:\[[^]#\n]*{_NAME}|(?:["']?tool["']?[ \t]*+\.[ \t]*+)?{_NAME}[ \t]*+[.=])"""


def read(text: str, path: str, packs: Sequence[Pack], files: PackFiles, root: str | None = None) -> Layer | None:
    """Parse a configuration; returns None for a pyproject.toml without a zr4lint table; raises ConfigError.

    `packs` are the packs in use. The configuration may name their rules and those of every shipped pack. It must not
    use paths outside of `root`, the repository that contains it. `root` is None if the user chose the configuration.
    """
    shown = display(path)
    lines = text.splitlines()
    pyproject = os.path.basename(path) == PYPROJECT
    if pyproject and "zr4lint" not in text:
        return None
    import tomli  # compiled, unlike tomllib: 4 ms less of a run on one file

    try:
        document: Any = tomli.loads(shallow(text))
    except (ValueError, RecursionError) as error:  # a number with too many digits is a ValueError
        if pyproject and not any(re.match(_MENTION, line) for line in lines):
            return None
        reason = "nested too deep" if isinstance(error, RecursionError) else error
        raise ConfigError(f"{shown}: not valid TOML: {reason}", [_place(str(reason), lines)]) from None
    first = 0
    if pyproject:
        tool = document.get("tool")
        if not isinstance(tool, dict) or "zr4lint" not in tool:
            return None
        document = tool["zr4lint"]
        first = next((n for n, line in enumerate(lines) if re.match(_HEADER, line)), 0)
        if not isinstance(document, dict):
            message = f"key `tool.zr4lint`: expected a table, not {value_words(document)}"
            raise ConfigError(f"{shown}:{first + 1}: {message}", [(first + 1, message)])
    return _Reader(document, shown, os.path.dirname(path), root, lines, first).read(packs, files)


def read_inline(text: str, packs: Sequence[Pack], files: PackFiles) -> Layer:
    """Parse settings given on the command line, such as `severity.ML301 = "error"`."""
    import tomli

    try:
        document = tomli.loads(shallow(text))
    except (ValueError, RecursionError):
        raise ConfigError(f"--config: {code(text)} is not KEY=VALUE in TOML, where strings have quotes") from None
    return _Reader(document, "--config", ".", None, [], 0).read(packs, files)


def _place(reason: str, lines: Sequence[str]) -> tuple[int, str]:
    """Return the line number in a message of the TOML parser, and the reason without it."""
    named = re.search(r" \(at line (\d+), column \d+\)$", reason)
    line = int(named[1]) if named else max(len(lines), 1)
    return line, f"not valid TOML: {reason[: named.start()] if named else reason}"


class _Reader:
    """Reads the table of a configuration."""

    def __init__(
        self, values: Mapping[str, Any], shown: str, folder: str, root: str | None, lines: list[str], first: int
    ) -> None:
        self.values = values
        self.where = shown
        self.folder = folder
        self.root = root
        self.lines = lines
        self.first = first
        self.problems: list[ConfigError] = []

    def error(self, key: str, message: str, word: str = "") -> ConfigError:
        line = self.line(key, word)
        place = self.where if line is None else f"{self.where}:{line}"
        text = f"key {code(key)}: {message}"
        return ConfigError(f"{place}: {text}", [(line, text)])

    def line(self, key: str, word: str = "") -> int | None:
        """Return the line of a key, or the first line from there that contains a word of its value."""
        name = rf"""(?<![\w-])["']?{re.escape(key)}["']?[ \t]*+[]=.]"""
        at = _search(self.lines, re.compile(name), self.first)
        if at is not None and word:
            found = _search(self.lines, re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])"), at)
            at = at if found is None else found
        return None if at is None else at + 1

    def read(self, packs: Sequence[Pack], files: PackFiles) -> Layer:
        """Read all keys and refuse unknown ones; raises ConfigError with all problems."""
        tables = [key for key in self.values if key not in KEYS]
        for key in tables:
            if not isinstance(self.values[key], dict):
                self._note(self.unknown(key))
        named = tuple(self._packs(files))
        unsure = any("packs" in str(problem) for problem in self.problems)  # the rules of a broken pack are unknown
        known = None if unsure else Rulebook((*packs, *named))
        values: dict[str, Any] = {}
        origins: dict[str, str] = {}
        for key, name in KEYS.items():
            if key in self.values:
                with self._noting():
                    values[name] = self._value(key, SETTINGS[name], known)
                    origins[name] = self._origin(key)
        by_name = {pack.name: pack for pack in (*packs, *named)} if tables else {}
        for key in tables:
            if isinstance(self.values[key], dict):
                if key in pack_names():
                    by_name[key] = files.load(key)
                with self._noting():
                    origins.update(self._pack_table(key, by_name))
        self._refuse()
        if tables:
            values["pack_settings"] = tuple((key, self.values[key]) for key in tables)
        return Layer(self.where, values, origins)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Collect a ConfigError, so that all problems are reported together."""
        try:
            yield
        except ConfigError as problem:
            self._note(problem)

    def _note(self, problem: ConfigError) -> None:
        if str(problem) not in map(str, self.problems):
            self.problems.append(problem)
        if len(self.problems) > MOST_PROBLEMS:
            self._refuse()

    def _refuse(self) -> None:
        """Raise the collected problems, in the order of their lines."""
        found = sorted(self.problems[:MOST_PROBLEMS], key=lambda problem: problem.problems[0][0] or 0)
        if len(self.problems) > MOST_PROBLEMS:
            further = "further problems are not listed"
            found.append(ConfigError(f"{self.where}: {further}", [(None, further)]))
        if found:
            raise ConfigError("\n".join(map(str, found)), (part for problem in found for part in problem.problems))

    def unknown(self, key: str) -> ConfigError:
        """Return the error for an unknown key, with the most similar key."""
        if key == "tool":
            return self.error(key, "unknown; write the keys at the top level, without [tool.zr4lint]")
        if key.replace("_", "-") in ONLY_OPTIONS:
            return self.error(key, f"unknown; give the option --{key.replace('_', '-')} on the command line")
        return self.error(key, f"unknown{hint(key, KEYS) or '; zr4lint config lists the keys'}")

    def _pack_table(self, name: str, packs: Mapping[str, Pack]) -> Iterable[tuple[str, str]]:
        """Return the origin of each setting in the table of a pack; refuses settings that the pack does not accept."""
        if name not in packs:
            raise self.unknown(name)
        self._limited(name, self.values[name])
        try:
            configure(packs[name], self.values[name])
        except PackError as error:
            problem = error.problems[0]
            above = "; it is a key of the top level" if problem.key in KEYS else ""
            raise self.error(name, problem.message + above, problem.key) from None
        for key in self.values[name]:
            yield f"{name}.{key}", self._origin(name, key)

    def _origin(self, key: str, word: str = "") -> str:
        line = self.line(key, word)
        return self.where if line is None else f"{self.where}:{line}"

    def _checked(self, key: str, setting: Setting) -> Any:
        """Return the value of a key; raises if it has the wrong kind or is too long."""
        value = self.values[key]
        if not setting.kind.fits(value):
            raise self.error(key, _misfit(setting.kind, value))
        self._limited(key, value)
        return value

    def _limited(self, key: str, value: Any) -> None:
        if _count(value) > MOST_WORDS:
            raise self.error(key, f"has more than {MOST_WORDS} entries")

    def _value(self, key: str, setting: Setting, known: Rulebook | None) -> Any:
        """Return the value of a key, converted for its field; if `known` is None, its rules are not looked up."""
        value = self._checked(key, setting)
        for word in setting.kind.rules(value):
            if known is not None and not known.knows(word):
                raise self.error(key, known.unknown(word), word)
        if setting.kind.folder:
            self._check_folder(key, value)
        try:
            return setting.kind.read(value, self.folder)
        except ValueError as refused:
            raise self.error(key, str(refused)) from None

    def _packs(self, files: PackFiles) -> Iterable[Pack]:
        """Yield the packs that the configuration names."""
        for name, setting in SETTINGS.items():
            key = name.replace("_", "-")
            if key not in self.values:
                continue
            with self._noting():
                for pack in dict.fromkeys(setting.kind.packs(self._checked(key, setting))):
                    yield self._pack(key, pack, files)

    def _pack(self, key: str, name: str, files: PackFiles) -> Pack:
        if name not in pack_names():
            self._check_inside(key, name)
        path = pack_path(name, self.folder)
        try:
            return files.load(path)
        except PackError as error:
            raise self.error(key, str(error), name) from None

    def _check_folder(self, key: str, name: str) -> None:
        if "\0" in name or not os.path.isdir(os.path.join(self.folder, name)):
            raise self.error(key, f"no folder `{name}`")
        self._check_inside(key, name)

    def _check_inside(self, key: str, name: str) -> None:
        """Refuse a path that leads out of the repository."""
        if self.root is not None and "\0" not in name and not inside(os.path.join(self.folder, name), self.root):
            raise self.error(key, f"`{name}` leads outside of {display(self.root)}; only --config may do so", name)


def _misfit(kind: Kind, value: Any) -> str:
    """Return why a value is not of a kind, with the most similar word."""
    if kind.choices and isinstance(value, str):
        return f"{value_words(value)} is not one of {', '.join(kind.choices)}{did_you_mean(value, kind.choices)}"
    return kind.wrong(value) or f"expected {kind.words}, not {value_words(value)}"


def _count(value: Any) -> int:
    """Return the number of strings in a value."""
    if isinstance(value, dict):
        return sum(1 + _count(inner) for inner in value.values())
    return sum(map(_count, value)) if isinstance(value, list) else 1


def _search(lines: Sequence[str], pattern: re.Pattern[str], first: int) -> int | None:
    return next((n for n in range(first, len(lines)) if pattern.search(lines[n])), None)
