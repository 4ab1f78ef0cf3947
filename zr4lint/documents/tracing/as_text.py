"""Writes a trace as text, from document to Dockerfile, from Dockerfile to document, or only the gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.documents.tracing.records import Gap, How, Passage, Requirement, Sort, Spot, State, Step, Trace
from zr4lint.model.quoting import plain
from zr4lint.report.escaping import visible
from zr4lint.report.paint import Line, Piece, paint

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile

_ROLES = {State.MET: "good", State.UNMET: "bad", State.CONFLICT: "caution", State.UNKNOWN: "caution"}
_HEADS = {
    Sort.DEMAND: "Demands without a check",
    Sort.CHECK: "Checks without a demand",
    Sort.INSTRUCTION: "Instructions without either",
}
_WORDS = 60
"""The most characters of words that are shown."""

_MOST = 8
"""The most spots, and the most further lines, that are shown for one requirement."""

_BLANK: Line = ()


def render(trace: Trace, *, color: bool, gaps: bool, forward: bool = True, back: bool = True) -> str:
    """Return the trace in one or both directions, or with `gaps` only its gaps."""
    blocks: list[list[Line]] = []
    if gaps:
        blocks += ([*_gaps(sort, trace.gaps_of(sort))] for sort in Sort if trace.gaps_of(sort))
        blocks.append([*_gap_counts(trace)])
    else:
        blocks += [*_forward(trace)] if forward else []
        blocks += [*_back(trace)] if back else []
        blocks.append([*_closing(trace)])
    lines = [line for block in blocks for line in (_BLANK, *block)]
    return paint(lines[1:], color=color)


def _forward(trace: Trace) -> Iterator[list[Line]]:
    """Yield a block for each line of a document with its requirements, then one per source for the others."""
    groups: dict[tuple[str, int], list[Requirement]] = {}
    without: dict[str, list[Requirement]] = {}
    for one in trace.requirements:
        if one.passages:
            groups.setdefault((one.passages[0].path, one.passages[0].line), []).append(one)
        else:
            without.setdefault(one.rule.source, []).append(one)
    yield [(Piece(f"{_documents(trace)} -> {trace.source.path}", "strong"),)]
    for key in sorted(groups):
        passage = groups[key][0].passages[0]
        head = (Piece(f"{passage.path}:{passage.line}", "strong"), Piece(f"  {plain(passage.text, _WORDS)}"))
        yield [head, *(line for one in groups[key] for line in _requirement(one, trace.source))]
    for source, some in without.items():
        head = (Piece(source, "strong"), Piece("  no line of the document" if trace.documents else "", "faint"))
        yield [head, *(line for one in some for line in _requirement(one, trace.source))]


def _documents(trace: Trace) -> str:
    return ", ".join(told.file.path for told in trace.documents) or f"pack {', '.join(trace.packs)}"


def _requirement(one: Requirement, source: SourceFile) -> Iterator[Line]:
    yield (
        Piece("  "),
        Piece(f"{one.rule.code} {one.rule.name}", one.severity.label),
        Piece(f"  {one.severity.label}  "),
        Piece(one.state.value, _ROLES[one.state]),
        Piece(f"{', suppressed' if one.suppressed else ''}{_further(one)}"),
    )
    for spot in one.spots[:_MOST]:
        yield _spot(spot, source, next(iter(one.passages), None))
    if len(one.spots) > _MOST:
        yield (Piece(f"      and {len(one.spots) - _MOST} more", "faint"),)
    for note in one.notes:
        yield (Piece(f"      {note}"),)


def _further(one: Requirement) -> str:
    """Return the other lines that a requirement comes from, or that only its section is known."""
    if one.passages and one.passages[0].how is How.SECTION:
        return "  (by its section)"
    lines = [str(line) for line in sorted(passage.line for passage in one.passages[1:])]
    if len(lines) > _MOST:
        lines = [*lines[:_MOST], "..."]
    return f"  (also {', '.join(lines)})" if lines else ""


def _spot(spot: Spot, source: SourceFile, first: Passage | None) -> Line:
    line, column = source.position(spot.span.start)
    place = f"      {line}:{column}"
    words = Piece(plain(spot.text, _WORDS)) if spot.message is None else Piece(visible(spot.message).strip(), "caution")
    passage = spot.passage
    elsewhere = passage is not None and first is not None and passage.line != first.line
    return (Piece(f"{place:<14}"), words, Piece(f"  (line {passage.line})" if passage and elsewhere else "", "faint"))


def _back(trace: Trace) -> Iterator[list[Line]]:
    """Yield a block for each instruction with its requirements and their lines."""
    yield [(Piece(f"{trace.source.path} -> {_documents(trace)}", "strong"),)]
    for step in trace.steps:
        head = (Piece(f"{trace.source.path}:{step.line}", "strong"), Piece(f"  {plain(step.text, _WORDS)}"))
        yield [head, *_about(step)]


def _about(step: Step) -> Iterator[Line]:
    if not step.about:
        yield (Piece("  not in the specification", "faint"),)
    for about in step.about:
        one = about.requirement
        yield (
            Piece("  "),
            Piece(f"{one.rule.code} {one.rule.name}", one.severity.label),
            Piece("  "),
            Piece(one.state.value, _ROLES[one.state]),
            Piece(f"  {_places(about.passages) or one.rule.source}"),
        )


def _places(passages: Iterable[Passage]) -> str:
    """Return the lines of documents as `a.md:3, 7`, each once."""
    lines: dict[str, set[int]] = {}
    for passage in passages:
        lines.setdefault(passage.path, set()).add(passage.line)
    return "; ".join(f"{path}:{', '.join(map(str, sorted(found)))}" for path, found in lines.items())


def _closing(trace: Trace) -> Iterator[Line]:
    for words in trace.refused:
        yield (Piece(f"BuildKit refuses the file: {words}", "bad"),)
    count = len(trace.requirements)
    states = ", ".join(f"{len(trace.of(state))} {state.value}" for state in State if trace.of(state))
    yield (Piece(f"{_plural(count, 'requirement')}: {states}." if count else "No requirements."),)
    if trace.gaps:
        yield (Piece(f"{_plural(len(trace.gaps), 'gap')}; --gaps lists them."),)


def _gaps(sort: Sort, gaps: Sequence[Gap]) -> Iterator[Line]:
    yield (Piece(_HEADS[sort], "strong"),)
    for gap in gaps:
        place = gap.path if gap.line is None else f"{gap.path}:{gap.line}"
        name = f"{gap.code} {gap.name}  " if gap.code else ""
        yield (Piece(f"  {place}"), Piece(f"  {name}{plain(gap.text, _WORDS)}"))
        yield (Piece(f"      {gap.reason}", "faint"),)


def _gap_counts(trace: Trace) -> Iterator[Line]:
    """Yield the number of gaps of each sort, without demands if no document was read although packs have some."""
    for name in trace.unread:
        yield (Piece(f"Document not found: {visible(name)}; its demands are not known. Pass --document.", "caution"),)
    known = [sort for sort in Sort if sort is not Sort.DEMAND or trace.documents or not trace.unread]
    words = ", ".join(_plural(len(trace.gaps_of(sort)), *_PLURALS[sort]) for sort in known)
    yield (Piece(f"{words}."),)


_PLURALS = {
    Sort.DEMAND: ("demand", " without a check"),
    Sort.CHECK: ("check", " without a demand"),
    Sort.INSTRUCTION: ("instruction", " without either"),
}


def _plural(number: int, noun: str, behind: str = "") -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}{behind}"
