"""Reads the sections of a document with their lines and estimates, and derives requirements on lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.documents.compiling.requirement import Requirement
from zr4lint.documents.demanding.table_rows import layers_in
from zr4lint.documents.deriving.demand import Demand
from zr4lint.documents.deriving.golden_layout import WHOLE
from zr4lint.documents.document import Fence
from zr4lint.documents.target import Target, fits, is_about_lines
from zr4lint.model.source import Span
from zr4lint.packs.model import Section

if TYPE_CHECKING:
    from zr4lint.documents.document import Fence
    from zr4lint.documents.target import Target

_LINE_IS = re.compile(r"\bline (\d+):?\s*`([A-Z]+)\s[^`]*`", re.IGNORECASE)
_BUILD = re.compile(r"\bbuild time[\s*:~]{0,8}(<?\s*\d[\d.]*(?:\s*-\s*\d[\d.]*)?)\s*(min|hour|sec)", re.IGNORECASE)
_SIZE = re.compile(
    r"\bimage size(?: impact)?\W{0,6}~?\s*(\d[\d.]*)\s*(MB|GB)?(?:\s*-\s*(\d[\d.]*)\s*(MB|GB))?", re.IGNORECASE
)
_BANNER = re.compile(r"^#\W*layer\s+(\d+)\s*:", re.IGNORECASE | re.MULTILINE)


def sections_of(target: Target, *, kept: bool) -> tuple[Section, ...]:
    """Return the layers of the document with their lines and estimates; only WHOLE if it has no layers.

    The layers come from the headings if each target block fits its lines, or if a decision (`kept`) keeps the lines. In
    a document without target blocks they come from a table.
    """
    if not target.blocks:
        layers = layers_in(target.document)
        return (WHOLE, *(layer for layer in layers if layer.number != WHOLE.number)) if layers else (WHOLE,)
    sections: dict[str, Section] = {}
    for number, block in enumerate(target.blocks, 1):
        heading = block.section
        if block.lines is None or heading is None or not (kept or fits(block)):
            return (WHOLE,)
        key = heading.number or str(number)
        if key in sections:
            return (WHOLE,)
        section = Section(key, _title(heading.title), heading.layer or number, block.lines)
        sections[key] = _estimated(target, section, block)
    ranges = [section.lines for section in sections.values() if section.lines is not None]
    apart = all(a[1] < b[0] for a, b in pairwise(ranges))
    numbers = {section.layer for section in sections.values()}
    if not apart or len(numbers) < len(sections) or len(sections) < 2:
        return (WHOLE,)
    return (WHOLE, *sections.values())


def _title(heading: str) -> str:
    """Return the title of a section: `Section 3: Packages (Layer 2, Lines 3-9)` is Packages."""
    return re.sub(r"\s*\([^)]*\)", "", heading).split(":", 1)[-1].strip()


def _estimated(target: Target, section: Section, block: Fence) -> Section:
    """Return a section with the build time and the size that the document states for it."""
    for words in target.document.prose:
        if not block.path or block.section not in words.path:
            continue
        build, size = _BUILD.search(words.text), _SIZE.search(words.text)
        if build is not None and section.build is None:
            amount = re.sub(r"\s", "", build[1])
            section = structs.replace(section, build=f"{amount} {build[2].lower()}")
        if size is not None and section.size is None and (size[2] or size[4]):
            section = structs.replace(section, size=_amount(size))
    return section if section.build is not None else structs.replace(section, build=_summed_up(target, section.number))


def _summed_up(target: Target, number: str) -> str | None:
    """Return the build time that a table states for a section; None if no table does."""
    for table in target.document.tables:
        column = next((i for i, cell in enumerate(table.header) if "build time" in cell.text.lower()), None)
        for row in table.rows if column is not None else ():
            if column is not None and re.match(rf"section {re.escape(number)}\b", row[0].text, re.IGNORECASE):
                cell = row[column].text if column < len(row) else ""
                return cell if re.fullmatch(r"<?\d+(?:-\d+)? (?:min|sec|hours?)", cell) else None
    return None


def _amount(size: re.Match[str]) -> str:
    """Return a size as text with one unit: `500MB-1GB` is 500-1000 MB."""
    low, unit, high, last = size[1], size[2], size[3], size[4]
    if high is None:
        return f"{low} {unit}"
    if unit is not None and unit.upper() != last.upper():
        return f"{low}-{float(high) * 1000:g} MB"
    return f"{low}-{high} {last}"


def lines_required(target: Target, sections: Sequence[Section], document: str) -> Iterator[Requirement]:
    """Yield the requirements on lines: their number, `Line 1: FROM ...`, and the lines of the layers."""
    stated = [*_stated(target)]
    for demand in stated:
        yield Requirement(demand, f"{document} says so.")
    if len(sections) == 1:
        return
    top = target.blocks[0].span if target.blocks else Span(0, 0)
    kinds = {demand.kind for demand in stated}
    last = max(section.lines[1] for section in sections if section.lines is not None)
    if target.blocks and "last-instruction" not in kinds and (keyword := _last_keyword(target.blocks[-1], last)):
        given = {"keyword": keyword, "line": last}
        summary = f"{keyword} is last, on line {last}."
        yield Requirement(Demand("last-instruction", given, target.blocks[-1].span, summary), f"{document} says so.")
    for kind, summary in _OF_LAYERS:
        level = "warning" if kind == "not-in-specification" else "error"
        yield Requirement(Demand(kind, {}, top, summary, level=level), f"The headings of {document} say so.")  # type: ignore[arg-type]
    bannered = [s.layer for s, b in zip(sections[1:], target.blocks, strict=False) if _has_banner(b, s.layer)]
    run = [layer for layer in bannered if layer is not None]
    if len(run) > 1 and run == [*range(run[0], run[-1] + 1)]:
        given = {"first": run[0], "last": run[-1]}
        demand = Demand("layer-banner", given, top, "Each layer opens with its banner.", level="warning")
        yield Requirement(demand, f"The target text of {document} has them.")


_OF_LAYERS = (
    ("layer-order", "The layers come in the order of their numbers."),
    ("layer-lines", "What meets a rule of a layer lies within the layer's lines."),
    ("not-in-specification", "Each instruction is one that the document asks for."),
)


def _has_banner(block: Fence, layer: int | None) -> bool:
    """Return whether a block fits its lines and contains its layer's banner."""
    found = _BANNER.search(block.body.text)
    return fits(block) and found is not None and int(found[1]) == layer


