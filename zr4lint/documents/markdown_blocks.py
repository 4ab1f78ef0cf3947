"""Markdown as blocks, in time that grows with the text: the words within a block are not parsed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from marko.block import LinkRefDef
from marko.parser import Parser

if TYPE_CHECKING:
    from marko.source import Source


class _Definition(LinkRefDef):
    """The definition of a link. marko's pattern goes on to the end of the paragraph, for each line of it."""

    override = True
    pattern = re.compile(r" {,3}(\[)")


class _Blocks(Parser):
    """A parser that leaves the words within blocks alone: many `[a](` take marko hours."""

    def __init__(self) -> None:
        super().__init__()
        self.add_element(_Definition)

    def parse_inline(self, element: Any, source: Source) -> None:
        """Parse nothing."""


def blocks(text: str) -> Sequence[Any]:
    """The outermost blocks of a document; raises RecursionError where they are nested without end."""
    return _Blocks().parse(text).children
