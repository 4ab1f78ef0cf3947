"""Reads the channels and packages of a conda environment file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import CondaListed
from zr4lint.programs.package_words import PackageWord, read_package

if TYPE_CHECKING:
    from zr4lint.facts.fact import At
    from zr4lint.model.source import MappedText

_BLOCK = r"(?m)^{key}:[ \t]*(?:\[(?P<inline>[^\]\n]*)\][ \t]*|(?:#[^\n]*)?)\r?\n?"
_ITEM = re.compile(
    r"""(?P<indent>[ ]*)-[ ]+(?P<quote>['"]?)(?P<word>[^\s'"#]+)(?P=quote)[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)"""
)
_OTHER = re.compile(r"[ \t]*(?:#[^\n]*)?\r?\n|[ ]+[^\n]*(?:\n|\Z)")
_WORD = r"""[^\s,'"]+"""


def listed(text: MappedText, at: At) -> CondaListed | None:
    """Return the packages and channels of a conda environment file, or None if it names no package."""
    channels = [word for word, _ in _items(text.text, "channels")]
    packages: list[PackageWord] = []
    for word, start in _items(text.text, "dependencies"):
        channel, _, spec = word.rpartition("::")
        channels += [channel] if channel else []
        found = read_package(spec, "conda", text.span(start, start + len(word)))
        if found is not None and not word.endswith(":"):
            packages.append(found)
    return CondaListed(at, tuple(packages), tuple(channels)) if packages else None


def _items(text: str, key: str) -> Iterator[tuple[str, int]]:
    """Yield the items of a top-level list with their offsets, without those of nested lists."""
    block = re.search(_BLOCK.format(key=key), text)
    if block is None:
        return
    if block["inline"] is not None:
        for found in re.finditer(_WORD, block["inline"]):
            yield found[0], block.start("inline") + found.start()
        return
    at, indent = block.end(), None
    while True:
        item = _ITEM.match(text, at)
        if item is not None:
            indent = len(item["indent"]) if indent is None else indent
            if len(item["indent"]) == indent:
                yield item["word"], item.start("word")
            at = item.end()
            continue
        other = _OTHER.match(text, at)
        if other is None or other.end() == at:
            return
        at = other.end()
