"""Parses Markdown into blocks in linear time; the words within a block are not parsed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from marko.block import LinkRefDef
from marko.parser import Parser

if TYPE_CHECKING:
    from marko.source import Source


class _Definition(LinkRefDef):
    """A link definition. marko's own pattern searches to the end of the paragraph for each of its lines."""

    override = True
    pattern = re.compile(r" {,3}(\[)")


class _Blocks(Parser):
    """A parser that skips the words within blocks, since marko takes hours for many `[a](`."""

    def __init__(self) -> None:
        super().__init__()
        self.add_element(_Definition)

    def parse_inline(self, element: Any, source: Source) -> None:
        """Do nothing, so that the words within blocks are not parsed."""


def blocks(text: str) -> Sequence[Any]:
    """Return the outermost blocks of a document; raise RecursionError if they are nested too deep."""
    return _Blocks().parse(text).children
