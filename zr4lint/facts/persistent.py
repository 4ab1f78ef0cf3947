"""Immutable maps that share their common parts.

A file may have a stage or a change of a variable on every line, and each fact keeps the variables it saw. Copies of a
dict would need memory quadratic in the file's length; here, each version adds a few small nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar, cast
from zlib import crc32

_V = TypeVar("_V")
_D = TypeVar("_D")
_BITS = 4
_WIDTH = 1 << _BITS
_DEPTH = 32 // _BITS
_Node = tuple["_Node | dict[str, Any] | None", ...]
_EMPTY: _Node = (None,) * _WIDTH
_ABSENT = object()


class Map(Mapping[str, _V]):
    """An immutable map by name: a tree over four bits of the name's hash per level, with small dicts as leaves.

    The order of the names is always the same, and has no meaning.
    """

    __slots__ = ("_root", "_size")

    def __init__(self, values: Mapping[str, _V] | None = None) -> None:
        self._root = _EMPTY
        self._size = 0
        for name, value in (values or {}).items():
            self._put(name, value)

    def put(self, name: str, value: _V) -> Map[_V]:
        """Return the map with one value set."""
        made: Map[_V] = Map()
        made._root, made._size = self._root, self._size
        made._put(name, value)
        return made

    def _put(self, name: str, value: _V) -> None:
        self._size += name not in self
        self._root = _with(self._root, _hash(name), 0, name, value)

    def __getitem__(self, name: str) -> _V:
        found = self.find(name, _ABSENT)
        if found is _ABSENT:
            raise KeyError(name)
        return cast("_V", found)

    def find(self, name: str, default: _D) -> _V | _D:
        """Return the value of a name, or `default`; faster than `get`, which raises an exception inside."""
        node: _Node | dict[str, Any] | None = self._root
        hashed = _hash(name)
        while isinstance(node, tuple):
            node = node[hashed & _WIDTH - 1]
            hashed >>= _BITS
        if node is None:
            return default
        value: _V | _D = node.get(name, default)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name, _ABSENT) is not _ABSENT

    def __iter__(self) -> Iterator[str]:
        return _names(self._root)

    def __len__(self) -> int:
        return self._size


@lru_cache(maxsize=512)
def _hash(name: str) -> int:
    return crc32(name.encode("utf-8", "surrogatepass"))


def _with(node: _Node, hashed: int, depth: int, name: str, value: object) -> _Node:
    at = hashed & _WIDTH - 1
    child = node[at]
    put: _Node | dict[str, Any]
    if isinstance(child, tuple):
        put = _with(child, hashed >> _BITS, depth + 1, name, value)
    elif child is None or name in child or depth + 1 == _DEPTH:
        put = {**(child or {}), name: value}
    else:
        put = _EMPTY
        for other, kept in child.items():
            put = _with(put, _hash(other) >> _BITS * (depth + 1), depth + 1, other, kept)
        put = _with(put, hashed >> _BITS, depth + 1, name, value)
    return (*node[:at], put, *node[at + 1 :])


def _names(node: _Node) -> Iterator[str]:
    for child in node:
        if isinstance(child, tuple):
            yield from _names(child)
        elif child is not None:
            yield from child
