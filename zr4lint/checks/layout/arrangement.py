"""Arranges a file by its line map: where each layer's lines go, and the edits that move them there.

A layer's block is its instructions with the comments above them. The edits insert blank lines between layers. If a
block is too long, its package lists are packed first, then its inner blank lines are removed, and last its leading
comments move above the layer's first line. No other character changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, structs

from zr4lint.checks.edits import SAFE
from zr4lint.checks.layout.layers import layer_of_each
from zr4lint.checks.layout.packing import PackedLines, packable
from zr4lint.checks.outcome import Layer, Subject
from zr4lint.dockerfile import Instruction, PieceKind
from zr4lint.model.finding import Edit, Fix
from zr4lint.model.source import Span


class _Lines(Struct, frozen=True):
    """Whole lines that stay together: an instruction, a comment line, or several blank lines."""

    span: Span
    height: int
    instruction: Instruction | None
    blank: bool


class _Block(Struct, frozen=True):
    """A layer's lines without blank lines at either end, and its package lists to pack."""

    layer: Layer
    items: tuple[_Lines, ...]
    packed: tuple[PackedLines, ...]

    @property
    def height(self) -> int:
        return sum(item.height for item in self.items) - sum(p.saved for p in self.packed)

    @property
    def leading(self) -> int:
        """The number of comment lines above the first instruction."""
        count = 0
        for item in self.items:
            if item.instruction is not None:
                break
            count += item.height
        return count


class Arrangement(Struct, frozen=True):
    """The fix that arranges a file by its line map, or the reason why there is none."""

    fix: Fix | None
    reason: str | None


def arrange(subject: Subject) -> Arrangement:
    """Return the arrangement. It has no fix if the layers are out of order or a layer does not fit its lines."""
    assigned = layer_of_each(subject)
    key = ("arrangement", subject.layers, None if assigned is None else tuple(assigned.values()))
    return subject.memo.get(key, lambda: _arrangement(subject, assigned))


def _arrangement(subject: Subject, assigned: Mapping[int, int] | None) -> Arrangement:
    try:
        blocks = _blocks(subject, assigned)
        placed = list(_place(subject, blocks))
    except _DoesNotFitError as error:
        return Arrangement(None, str(error))
    edits = tuple(_edits(subject, placed))
    if not edits:
        return Arrangement(None, None)
    return Arrangement(Fix("Bring the layers to their lines", SAFE, edits), None)


class _DoesNotFitError(Exception):
    pass


def _blocks(subject: Subject, assigned: Mapping[int, int] | None) -> list[_Block]:
    if assigned is None:
        raise _DoesNotFitError("the layers are out of order")
    layers = {layer.number: layer for layer in subject.layers}
    items: dict[int, list[_Lines]] = {}
    waiting: list[_Lines] = []
    current = min(layers)
    instructions = iter(subject.dockerfile.instructions)
    for piece in subject.dockerfile.pieces:
        text = subject.source.slice(piece.span)
        height = text.count("\n") or 1
        if piece.kind is not PieceKind.INSTRUCTION:
            waiting.append(_Lines(piece.span, height, None, piece.kind is PieceKind.BLANK))
            continue
        instruction = next(instructions)
        current = assigned[instruction.index]
        block = items.setdefault(current, [])
        block += waiting
        block.append(_Lines(piece.span, height, instruction, False))
        waiting = []
    if any(not line.blank for line in waiting):
        raise _DoesNotFitError("there are comments below the last instruction")
    return [_Block(layers[number], _trimmed(items[number]), ()) for number in sorted(items)]


def _trimmed(items: list[_Lines]) -> tuple[_Lines, ...]:
    start = next((i for i, item in enumerate(items) if not item.blank), 0)
    return tuple(items[start:])


class _Placed(Struct, frozen=True):
    block: _Block
    line: int


def _place(subject: Subject, blocks: list[_Block]) -> Iterator[_Placed]:
    """Yield each block with its first line. The last block ends on the last line of its layer."""
    line = 1
    for index, block in enumerate(blocks):
        layer = block.layer
        room = layer.last - max(line, layer.first - block.leading) + 1
        block = _shortened(subject, block, layer.last - layer.first + 1, room)
        start = min(layer.first, layer.last - block.height + 1)
        first_instruction = start + block.leading
        if start < line or first_instruction < layer.first:
            raise _DoesNotFitError(_too_long(block, line))
        if index == len(blocks) - 1 and layer.number == max(n.number for n in subject.layers):
            block = _padded(block, layer.last - start + 1 - block.height)
        yield _Placed(block, start)
        line = start + block.height


def _too_long(block: _Block, line: int) -> str:
    layer = block.layer
    return (
        f"layer {layer.number}, {layer.title}, has {block.height} lines and room for "
        f"{max(layer.last - max(layer.first, line) + 1, 0)} on lines {layer.first}-{layer.last}"
    )


def _shortened(subject: Subject, block: _Block, lines: int, room: int) -> _Block:
    """Return the block shortened as far as needed to `lines`, or at least to `room` lines."""
    over = block.height - lines
    if over <= 0:
        return block
    packed = list(block.packed)
    for item in block.items:
        if item.instruction is not None and over > 0:
            more = list(packable(subject, item.instruction, over))
            over -= sum(p.saved for p in more)
            packed += more
    over += lines - room
    items: list[_Lines] = []
    for item in reversed(block.items):
        less = max(min(item.height, over), 0) if item.blank else 0
        over -= less
        if less < item.height:
            items.append(structs.replace(item, height=item.height - less))
    return structs.replace(block, items=tuple(reversed(items)), packed=tuple(packed))


def _padded(block: _Block, missing: int) -> _Block:
    """Return the last block with `missing` blank lines above its last instruction, so that it fills its layer."""
    if missing <= 0:
        return block
    items = list(block.items)
    at = len(items) - 1
    while at > 0 and items[at - 1].instruction is None and not items[at - 1].blank:
        at -= 1
    if at == 0:
        return block
    if items[at - 1].blank:
        items[at - 1] = structs.replace(items[at - 1], height=items[at - 1].height + missing)
    else:
        here = items[at].span.start
        items.insert(at, _Lines(Span(here, here), missing, None, True))
    return structs.replace(block, items=tuple(items))


def _edits(subject: Subject, placed: list[_Placed]) -> Iterator[Edit]:
    """Yield the edits that set the number of blank lines between items and pack lists."""
    text, newline = subject.source.text, subject.source.newline
    at, line = 0, 1
    for one in placed:
        block = one.block
        blank = one.line - line
        for item in block.items:
            if item.blank:
                blank += item.height
                continue
            yield from _blank_lines(text, newline, Span(at, item.span.start), blank)
            at, blank = item.span.end, 0
        for packed in block.packed:
            yield packed.edit
        line = one.line + block.height
    if at and not text[:at].endswith("\n"):
        yield Edit(at, at, newline)
    if text[at:]:
        yield Edit(at, len(text), "")


def _blank_lines(text: str, newline: str, gap: Span, wanted: int) -> Iterator[Edit]:
    """Yield the edits that change the number of blank lines in a gap. Those that stay are untouched."""
    ends = [i + 1 for i in range(gap.start, gap.end) if text[i] == "\n"]
    if wanted < len(ends):
        kept = ends[wanted - 1] if wanted else gap.start
        yield Edit(kept, gap.end, "")
    elif wanted > len(ends):
        yield Edit(gap.end, gap.end, newline * (wanted - len(ends)))
