"""Splits the lines of a golden file into layers, and derives demands on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from zr4lint.dockerfile import Dockerfile, PieceKind
from zr4lint.documents.deriving.demand import Demand
from zr4lint.model.source import Span
from zr4lint.packs.model import Section

WHOLE = Section("0", "Whole file", None, None)
_BANNER = r"\W*(?:layer|step|section|part|stage)\s*(\d+)\b|\W{8,}\Z"


def sections_of(dockerfile: Dockerfile) -> tuple[Section, ...]:
    """Return the layers of a file: the parts between its banners, or its paragraphs if it has no banners."""
    source = dockerfile.source
    comments = {
        source.line_of(comment.span.start): comment.text for comment in dockerfile.comments if not comment.inside
    }
    paragraphs = [*_paragraphs(dockerfile)]
    banners = [first for first, _ in paragraphs if re.match(_BANNER, comments.get(first, ""), re.IGNORECASE)]
    starts = [first for first, _ in paragraphs[:1]]
    starts += [first for first, _ in paragraphs[1:] if not banners or first in banners]
    found: list[Section] = [WHOLE]
    for number, start in enumerate(starts, 1):
        end = starts[number] if number < len(starts) else source.newline_count + 2
        last = max(last for first, last in paragraphs if start <= first < end)
        title = comments.get(start, "").strip("=-#* ") or f"Lines {start} to {last}"
        found.append(Section(str(number), title, number, (start, last)))
    return tuple(found)


def _paragraphs(dockerfile: Dockerfile) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line of each block of comments and instructions."""
    source = dockerfile.source
    start: int | None = None
    last = 0
    for piece in dockerfile.pieces:
        if piece.kind is PieceKind.BLANK:
            if start is not None:
                yield start, last
            start = None
            continue
        if start is None:
            start = source.line_of(piece.span.start)
        last = source.line_of(max(piece.span.end - 1, piece.span.start))
    if start is not None:
        yield start, last


def section_of(sections: Sequence[Section], line: int) -> Section:
    """Return the layer that contains a line, or the whole file."""
    return next((s for s in sections if s.lines is not None and s.lines[0] <= line <= s.lines[1]), WHOLE)


def demands_of(dockerfile: Dockerfile, sections: Sequence[Section]) -> Iterator[Demand]:
    """Yield the demands on lines: their number, the first and the last instruction, and the layers."""
    first = next(i for i in dockerfile.instructions if i.keyword == "FROM")
    last = dockerfile.instructions[-1]
    count = dockerfile.source.newline_count
    top = Span(0, 0)
    if count:
        yield Demand("line-count", {"lines": count}, top, f"The file has {count} lines.")
    yield Demand("from-line", {"line": first.line}, first.span, f"FROM is on line {first.line}.")
    ending = {"keyword": last.keyword, "line": last.line}
    yield Demand("last-instruction", ending, last.span, f"{last.keyword} is last, on line {last.line}.")
    yield Demand("layer-order", {}, top, "The layers come in the order of their numbers.")
    yield Demand("layer-lines", {}, top, "Instructions of a layer are within the layer's lines.")
    yield Demand("not-in-specification", {}, top, "Each instruction is one that the golden file has.", level="warning")
    numbered = [s.layer for s in sections if s.layer and re.match(rf"LAYER {s.layer}:", s.title)]
    if len(numbered) > 1:
        lines = {"first": numbered[0], "last": numbered[-1]}
        yield Demand("layer-banner", lines, top, "Each layer opens with its banner.", level="warning")
