"""Document symbols: the stages of a file, their layers, and their instructions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from lsprotocol import types

from zr4lint.model.source import Span
from zr4lint.report.escaping import visible

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.lsp.analysis import Analysis

LONGEST = 80
"""The most characters of an instruction in its symbol."""


def symbols(analysis: Analysis) -> list[types.DocumentSymbol]:
    """Return the symbols of a file: what precedes the first FROM, then one for each stage."""
    if analysis.linted is None:
        return []
    layers = _layers(analysis)
    found: list[types.DocumentSymbol] = []
    for stage, group in groupby(analysis.linted.dockerfile.instructions, key=lambda one: one.stage):
        instructions = [*group]
        parts = [*_parts(analysis, instructions, layers)]
        found += parts if stage < 0 else [_stage(analysis, stage, instructions, parts)]
    return found


def flat(
    found: Sequence[types.DocumentSymbol], uri: str, container: str | None = None
) -> Iterator[types.SymbolInformation]:
    """Yield the symbols as a flat list, each with the name of its parent."""
    for one in found:
        location = types.Location(uri, one.range)
        yield types.SymbolInformation(name=one.name, kind=one.kind, location=location, container_name=container)
        yield from flat(one.children or (), uri, one.name)


def _stage(
    analysis: Analysis, number: int, instructions: Sequence[Instruction], parts: list[types.DocumentSymbol]
) -> types.DocumentSymbol:
    assert analysis.linted is not None
    stage = analysis.linted.facts.stages[number]
    return _symbol(
        analysis,
        name=stage.name or f"stage {number}",
        kind=types.SymbolKind.Module,
        detail=stage.image or "",
        instructions=instructions,
        children=parts,
    )


def _parts(
    analysis: Analysis, instructions: Sequence[Instruction], layers: dict[int, tuple[int, str]]
) -> Iterator[types.DocumentSymbol]:
    """Yield the layers of a stage, and the instructions between them that belong to no layer."""
    for layer, group in groupby(instructions, key=lambda one: layers.get(one.index)):
        members = [*group]
        symbols = [_instruction(analysis, one) for one in members]
        if layer is None:
            yield from symbols
        else:
            name = f"Layer {layer[0]} {layer[1]}"
            yield _symbol(
                analysis,
                name=name,
                kind=types.SymbolKind.Namespace,
                detail="",
                instructions=members,
                children=symbols,
            )


def _layers(analysis: Analysis) -> dict[int, tuple[int, str]]:
    """Return the layer of each instruction that meets one of its requirements or is between two such instructions."""
    assert analysis.linted is not None
    instructions = analysis.linted.dockerfile.instructions
    titles = {section.layer: section.title for pack in analysis.packs for section in pack.sections}
    found: dict[int, tuple[int, str]] = {}
    for witness in analysis.witnesses:
        layer = analysis.rules[witness.code][1].layer if witness.code in analysis.rules else None
        if layer is not None:
            for one in instructions:
                if one.span.start <= witness.span.start < max(one.span.end, one.span.start + 1):
                    found.setdefault(one.index, (layer, titles.get(layer, "")))
    known = sorted(found)
    for before, after in pairwise(known):
        if found[before] == found[after]:
            found.update((index, found[before]) for index in range(before + 1, after))
    return found


def _instruction(analysis: Analysis, instruction: Instruction) -> types.DocumentSymbol:
    words = visible(" ".join(instruction.arguments.text[: 4 * LONGEST].split()))
    return _symbol(
        analysis,
        name=instruction.keyword or "?",
        kind=types.SymbolKind.Event,
        detail=words if len(words) <= LONGEST else f"{words[: LONGEST - 3]}...",
        instructions=[instruction],
        children=None,
    )


def _symbol(
    analysis: Analysis,
    *,
    name: str,
    kind: types.SymbolKind,
    detail: str,
    instructions: Sequence[Instruction],
    children: list[types.DocumentSymbol] | None,
) -> types.DocumentSymbol:
    first, last = instructions[0], instructions[-1]
    return types.DocumentSymbol(
        name=visible(name),
        kind=kind,
        detail=visible(detail),
        range=analysis.buffer.range(Span(first.span.start, max(last.span.end, first.keyword_span.end))),
        selection_range=analysis.buffer.range(first.keyword_span),
        children=children,
    )
