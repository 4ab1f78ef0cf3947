"""Finds packs by name or file and loads them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import structs

from zr4lint.filesystem.paths import display, names_beside
from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.filesystem.shipped import rules_folder, shipped_document
from zr4lint.filesystem.toml import shallow
from zr4lint.packs.compiled import compiled_pack
from zr4lint.packs.parameter_settings import configure
from zr4lint.packs.problems import PackError, Problem, did_you_mean

if TYPE_CHECKING:
    from zr4lint.checks.registry import Kinds
    from zr4lint.model.finding import Origin, Rule
    from zr4lint.packs.model import Pack
    from zr4lint.packs.reader import Taken

MAX_BYTES = 4_000_000


@cache
def pack_names() -> Sequence[str]:
    """Return the names of the shipped packs."""
    return sorted(name.removesuffix(".toml") for name in os.listdir(rules_folder()) if name.endswith(".toml"))


def load_pack(name: str, kinds: Kinds, keys: Collection[str] = ()) -> Pack:
    """Load a pack by the name of a shipped pack or the path of a file; its settings have their defaults.

    `keys` are names that no pack may have, since its table in a configuration would look like that key. Raises
    PackError if there is no such pack, or if it is invalid.
    """
    if name in pack_names():
        return compiled_pack(name) or read_shipped(name, kinds)
    return read_text(_text(name), name, kinds, keys)


def read_shipped(name: str, kinds: Kinds) -> Pack:
    """Read a shipped pack from its TOML; its settings have their defaults."""
    from zr4lint.packs.reader import read_pack  # a wheel has these packs compiled

    shown = f"rules/{name}.toml"
    document = _parsed(shown, lambda: shipped_document(name))
    return configure(read_pack(document, kinds, shown), {})


def read_text(text: str, name: str, kinds: Kinds, keys: Collection[str] = ()) -> Pack:
    """Read a pack from its TOML; `name` is the path of its file. Raises PackError as `load_pack` does."""
    import tomli

    from zr4lint.packs.reader import Taken, read_pack

    document = _parsed(name, lambda: tomli.loads(shallow(text)))
    taken = Taken() if _is_shipped(name) else _shipped()
    return _located(configure(read_pack(document, kinds, name, text, structs.replace(taken, keys=keys)), {}), name)


def _located(pack: Pack, name: str) -> Pack:
    """Return the pack with the place of its document, if the document is in the project of the pack's file."""
    if pack.traced is None:
        return pack
    from zr4lint.filesystem.documents import follow, locate  # few packs name a document

    path = locate(pack.traced.file, name)
    if path is None:
        return pack
    origins = iter(follow(path, [one.rule.origin for one in pack.rules if one.rule.origin is not None]))
    rules = tuple(
        structs.replace(one, rule=_moved(one.rule, one.rule.origin, next(origins)))
        if one.rule.origin is not None
        else one
        for one in pack.rules
    )
    return structs.replace(pack, rules=rules, traced=structs.replace(pack.traced, path=path))


def _is_toml(path: str) -> bool:
    return path.endswith(".toml")


def _near(path: str) -> str:
    """Return a "did you mean" question with a TOML file beside the path or a shipped pack, or ""."""
    folder, name = os.path.split(path)
    if name.endswith(".toml"):
        beside = sorted(display(os.path.join(folder, other)) for other in names_beside(path))
        if near := did_you_mean(display(path), filter(_is_toml, beside)):
            return near
    return did_you_mean(name, pack_names())


def _moved(rule: Rule, old: Origin, new: Origin) -> Rule:
    """Return a rule with its origin moved to the current line, or marked as missing from the document."""
    place = f"{old.document.rpartition('/')[2]}:{old.line}"
    source = rule.source
    if source == place and new.stale:
        source = f"an older version of {place}"
    elif source == place:
        source = f"{old.document.rpartition('/')[2]}:{new.line}"
    return structs.replace(rule, origin=new, source=source)


def _text(path: str) -> str:
    if not os.path.isfile(path):
        near = _near(path) or f"; packs are {', '.join(pack_names())}"
        raise PackError(
            display(path) if path else '""', [Problem(f"no pack has this name, and it is not a file{near}")]
        )
    try:
        return read_regular(path, MAX_BYTES).decode("utf-8")
    except (UnfitError, OSError, ValueError) as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise PackError(path, [Problem(f"can't be read: {why}")]) from None


def _parsed(shown: str, parse: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return parse()
    except OSError as error:
        raise PackError(shown, [Problem(f"can't be read: {error.strerror}")]) from None
    except RecursionError:
        raise PackError(shown, [Problem("not valid TOML: nested too deep")]) from None
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise PackError(shown, [Problem(f"not valid TOML: {getattr(error, 'msg', error)}", line=line)]) from None


def _is_shipped(path: str) -> bool:
    return os.path.realpath(os.path.dirname(path)) == os.path.realpath(rules_folder())


@cache
def _shipped() -> Taken:
    """Return the names and codes of the shipped packs that can be read."""
    from zr4lint.packs.reader import Taken

    codes: set[str] = set()
    for name in pack_names():
        with suppress(OSError, ValueError):
            codes.update(_codes(name))
    return Taken(pack_names(), codes)


def _codes(name: str) -> Iterable[str]:
    pack = compiled_pack(name)
    if pack is not None:
        return (rule.rule.code for rule in pack.rules)
    return (rule["code"] for rule in shipped_document(name)["rule"])
