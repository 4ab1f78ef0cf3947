"""The content of the page for a file, prepared for the template, which contains no logic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from zr4lint.model.finding import Conformance, FileReport, Finding, Row, Rule, Severity
from zr4lint.model.source import SourceFile, Span
from zr4lint.report.changes import changes
from zr4lint.report.conformance_table import fits
from zr4lint.report.excerpt import Page
from zr4lint.report.paint import Line
from zr4lint.report.wording import demand, fix_mark, parts, shown_findings

LONGEST_LINE = 2_000
"""The most characters of a line that are shown."""

MOST_LINES = 20_000
"""The most lines of a file that are shown; browsers get slow above that."""

MOST_WITNESSES = 6
"""The most witnesses quoted for a requirement, and the most requirements named beside a line."""

WIDESPREAD = 10
"""A requirement met by more lines than this, such as one on comments, is not named beside each line."""

DIFF_WIDTH = 140


class Quote(Struct, frozen=True):
    """A line of the file that is quoted at a requirement."""

    number: int
    text: str


class FindingView(Struct, frozen=True):
    """A finding with its place, the parts after its message, and the lines that its fix changes."""

    finding: Finding
    number: int
    line: int
    column: int
    parts: Sequence[tuple[str, str]]
    fix: str
    diff: Sequence[Line]
    against: str


class Requirement(Struct, frozen=True):
    """A requirement, its state, and the lines that meet or fail it.

    `state` is "unmet", "met" or, if a rule warns of the required words, "conflict". `blocked` is set if that rule
    reports a failing build.
    """

    anchor: str
    code: str
    rule: Rule | None
    state: str
    blocked: bool
    quotes: Sequence[Quote]
    more: int
    findings: Sequence[FindingView]
    conflicts: Sequence[FindingView]


class Section(Struct, frozen=True):
    """A section of the document with its requirements."""

    anchor: str
    row: Row
    fits: bool
    requirements: Sequence[Requirement]


class Part(Struct, frozen=True):
    """The requirements of one pack that the file meets, by section."""

    conformance: Conformance
    sections: Sequence[Section]

    @property
    def layers(self) -> list[Section]:
        """Return the sections that have lines of their own."""
        return [section for section in self.sections if section.row.required]

    def count(self, state: str) -> int:
        """Return the number of requirements in a state."""
        return sum(one.state == state for section in self.sections for one in section.requirements)


class Words(Struct, frozen=True):
    """Words of a line; `anchor` is the anchor of the finding that marks them."""

    text: str
    anchor: str = ""
    severity: str = ""


class SourceLine(Struct, frozen=True):
    """A line of the file: its words, the anchors and codes of its findings and requirements, and its layer bars.

    `required` and `found` are the numbers of the layers whose required and found lines include this line, 0 for none.
    """

    number: int
    words: Sequence[Words]
    cut: bool
    notes: Sequence[tuple[str, str, str]]
    more: int
    required: int
    found: int


class FileView(Struct, frozen=True):
    """A file of the report. Its anchors begin with `prefix`, which makes them unique in the page.

    `lines` yields each line when it is written. `hidden_lines` is the number of lines that are not shown.
    """

    prefix: str
    path: str
    packs: Sequence[str]
    counts: Mapping[str, int]
    conflicts: int
    suppressed: int
    parts: Sequence[Part]
    others: Sequence[FindingView]
    lines: Iterator[SourceLine]
    total_lines: int
    hidden_lines: int


class IndexRow(Struct, frozen=True):
    """A file in the index of a page of several files; `counts` are by severity, without the conflicts."""

    prefix: str
    path: str
    counts: Mapping[str, int]
    conflicts: int
    parts: Sequence[Conformance]


def index_row(file: FileReport, prefix: str) -> IndexRow:
    """Return the index row of a file, with its findings counted."""
    shown = shown_findings(file)
    counted = [finding for finding in shown if not finding.conflict]
    return IndexRow(prefix, file.source.path, _by_severity(counted), len(shown) - len(counted), file.conformance)


def _by_severity(findings: Sequence[Finding]) -> Mapping[str, int]:
    return {s.label: sum(f.severity is s for f in findings) for s in sorted(Severity, reverse=True)}


def file_view(file: FileReport, prefix: str, rules: Mapping[str, Rule]) -> FileView:
    """Return the content of the page for the report of a file."""
    return _Arranged(file, prefix, rules).view()


class _Arranged:
    """The findings of a file by requirement, and the anchors of both."""

    def __init__(self, file: FileReport, prefix: str, rules: Mapping[str, Rule]) -> None:
        self.file = file
        self.source = file.source
        self.prefix = prefix
        self.rules = rules
        self.shown = shown_findings(file)
        self.page = Page.of(self.source, DIFF_WIDTH)
        self.anchors: dict[str, str] = {}
        self.views = [self._finding(finding, number) for number, finding in enumerate(self.shown, 1)]

    def view(self) -> FileView:
        parts_ = [self._part(part, number) for number, part in enumerate(self.file.conformance)]
        required = self.anchors.keys()
        others = [view for view in self.views if view.finding.code not in required and not self._placed(view)]
        counted = [finding for finding in self.shown if not finding.conflict]
        return FileView(
            prefix=self.prefix,
            path=self.source.path,
            packs=self.file.packs,
            counts=_by_severity(counted),
            conflicts=len(self.shown) - len(counted),
            suppressed=len(self.file.findings) - len(self.shown),
            parts=parts_,
            others=others,
            lines=self._lines(parts_),
            total_lines=len(self.source.line_starts),
            hidden_lines=max(len(self.source.line_starts) - MOST_LINES, 0),
        )

    def _placed(self, view: FindingView) -> bool:
        """Return whether the finding is a conflict that is shown at its requirement."""
        return view.finding.conflict in self.anchors

    def _finding(self, finding: Finding, number: int) -> FindingView:
        line, column = self.source.position(finding.span.start)
        fix = f"{fix_mark(finding)}: {finding.fix.title}" if finding.fix else ""
        diff = changes(self.source, finding.fix, self.page) if finding.fix else []
        return FindingView(finding, number, line, column, parts(finding), fix, diff, demand(finding))

    def _part(self, part: Conformance, number: int) -> Part:
        witnesses: dict[str, list[int]] = defaultdict(list)
        for witness in part.witnesses:
            witnesses[witness.code].append(self.source.line_of(witness.span.start))
        prefix = f"{self.prefix}p{number}-" if number else self.prefix
        sections: list[Section] = []
        for place, row in enumerate(part.rows, 1):
            requirements = [self._requirement(code, row, prefix, witnesses[code]) for code in row.codes]
            sections.append(Section(f"{prefix}S{place}", row, fits(row), requirements))
        return Part(part, sections)

    def _requirement(self, code: str, row: Row, prefix: str, lines: Sequence[int]) -> Requirement:
        anchor = self.anchors[code] = f"{prefix}{code}"
        conflicts = [view for view in self.views if view.finding.conflict == code]
        numbers = sorted(set(lines))
        return Requirement(
            anchor=anchor,
            code=code,
            rule=self.rules.get(code),
            state="unmet" if code in row.unmet else "conflict" if conflicts else "met",
            blocked=any(self._level(view.finding) is Severity.ERROR for view in conflicts),
            quotes=[Quote(number, self._quoted(number)) for number in numbers[:MOST_WITNESSES]],
            more=max(len(numbers) - MOST_WITNESSES, 0),
            findings=[view for view in self.views if view.finding.code == code],
            conflicts=conflicts,
        )

    def _level(self, finding: Finding) -> Severity:
        """Return the severity that a finding would have if no requirement conflicted with it."""
        rule = self.rules.get(finding.code)
        return finding.severity if rule is None else rule.severity

    def _quoted(self, number: int) -> str:
        span = self.source.line_span(number)
        return self.source.text[span.start : min(span.end, span.start + DIFF_WIDTH)].strip()

    def _lines(self, shown_parts: Sequence[Part]) -> Iterator[SourceLine]:
        """Yield the lines of the file, each with its findings and requirements."""
        marks = self._marks()
        notes = self._notes()
        layers = [section.row for part in shown_parts[:1] for section in part.layers]
        for number in range(1, min(len(self.source.line_starts), MOST_LINES) + 1):
            span = self.source.line_span(number)
            shown = Span(span.start, min(span.end, span.start + LONGEST_LINE))
            found = notes.get(number, ())
            yield SourceLine(
                number=number,
                words=_words(self.source, shown, marks.get(number, ())),
                cut=shown.end < span.end,
                notes=found[:MOST_WITNESSES],
                more=max(len(found) - MOST_WITNESSES, 0),
                required=_layer(number, [row.required for row in layers]),
                found=_layer(number, [row.found for row in layers]),
            )

    def _marks(self) -> dict[int, list[tuple[Span, FindingView, str]]]:
        """Return the spans of findings, by the line in which each begins."""
        marks: dict[int, list[tuple[Span, FindingView, str]]] = defaultdict(list)
        for view in self.views:
            line = self.source.line_of(view.finding.span.start)
            marks[line].append((view.finding.span, view, f"{self.prefix}F{view.number}"))
        return marks

    def _notes(self) -> dict[int, list[tuple[str, str, str]]]:
        """Return anchor, code and kind of what refers to each line: findings first, then met requirements."""
        notes: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
        for view in self.views:
            kind = "conflict" if view.finding.conflict else view.finding.severity.label
            notes[self.source.line_of(view.finding.span.start)].append(
                (f"{self.prefix}F{view.number}", view.finding.code, kind)
            )
        lines: dict[str, set[int]] = defaultdict(set)
        for witness in (witness for part in self.file.conformance for witness in part.witnesses):
            lines[witness.code].add(self.source.line_of(witness.span.start))
        for code, numbers in lines.items():
            if code in self.anchors and len(numbers) <= WIDESPREAD:
                for line in numbers:
                    notes[line].append((self.anchors[code], code, "met"))
        return notes


def _layer(line: int, ranges: Sequence[tuple[int, int] | None]) -> int:
    """Return the number of the range that contains a line, counted from 1, or 0 if none does."""
    return next((place for place, lines in enumerate(ranges, 1) if lines and lines[0] <= line <= lines[1]), 0)


def _words(source: SourceFile, line: Span, marks: Sequence[tuple[Span, FindingView, str]]) -> list[Words]:
    """Split a line into pieces, each with its worst finding; an empty span marks one character."""
    spans: list[tuple[Span, FindingView, str]] = []
    for span, view, anchor in marks:
        start = min(max(span.start, line.start), line.end)
        end = min(max(span.end, start + 1), line.end)
        if start < end:
            spans.append((Span(start, end), view, anchor))
    spans.sort(key=lambda mark: (-mark[1].finding.severity, mark[0].end - mark[0].start))
    taken: list[tuple[Span, FindingView, str]] = []
    covered = bytearray(line.end - line.start)
    for mark in spans:
        start, end = mark[0].start - line.start, mark[0].end - line.start
        if not any(covered[start:end]):
            covered[start:end] = b"\1" * (end - start)
            taken.append(mark)
    taken.sort(key=lambda mark: mark[0].start)
    pieces: list[Words] = []
    at = line.start
    for span, view, anchor in taken:
        if at < span.start:
            pieces.append(Words(source.text[at : span.start]))
        kind = "conflict" if view.finding.conflict else view.finding.severity.label
        pieces.append(Words(source.slice(span), anchor, kind))
        at = span.end
    if at < line.end:
        pieces.append(Words(source.text[at : line.end]))
    return pieces
