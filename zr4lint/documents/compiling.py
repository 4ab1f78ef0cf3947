"""A document compiled into a pack: what its target text does, with its sections, lines, sources and commands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, structs

from zr4lint.documents.checking.judging import Verdict, judge, pattern_in
from zr4lint.documents.deriving.demand import Demand
from zr4lint.documents.deriving.layout import WHOLE
from zr4lint.documents.deriving.pack import UnusableError, derive
from zr4lint.documents.deriving.writing import Head, Said, path_from, write_pack
from zr4lint.documents.document import Document
from zr4lint.documents.interpreter import UnknownError
from zr4lint.documents.interpreter.patterns import compiled
from zr4lint.documents.target import NO_TARGET, Target
from zr4lint.filesystem.documents import digest
from zr4lint.model.finding import FileReport, Finding, Severity
from zr4lint.model.grep import compile_pattern
from zr4lint.model.source import MappedText, SourceFile, Span
from zr4lint.packs import document_rules as rules
from zr4lint.packs.model import Section

_LINE_IS = re.compile(r"\bline (\d+):?\s*`([A-Z]+)\s[^`]*`", re.IGNORECASE)
_DECIDES = frozenset(
    rule.code
    for rule in (
        rules.STATEMENTS_DISAGREE,
        rules.COUNT_DIFFERS,
        rules.BLOCK_OVERFLOWS,
        rules.NEVER_PASSES,
        rules.PASSES_BEFORE,
    )
)
"""The rules whose findings have to be decided before a pack can be compiled."""


class Compiled(Struct, frozen=True):
    """A pack as TOML, how many rules it has, and the demands of the document that are not in it."""

    text: str
    rules: int
    left: tuple[Finding, ...]


class NotCompilableError(Exception):
    """A document from which no pack can be made, with the reasons."""


def undecided(report: FileReport) -> list[Finding]:
    """The findings that have to be decided before the document can be compiled."""
    return [f for f in report.findings if f.code in _DECIDES and f.severity is Severity.ERROR and not f.suppressed]


def compile_document(report: FileReport, folder: str = "") -> Compiled:
    """Compile a document whose contradictions are decided; raises NotCompilableError for what can't be one.

    `folder` is where the pack will lie, which names the document by its path from there.
    """
    target = Target(Document(report.source))
    if not target.blocks:
        raise NotCompilableError(f"{report.source.path}: {NO_TARGET}")
    placed, sections = _placed(target)
    name = target.path.rpartition("/")[2]
    try:
        derived = derive(SourceFile(placed.text, name), layout=len(sections) > 1, layers=sections)
    except UnusableError as error:
        raise NotCompilableError(f"{report.source.path}: the target text: {error}") from None
    stated = [*_stated(target)] if len(sections) == 1 else []
    places = {demand.kind: span for demand, span in stated}
    derived = structs.replace(derived, demands=(*derived.demands, *(demand for demand, _ in stated)))
    document = report.source.path.replace("\\", "/").rpartition("/")[2]
    patterns = [*_patterns(target)]

    def say(demand: Demand) -> Said:
        if demand.kind in places:
            place = report.source.line_of(places[demand.kind].start)
            return Said(f"{document}:{place}", f"{document} states this.", demand.level, place)
        line = report.source.line_of(placed.span(demand.span.start, demand.span.end).start)
        lines = _lines(placed.text, demand)
        fitting = [(words, level) for words, search, level in patterns if any(search.search(text) for text in lines)]
        commands = tuple(dict.fromkeys(words for words, _ in fitting))
        level = "warning" if fitting and all(level == "warning" for _, level in fitting) else demand.level
        return Said(f"{document}:{line}", f"The target text of {document} has it.", level, line, commands)

    letters = (re.sub(r"[^A-Z]", "", document.upper())[:2] or "PR") + "P"
    comment = f"Compiled from {document} by zr4lint prd compile."
    title, pack = f"Requirements of {document}", re.sub(r"[^a-z0-9_.-]+", "-", document.lower())
    path, sha256 = path_from(folder, report.source.path), digest(report.source)
    head = Head(comment, pack, title, document, name, path, sha256)
    left = tuple(f for f in report.findings if f.code == rules.NOT_COMPILED.code)
    return Compiled(write_pack(derived, head, say, letters), len(derived.demands), left)


def _placed(target: Target) -> tuple[MappedText, tuple[Section, ...]]:
    """The target blocks, each on its lines as far as it fits there, and the layers if all of them do."""
    pieces: list[tuple[str, int]] = []
    sections = [WHOLE]
    line = 1
    for number, block in enumerate(target.blocks, 1):
        wanted = block.lines[0] if block.lines is not None else line + (number > 1)
        gap = max(wanted - line, 0)
        pieces.append(("\n" * gap, block.body.offset(0)))
        pieces += block.body.pieces()
        line += gap
        last = line + len(block.body.text.splitlines()) - 1
        heading = block.section
        if block.lines is not None and block.lines[0] == line and last <= block.lines[1]:
            title = _title(heading.title) if heading is not None else f"Part {number}"
            layer = (heading.layer if heading is not None else None) or number
            key = (heading.number if heading is not None else None) or str(number)
            sections.append(Section(key, title, layer, block.lines))
        line = last + 1
    unique = {section.number: section for section in sections}
    layers = {section.layer for section in unique.values() if section.layer is not None}
    whole = len(layers) == len(unique) - 1 == len(target.blocks)
    kept = tuple(unique.values()) if whole else (WHOLE,)
    return MappedText.join(piece for piece in pieces if piece[0]), kept


def _stated(target: Target) -> Iterator[tuple[Demand, Span]]:
    """The lines that the document states in words, each with its place: how many there are, and `Line 1: FROM ...`."""
    count = target.line_count
    seen: set[str] = set()
    for words in target.document.prose:
        said = re.search(rf"\b{count}[- ]lines?\b", words.text) if count is not None else None
        if said is not None and "line-count" not in seen:
            seen.add("line-count")
            summary = f"The file has {count} lines."
            yield Demand("line-count", {"lines": count}, Span(0, 0), summary), words.at(*said.span())
        for line in _LINE_IS.finditer(words.text):
            number, keyword = int(line[1]), line[2]
            kind = "from-line" if keyword == "FROM" else "last-instruction" if number == count else ""
            if not kind or kind in seen:
                continue
            seen.add(kind)
            given = {"line": number} if kind == "from-line" else {"keyword": keyword, "line": number}
            yield Demand(kind, given, Span(0, 0), f"{keyword} is on line {number}."), words.at(*line.span())


def _title(heading: str) -> str:
    """`Section 3: Packages (Layer 2, Lines 3-9)` is Packages."""
    return re.sub(r"\s*\([^)]*\)", "", heading).split(":", 1)[-1].strip()


def _patterns(target: Target) -> Iterator[tuple[str, re.Pattern[str], str]]:
    """The patterns of the checks, with the level that a failure has."""
    for fence in target.checks:
        for judged in judge(fence, target.path, ""):
            pattern = pattern_in(fence.body.text, judged.span)
            if pattern is None or judged.verdict is not Verdict.FAIL:
                continue
            try:
                compile_pattern(pattern[0])
                search = compiled(pattern[0])
            except (ValueError, UnknownError):
                continue
            yield pattern[0], search, "warning" if "WARN" in judged.printed else "error"


def _lines(text: str, demand: Demand) -> list[str]:
    start = text.rfind("\n", 0, demand.span.start) + 1
    end = text.find("\n", demand.span.end)
    return text[start : end if end >= 0 else len(text)].splitlines()