def _last_keyword(block: Fence, last: int) -> str:
    """Return the keyword of a block's last line if that is the last line of the file; else empty."""
    lines = block.body.text.rstrip().splitlines()
    found = re.match(r"([A-Z]+)\s", lines[-1]) if lines else None
    full = block.lines is not None and len(lines) >= block.lines[1] - block.lines[0] + 1
    return found[1] if found is not None and full and block.lines is not None and block.lines[1] == last else ""


def _stated(target: Target) -> Iterator[Demand]:
    """Yield the demands on lines that the document states in prose."""
    count = target.line_count
    seen: set[str] = set()
    for words in target.document.prose:
        about = count is not None and is_about_lines(words.text)
        said = re.search(rf"\b{count}[- ]lines?\b", words.text) if about else None
        if said is not None and "line-count" not in seen:
            seen.add("line-count")
            yield Demand("line-count", {"lines": count}, words.at(*said.span()), f"The file has {count} lines.")
        for line in _LINE_IS.finditer(words.text):
            number, keyword = int(line[1]), line[2].upper()
            kind = "from-line" if keyword == "FROM" else "last-instruction" if number == count else ""
            if not kind or kind in seen:
                continue
            seen.add(kind)
            given = {"line": number} if kind == "from-line" else {"keyword": keyword, "line": number}
            yield Demand(kind, given, words.at(*line.span()), f"{keyword} is on line {number}.")
