"""package.json and package-lock.json, as far as `npm ci` compares them."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from zr4lint.model.budgets import LISTED
from zr4lint.shell import Argument

if TYPE_CHECKING:
    from zr4lint.model.source import MappedText

_COMPARED = ("dependencies", "devDependencies", "optionalDependencies")
_LONGEST = 500_000
_KEY = r'"((?:[^"\\]|\\.)*+)"\s*:'
_EXACT = r"\d+\.\d+\.\d+(?:[-+][\w.+-]+)?"
_COMPARATOR = r"(?P<sign>>=|<=|>|<|\^|~|=|)\s*v?(?P<major>\d+|[xX*])(?P<rest>[\w.*+-]*)"


class Manifest(Struct, frozen=True):
    """A package.json: each dependency as NAME@RANGE, at its place, and the range of `engines.node`, None for none.

    `open` tells that other files decide, too: those of workspaces, or overrides.
    """

    wanted: tuple[Argument, ...]
    node: Argument | None
    open: bool


def read_manifest(text: MappedText) -> Manifest | None:
    """Read a package.json; None for one that is no JSON object."""
    document = _object(text.text) if len(text.text) <= _LONGEST else None
    if document is None:
        return None
    keys: dict[str, list[int]] = {}
    for key in re.finditer(_KEY, text.text):
        keys.setdefault(key[1], []).append(key.start())
    wanted: list[Argument] = []
    for section in _COMPARED:
        for name, given in _table(document.get(section)).items():
            if isinstance(given, str) and len(wanted) < LISTED:
                wanted.append(_placed(text, keys, (section, name), f"{name}@{given}"))
    engine = _table(document.get("engines")).get("node")
    node = _placed(text, keys, ("engines", "node"), engine) if isinstance(engine, str) else None
    return Manifest(tuple(wanted), node, bool(document.get("workspaces") or document.get("overrides")))


def read_lock(text: str) -> Mapping[str, str] | None:
    """The versions of the packages that a lock file puts at the top, by name; None for a file that is none."""
    document = _object(text)
    if document is None:
        return None
    if "packages" in document:
        rows = {path.removeprefix("node_modules/"): row for path, row in _table(document["packages"]).items() if path}
    else:
        rows = _table(document.get("dependencies"))
    return {name: str(_table(row).get("version", "")) for name, row in rows.items()}


def differs(wanted: str, locked: Mapping[str, str]) -> tuple[str, str] | None:
    """The name and the locked version, "" where there is none, of a dependency that the lock file does not meet."""
    name, _, given = wanted.rpartition("@")
    if name not in locked:
        return name, ""
    exact = re.fullmatch(_EXACT, given) is not None and re.fullmatch(_EXACT, locked[name]) is not None
    return (name, locked[name]) if exact and given != locked[name] else None


def lets_in_major(wanted: str, major: int) -> bool | None:
    """Whether a range of node lets in some release of a major version; None for a range that can't be read."""
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
    """A value at its key, the first one behind that of its section."""
    section, name = path
    start = keys.get(section, [0])[0]
    places = keys.get(name, [])
    at = bisect_right(places, start)
    span = text.span(places[at], places[at] + len(name) + 2) if at < len(places) else text.span(0, 1)
    return Argument(value, span)
