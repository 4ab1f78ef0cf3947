"""Code lenses: the requirements that each layer meets, shown above the layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from zr4lint.report.conformance_table import line_range

if TYPE_CHECKING:
    from zr4lint.lsp.analysis import Analysis
    from zr4lint.model.finding import Row
    from zr4lint.packs.model import Section


def lenses(analysis: Analysis) -> list[types.CodeLens]:
    """Return a lens for each layer, above its first line, in the order of the layers."""
    return [
        types.CodeLens(range=_line(analysis, _first(row)), command=types.Command(title=title(section, row), command=""))
        for section, row in rows(analysis)
        if section.layer is not None
    ]


def rows(analysis: Analysis) -> Iterator[tuple[Section, Row]]:
    """Yield the sections of the specifications of a file, with the requirements met in each."""
    if analysis.linted is not None:
        parts = {part.pack: part for part in analysis.linted.report.conformance}
        for pack in analysis.packs:
            if pack.name in parts:
                yield from zip(pack.sections, parts[pack.name].rows, strict=True)


def title(section: Section, row: Row) -> str:
    """Return the text of a lens: `Layer 4 PyTorch: 5/5 requirements, lines 32-40 of 30-40`."""
    met = f"Layer {section.layer} {section.title}: {row.met}/{row.total} requirements"
    if row.found is None:
        return f"{met}, nothing found" + (f" for lines {line_range(row.required)}" if row.required else "")
    noun = "line" if row.found[0] == row.found[1] else "lines"
    where = f" of {line_range(row.required)}" if row.required else ""
    return f"{met}, {noun} {line_range(row.found)}{where}"


def _first(row: Row) -> int:
    """Return the first line of a layer, or the line where it is expected."""
    if row.found is not None:
        return row.found[0]
    return row.required[0] if row.required is not None else 1


def _line(analysis: Analysis, number: int) -> types.Range:
    """Return the range of a line, counted from 1; a number after the last line stands for the last line."""
    assert analysis.linted is not None
    source = analysis.linted.report.source
    return analysis.buffer.range(source.line_span(min(number, len(source.line_starts))))
