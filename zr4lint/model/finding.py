"""The findings of a lint, and their fixes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import cached_property
from typing import Literal, Self

from msgspec import Struct, field, structs

from zr4lint.model.source import SourceFile, Span


class Severity(IntEnum):
    """The severity of a finding; greater is worse."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @cached_property
    def label(self) -> str:
        """Return the word used in every report."""
        return self.name.lower()


class Applicability(IntEnum):
    """The applicability of a fix: only shown, needs judgement, or keeps the meaning."""

    DISPLAY = 1
    UNSAFE = 2
    SAFE = 3

    @cached_property
    def label(self) -> str:
        """Return the word used in every report."""
        return self.name.lower()


class Edit(Struct, frozen=True, order=True, gc=False):
    """An edit that replaces the code points `start` to `end` of the text; if they are equal, it inserts."""

    start: int
    end: int
    text: str

    @classmethod
    def of(cls, span: Span, text: str) -> Self:
        """Return an edit that replaces the words of a span."""
        return cls(span.start, span.end, text)


def with_edits(text: str, edits: Iterable[Edit], region: Span | None = None) -> str:
    """Return a text, or its part in `region`, after edits, which are in order and do not overlap."""
    at, end = (region.start, region.end) if region is not None else (0, len(text))
    pieces: list[str] = []
    for edit in edits:
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join(pieces) + text[at:end]


class Fix(Struct, frozen=True, gc=False):
    """A repair of one finding: its edits belong together and do not overlap."""

    title: str
    applicability: Applicability
    edits: tuple[Edit, ...]


class Related(Struct, frozen=True, gc=False):
    """Another place that explains a finding: in the same file, or in `source` if it is set."""

    message: str
    span: Span
    source: SourceFile | None = None


class Origin(Struct, frozen=True):
    """The line of a document that a rule comes from, counted from 1.

    `document` is the file as the pack names it, `path` its path in reports, or None if it is not found. `fingerprint`
    identifies the words of the `lines` lines from there that the rule was made from, or is "" if the pack has none.
    `stale` is set if the document no longer has these words.
    """

    document: str
    line: int
    path: str | None = None
    fingerprint: str = ""
    stale: bool = False
    lines: int = 1

    @property
    def place(self) -> str:
        """Return the document and its line as one word."""
        return f"{self.path or self.document}:{self.line}"

    @property
    def words(self) -> str:
        """Return the words of a note that names the document and its line."""
        name = self.document.rpartition("/")[2]
        if self.stale:
            return f"{name} required this on line {self.line}, and has changed since"
        return f"{name} requires this on line {self.line}"


class Finding(Struct, frozen=True, gc=False):
    """One fault in a file, at the shortest span concerned.

    `message` says what is wrong in at most 80 characters, `notes` why it matters and which facts are known, `help` what
    to do. `references` are the sources. `expected` is the expected text, which can follow "expected: ".
    `requirement` names the place in the specification, for example "PRD section 5"; `source` names the source of a rule
    that belongs to no specification. A suppressed finding is not counted, because of a comment in the file or, if
    `external`, a baseline; `justification` is the reason given there. `conflict` is the code of the requirement that
    demands what the finding warns of. `aliases` are the codes of other linters for the rule and for the rules merged
    into the finding, `also` the codes of the merged rules. `unmet` are the requirements that the merged findings leave
    unmet, each by code and name. `origin` is the line of the document that states the requirement.
    """

    path: str
    code: str
    name: str
    severity: Severity
    message: str
    span: Span
    expected: str | None = None
    requirement: str | None = None
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    suppressed: bool = False
    justification: str | None = None
    external: bool = False
    conflict: str | None = None
    source: str | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    references: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    origin: Origin | None = None
    line: int = 0
    column: int = 0


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of the text."""
    return sorted(findings, key=lambda finding: (finding.span.start, finding.span.end, finding.code))


def placed(finding: Finding, source: SourceFile) -> Finding:
    """Return a finding with its line and column."""
    line, column = source.position(finding.span.start)
    return structs.replace(finding, line=line, column=column)


class Rule(Struct, frozen=True):
    """The metadata of a rule, from which all reports and help pages are made.

    `layer` is None for a rule that is not bound to one layer of the file. `source` names document and section.
    `security` is the severity of a violation, from 0.1 to 10 as in CVSS, or None if the rule is not about security.
    `aliases` are the codes of other linters for it. A rule that is not `default` runs only if it is selected. `since`
    is the version that introduced it. `confidence` tells how rarely its findings are wrong. `references` are URLs.
    `origin` is the line of the document that it comes from, if the pack names one.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    why: str
    section: str
    layer: int | None
    source: str
    bad: str
    good: str
    applicability: Applicability | None
    security: float | None = None
    aliases: tuple[str, ...] = ()
    default: bool = True
    tags: tuple[str, ...] = ()
    status: Literal["stable", "preview", "deprecated"] = "stable"
    since: str = ""
    confidence: Literal["high", "medium", "low"] = "high"
    references: tuple[str, ...] = ()
    origin: Origin | None = None


