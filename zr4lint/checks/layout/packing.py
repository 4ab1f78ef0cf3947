"""Packs package lists with one package per line into fewer lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.facts import AptRun, PipRun
from zr4lint.model.finding import Edit

if TYPE_CHECKING:
    from zr4lint.checks.outcome import Subject
    from zr4lint.dockerfile import Instruction
    from zr4lint.model.source import Span

WIDTH = 100
"""The greatest length of a packed line."""


class PackedLines(Struct, frozen=True):
    """The edit that packs a list, and the number of lines that it saves."""

    edit: Edit
    saved: int


def packable(subject: Subject, instruction: Instruction, over: int) -> Iterator[PackedLines]:
    """Yield packed lists of an instruction until `over` lines are saved or no more can be."""
    for lines in _lists(subject, instruction):
        if over <= 0:
            return
        if packed := _packed(subject, lines, over):
            over -= packed.saved
            yield packed


def _lists(subject: Subject, instruction: Instruction) -> Iterator[list[int]]:
    """Yield groups of adjacent lines that contain only packages of one command."""
    text, source = subject.source.text, subject.source
    listed = subject.memo.get(("package lists", subject.lineage), lambda: _by_instruction(subject))
    for spans in listed.get(instruction.index, ()):
        by_line: dict[int, list[Span]] = {}
        for span in spans:
            by_line.setdefault(source.line_of(span.start), []).append(span)
        run: list[int] = []
        for line, words in sorted(by_line.items()):
            whole = source.line_span(line)
            content = whole.of(text).rstrip()
            plain = content.endswith("\\") and content[:-1].split() == [s.of(text) for s in sorted(words)]
            if run and (not plain or line != run[-1] + 1):
                yield run
                run = []
            if plain:
                run.append(line)
        if run:
            yield run


def _by_instruction(subject: Subject) -> dict[int, list[list[Span]]]:
    """Return the spans of the packages of each command, by instruction. Those of apt come first."""
    found: dict[int, list[list[Span]]] = {}
    for apt in subject.facts.of(AptRun, subject.lineage):
        found.setdefault(apt.at.instruction.index, []).append([p.span for p in apt.command.packages])
    for pip in subject.facts.of(PipRun, subject.lineage):
        found.setdefault(pip.at.instruction.index, []).append([r.span for r in pip.command.requirements])
    return found


def _packed(subject: Subject, lines: list[int], over: int) -> PackedLines | None:
    source, text = subject.source, subject.source.text
    first = source.line_span(lines[0])
    raw = first.of(text)
    indent = raw[: len(raw) - len(raw.lstrip())]
    words = [w for line in lines for w in source.line_span(line).of(text).rstrip().removesuffix("\\").split()]
    room = WIDTH - len(indent) - len(" \\")
    if max(map(len, words)) > room:
        return None
    height = max(len(lines) - over, len(rows_of(words, room)))
    if height >= len(lines):
        return None
    rows = _rows(words, height)
    new = f" \\{source.newline}".join(indent + row for row in rows) + " \\"
    return PackedLines(Edit(first.start, source.line_span(lines[-1]).end, new), len(lines) - len(rows))


def _rows(words: list[str], height: int) -> list[str]:
    """Return words in at most `height` rows of similar length, in order."""
    shortest, longest = max(map(len, words)), sum(map(len, words)) + len(words)
    while shortest < longest:
        width = (shortest + longest) // 2
        if len(rows_of(words, width)) <= height:
            longest = width
        else:
            shortest = width + 1
    return rows_of(words, longest)


def rows_of(words: list[str], width: int) -> list[str]:
    """Return words in rows no longer than `width`, in order."""
    rows: list[list[str]] = [[]]
    used = 0
    for word in words:
        if used and used + 1 + len(word) > width:
            rows.append([word])
            used = len(word)
        else:
            rows[-1].append(word)
            used += len(word) + (1 if used else 0)
    return [" ".join(row) for row in rows]
