"""Navigates between the words of a Dockerfile and the requirements that they meet or break."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from zr4lint.lsp.requirement_lines import Packs, document_line, rule_at
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.lsp.analysis import Analysis
    from zr4lint.lsp.buffers import Buffer


def definitions(analysis: Analysis, position: types.Position, packs: Packs) -> list[types.Location]:
    """Return the places of the rules that the words at a position meet or break, in packs and documents."""
    codes = codes_at(analysis, position)
    origins = (analysis.rules[code][1].origin for code in codes if code in analysis.rules)
    found = [packs.location(code, analysis) for code in codes]
    found += [document_line(origin) for origin in origins if origin is not None]
    unique = {(place.uri, place.range.start.line): place for place in found if place is not None}
    return [*unique.values()]


def references(
    analysis: Analysis, position: types.Position, packs: Packs, *, declaration: bool
) -> list[types.Location]:
    """Return the other words that meet or break the same requirements; `declaration` adds the rules."""
    codes = codes_at(analysis, position)
    rules = definitions(analysis, position, packs) if declaration else []
    return [*rules, *words_of(analysis, codes)]


def words_of(analysis: Analysis, codes: Iterable[str]) -> Iterator[types.Location]:
    """Yield the words of a file that meet or break requirements, in the order of the text, each once."""
    wanted = {*codes}
    spans = {witness.span for witness in analysis.witnesses if witness.code in wanted}
    spans |= {finding.span for finding in analysis.findings if finding.code in wanted and not finding.suppressed}
    for span in sorted(spans):
        yield types.Location(analysis.buffer.uri, analysis.buffer.range(span))


def codes_at(analysis: Analysis, position: types.Position) -> list[str]:
    """Return the rules that words at a position meet or break, the shortest words first.

    If no words there meet or break a rule, these are the rules of the instruction.
    """
    if analysis.linted is None:
        return []
    at = analysis.buffer.offset(position)
    place = Span(at, at)
    found = [finding.code for finding in analysis.findings_at(place)]
    found += [witness.code for witness in analysis.witnesses_at(place)]
    if not found:
        holding = (i.span for i in analysis.linted.dockerfile.instructions if i.span.start <= at <= i.span.end)
        whole = next(holding, place)
        found = [witness.code for witness in analysis.witnesses if whole.start <= witness.span.start < whole.end]
    return [*dict.fromkeys(found)]


def codes_of_line(analysis: Analysis, path: str, line: int) -> list[str]:
    """Return the rules of a Dockerfile's packs that come from a line of a document, counted from 1."""
    real = os.path.realpath(path)
    origins = ((code, rule.origin) for code, (_, rule) in analysis.rules.items())
    return [
        code
        for code, origin in origins
        if origin is not None and origin.path is not None and origin.line == line
        if os.path.realpath(origin.path) == real
    ]


def rule_of_pack(buffer: Buffer, position: types.Position) -> str | None:
    """Return the code of the rule at a position of a pack."""
    return rule_at(buffer.text, buffer.text.count("\n", 0, buffer.positions.offset(position)) + 1)