class Witness(Struct, frozen=True):
    """An instruction, or some words of it, that meets a requirement."""

    code: str
    span: Span


class Row(Struct, frozen=True):
    """One row of the conformance table; lines are (first, last), or None if there are none.

    `build` and `size` are the estimates of the specification, such as "5-8 min" and "4-5 GB". `codes` are the
    requirements of the row, `unmet` those that are not met.
    """

    title: str
    met: int
    total: int
    found: tuple[int, int] | None
    required: tuple[int, int] | None
    build: str | None = None
    size: str | None = None
    codes: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()


class Criterion(Struct, frozen=True):
    """One criterion of a score."""

    name: str
    points: float
    of: float


class Conformance(Struct, frozen=True):
    """The requirements of one pack that a file meets, and its score."""

    pack: str
    met: int
    total: int
    rows: tuple[Row, ...]
    criteria: tuple[Criterion, ...]
    witnesses: tuple[Witness, ...]
    build: str | None = None

    @property
    def points(self) -> float:
        """Return the points of all criteria."""
        return sum(criterion.points for criterion in self.criteria)

    @property
    def of(self) -> float:
        """Return the points of a conforming file."""
        return sum(criterion.of for criterion in self.criteria)


class FileReport(Struct, frozen=True):
    """The findings of one file, in the order of its text, and the names of the packs that it was linted with.

    If `lists_conflicts` is set, reports for people list its conflicts instead of counting them. `others` are the
    reports on files of the build context that the build installs from, if they have findings.
    """

    source: SourceFile
    findings: tuple[Finding, ...]
    conformance: tuple[Conformance, ...]
    packs: tuple[str, ...] = ()
    lists_conflicts: bool = False
    others: "tuple[FileReport, ...]" = ()


class Tally(Struct):
    """The counts over all files of a report.

    Findings that a comment suppresses are counted only in `suppressed`, those that a baseline or a decision accepts
    only in `accepted`. Conflicts are counted in no severity. `told_only` counts the conflicts that reports for people
    only count, `files_told_only` the files with such conflicts. `rules` counts by code, name and severity. `packs` are
    in the order of the files. `met` of `total` requirements are met, in `parts` conformance tables; `points` of `of` is
    the score of the last one.
    """

    findings: int = 0
    suppressed: int = 0
    accepted: int = 0
    conflicts: int = 0
    told_only: int = 0
    files_told_only: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)
    fixes: Counter[Applicability] = field(default_factory=Counter)
    rules: Counter[tuple[str, str, Severity]] = field(default_factory=Counter)
    packs: dict[str, None] = field(default_factory=dict)
    parts: int = 0
    met: int = 0
    total: int = 0
    points: float = 0
    of: float = 0

    def add(self, file: FileReport) -> None:
        """Add the counts of a file."""
        self.findings += len(file.findings)
        told_only = 0
        for finding in file.findings:
            if finding.suppressed:
                self.accepted += finding.external
                self.suppressed += not finding.external
                continue
            self.rules[finding.code, finding.name, finding.severity] += 1
            if finding.fix is not None:
                self.fixes[finding.fix.applicability] += 1
            if finding.conflict is None:
                self.severities[finding.severity] += 1
            else:
                self.conflicts += 1
                told_only += not file.lists_conflicts and finding.severity <= Severity.INFO
        self.told_only += told_only
        self.files_told_only += bool(told_only)
        self.packs.update(dict.fromkeys(file.packs))
        for part in file.conformance:
            self.parts += 1
            self.met += part.met
            self.total += part.total
            self.points, self.of = part.points, part.of


class Report(Struct, frozen=True, dict=True):
    """The result of a run: its files in the order they were named, and the rules of the packs in use.

    The files may be read from disk each time they are iterated. `fixed` counts the findings that fixes have removed.
    """

    files: Sequence[FileReport]
    rules: tuple[Rule, ...]
    fixed: int = 0

    @cached_property
    def tally(self) -> Tally:
        """Return the counts over all files."""
        tally = Tally()
        for file in self.files:
            tally.add(file)
        return tally

    def count(self, severity: Severity) -> int:
        """Return the number of findings of a severity, without suppressed findings and conflicts."""
        return self.tally.severities[severity]

    @property
    def conflicts(self) -> int:
        """Return the number of conflicts, without suppressed ones."""
        return self.tally.conflicts

    def fixes(self, applicability: Applicability) -> int:
        """Return the number of findings with a fix of this applicability, without suppressed ones."""
        return self.tally.fixes[applicability]

    @property
    def fixable(self) -> int:
        """Return the number of findings with a fix that can be applied, without suppressed ones."""
        return self.fixes(Applicability.SAFE) + self.fixes(Applicability.UNSAFE)
