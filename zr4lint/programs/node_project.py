"""Compares package.json with the lock files of npm, yarn and pnpm, as an install does."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from zr4lint.model.budgets import LISTED
from zr4lint.shell import Argument

if TYPE_CHECKING:
    from zr4lint.model.source import MappedText

_SECTIONS = ("dependencies", "devDependencies", "optionalDependencies")
_OTHERS = ("workspaces", "overrides", "resolutions", "pnpm")
_LONGEST = 500_000
_ENTRY = r"(?m)^(\"?@?[\w.-][^#\n]*):$"
_RANGE = r"[\w.^~<>=|*+ -]+"
_CHANGED = r"(?m)^(?:overrides|pnpmfileChecksum):"
_IMPORTERS = r"(?m)^importers:\n\s*\n?  \.:\n((?:    .*\n|\n)*+)"
_TOP_LEVEL = r"(?m)^(?:dependencies|devDependencies|optionalDependencies):\n((?:  .*\n|\n)*+)"
_SPECIFIER = re.compile(
    r"""(?m)^ +'?(?P<name>[@\w./-]+)'?:\n +specifier: (?:'(?P<quoted>[^'\n]*)'|(?P<given>[^'\n]*))$"""
)
_KEY = r'"((?:[^"\\]|\\.)*+)"\s*:'
_EXACT = r"\d+\.\d+\.\d+(?:[-+][\w.+-]+)?"
_COMPARATOR = r"(?P<sign>>=|<=|>|<|\^|~|=|)\s*v?(?P<major>\d+|[xX*])(?P<rest>[\w.*+-]*)"


class Manifest(Struct, frozen=True):
    """A package.json: its dependencies as NAME@RANGE, and the range of `engines.node` or None.

    `open` tells that other files matter as well, because of workspaces or overrides. `scripts` are the names that
    `npm run` accepts.
    """

    wanted: tuple[Argument, ...]
    node: Argument | None
    open: bool
    scripts: frozenset[str] = frozenset()

    @property
    def pairs(self) -> Iterator[tuple[Argument, str, str]]:
        """Yield each dependency with its name and its range."""
        for argument in self.wanted:
            value = argument.value or ""
            at = value.find("@", 1)
            yield argument, value[:at], value[at + 1 :]


def read_manifest(text: MappedText) -> Manifest | None:
    """Parse a package.json, or return None if it isn't a JSON object."""
    document = _object(text.text) if len(text.text) <= _LONGEST else None
    if document is None:
        return None
    keys: dict[str, list[int]] = {}
    for key in re.finditer(_KEY, text.text):
        keys.setdefault(key[1], []).append(key.start())
    wanted: list[Argument] = []
    for section in _SECTIONS:
        for name, given in _table(document.get(section)).items():
            if isinstance(given, str) and len(wanted) < LISTED:
                wanted.append(_placed(text, keys, (section, name), f"{name}@{given}"))
    engine = _table(document.get("engines")).get("node")
    node = _placed(text, keys, ("engines", "node"), engine) if isinstance(engine, str) else None
    scripts = frozenset(_table(document.get("scripts")))
    return Manifest(tuple(wanted), node, any(document.get(key) for key in _OTHERS), scripts)


def _of_npm(manifest: Manifest, text: str) -> Iterator[tuple[Argument, str]]:
    """Yield the dependencies that package-lock.json lacks, or locks to another version than the exact one wanted."""
    document = _object(text)
    if document is None:
        return
    if "packages" in document:
        rows = {path.removeprefix("node_modules/"): row for path, row in _table(document["packages"]).items() if path}
    else:
        rows = _table(document.get("dependencies"))
    for wanted, name, given in manifest.pairs:
        version = str(_table(rows.get(name)).get("version", ""))
        exact = re.fullmatch(_EXACT, given) is not None and re.fullmatch(_EXACT, version) is not None
        if name not in rows:
            yield wanted, ""
        elif exact and given != version:
            yield wanted, f"{name}@{version}"


def _of_yarn(manifest: Manifest, text: str) -> Iterator[tuple[Argument, str]]:
    """Yield the dependencies that have no entry in yarn.lock, whose entries are NAME@RANGE."""
    listed = (entry for line in re.findall(_ENTRY, text) for entry in line.split(","))
    entries = {entry.strip(' "').replace("@npm:", "@") for entry in listed}
    for wanted, name, given in manifest.pairs if entries else ():
        if f"{name}@{given.removeprefix('npm:')}" not in entries and re.fullmatch(_RANGE, given):
            yield wanted, ""


def _of_pnpm(manifest: Manifest, text: str) -> Iterator[tuple[Argument, str]]:
    """Yield the dependencies whose range differs from the one in pnpm-lock.yaml."""
    if re.search(_CHANGED, text) is not None:
        return
    importers = re.search(_IMPORTERS, text)
    block = importers[1] if importers is not None else "".join(re.findall(_TOP_LEVEL, text))
    specifiers = {found["name"]: found["given"] or found["quoted"] for found in re.finditer(_SPECIFIER, block)}
    for wanted, name, given in manifest.pairs if specifiers else ():
        if specifiers.get(name) != given and re.fullmatch(_RANGE, given):
            yield wanted, f"{name}@{specifiers[name]}" if name in specifiers else ""


COMPARED: Mapping[str, Callable[[Manifest, str], Iterator[tuple[Argument, str]]]] = {
    "npm": _of_npm,
    "yarn": _of_yarn,
    "pnpm": _of_pnpm,
}
"""Functions by program that yield the dependencies that a lock file contradicts, each with the locked one or ""."""


def lets_in_major(wanted: str, major: int) -> bool | None:
    """Return whether a range of node allows a release of a major version, or None if it can't be parsed."""
    found = [_alternative(part.strip(), major) for part in wanted.split("||")]
    if True in found:
        return True
    return None if None in found else False


def _alternative(text: str, major: int) -> bool | None:
    if text in ("", "*", "x"):
        return True
    low, high = 0.0, float("inf")
    rest = re.sub(_COMPARATOR, "", text)
    if rest.strip() or " - " in text:
        return None
    for found in re.finditer(_COMPARATOR, text):
        if not found["major"].isdigit():
            continue
        number, sign = int(found["major"]), found["sign"]
        zeros = re.fullmatch(r"(?:\.0)*", found["rest"]) is not None
        if sign in (">=", ">"):
            low = max(low, number + 1 if sign == ">" and not found["rest"] else number)
        elif sign in ("<=", "<"):
            high = min(high, number - 1 if sign == "<" and zeros else number)
        else:
            low, high = max(low, number), min(high, number)
    return low <= major <= high


def _object(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _placed(text: MappedText, keys: Mapping[str, list[int]], path: tuple[str, str], value: str) -> Argument:
    """Return a value at the place of its key: the first key of that name after its section's."""
    section, name = path
    start = keys.get(section, [0])[0]
    places = keys.get(name, [])
    at = bisect_right(places, start)
    span = text.span(places[at], places[at] + len(name) + 2) if at < len(places) else text.span(0, 1)
    return Argument(value, span)
