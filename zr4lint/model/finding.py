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
        """The word used in every report."""
        return self.name.lower()


class Applicability(IntEnum):
    """The applicability of a fix: only shown, needs judgement, or keeps the meaning."""

    DISPLAY = 1
    UNSAFE = 2
    SAFE = 3

    @cached_property
    def label(self) -> str:
        """The word used in every report."""
        return self.name.lower()


class Edit(Struct, frozen=True, order=True):
    """Replace the code points start to end of the text; start == end inserts."""

    start: int
    end: int
    text: str

    @classmethod
    def of(cls, span: Span, text: str) -> Self:
        """Replace the words in a place."""
        return cls(span.start, span.end, text)


class Fix(Struct, frozen=True):
    """A repair of one finding: its edits belong together and do not overlap."""

    title: str
    applicability: Applicability
    edits: tuple[Edit, ...]


class Related(Struct, frozen=True):
    """Another place that explains a finding: in the file of the finding, or with `source` in that one."""

    message: str
    span: Span
    source: SourceFile | None = None


class Origin(Struct, frozen=True):
    """The line of a document that a rule comes from, counted from 1.

    `document` is the file as the pack names it, `path` where it lies as reports show it, None where it is not found.
    `fingerprint` names the words of the `lines` lines from there on that the rule was made from, "" where the pack has
    none; `stale` tells that the document no longer has these words.
    """

    document: str
    line: int
    path: str | None = None
    fingerprint: str = ""
    stale: bool = False
    lines: int = 1

    @property
    def place(self) -> str:
        """The document and its line, in one word."""
        return f"{self.path or self.document}:{self.line}"

    @property
    def words(self) -> str:
        """The words of a note that name the document and its line."""
        name = self.document.rpartition("/")[2]
        if self.stale:
            return f"{name} required this on line {self.line}, and has changed since"
        return f"{name} requires this on line {self.line}"


class Finding(Struct, frozen=True):
    """One fault in a file, at the smallest words concerned.

    `message` says what is wrong in at most 80 characters, `notes` why it matters and what is known, `help` what to
    do, `references` where that is written. `expected` says what was expected in words that fit behind "expected: ".
    `requirement` names the place of the specification, for example "PRD section 5"; `source` names the source of a
    rule that belongs to no specification. A suppressed finding is taken out of the count by a comment in the file, or
    with `external` by a baseline; `justification` is the reason given there. `conflict` is the code of the
    requirement that demands what the finding warns of. `aliases` are the names that other linters give the rule and
    those merged into the finding, `also` the codes of the rules merged into it. `unmet` are the requirements that are
    not met because of it, each by code and name, as far as others were merged. `origin` is the line of the document
    that requires it.
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
    """Findings in the order of the text."""
    return sorted(findings, key=lambda finding: (finding.span.start, finding.span.end, finding.code))


def placed(finding: Finding, source: SourceFile) -> Finding:
    """A finding with its line and column."""
    line, column = source.position(finding.span.start)
    return structs.replace(finding, line=line, column=column)


class Rule(Struct, frozen=True):
    """The metadata of a rule; every report and every help page is made from it.

    `layer` is None for a rule that is not bound to one layer of the file. `source` names document and section.
    `security` is how severe it is to break the rule, from 0.1 to 10 as CVSS counts, None if it is not about security.
    `aliases` are the codes that other linters have for it. A rule that is not `default` runs only where it is
    selected. `since` is the version it came with, `confidence` how rarely a finding of it is wrong, `references` are
    URLs. `origin` is the line of the document that it comes from, where the pack names one.
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
    """The instruction, or the words of it, that meets a requirement."""

    code: str
    span: Span


class Row(Struct, frozen=True):
    """One row of the conformance table; the lines are (first, last), None where there are none.

    `build` and `size` are the estimates of the specification, such as "5-8 min" and "4-5 GB". `codes` are those of
    the row's requirements, `unmet` the ones of them that are not met.
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
    """How far a file meets one pack."""

    pack: str
    met: int
    total: int
    rows: tuple[Row, ...]
    criteria: tuple[Criterion, ...]
    witnesses: tuple[Witness, ...]
    build: str | None = None

    @property
    def points(self) -> float:
        """The score's points in all."""
        return sum(criterion.points for criterion in self.criteria)

    @property
    def of(self) -> float:
        """The points that a conforming file has."""
        return sum(criterion.of for criterion in self.criteria)


class FileReport(Struct, frozen=True):
    """All that was found in one file, in the order of its text, and the names of the packs it was linted with.

    `lists_conflicts` tells that reports for people list its conflicts instead of counting them. `others` are reports
    on the files of the build context that the build installs from, of those that have findings.
    """

    source: SourceFile
    findings: tuple[Finding, ...]
    conformance: tuple[Conformance, ...]
    packs: tuple[str, ...] = ()
    lists_conflicts: bool = False
    others: "tuple[FileReport, ...]" = ()


class Tally(Struct):
    """The counts over all files of a report.

    Findings that a comment suppresses are counted in `suppressed` alone, those that a baseline or a decision accepts in
    `accepted`; conflicts are in no severity. `told_only` conflicts are those that reports for people count instead of
    listing them, in so many files. `rules` counts by code, name and severity. `packs` are named in the order of the
    files. `met` of `total` requirements are met in so many parts; `points` of `of` is the score of the last part.
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
        """Count a file."""
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

    Files may be read from a disk each time they are gone through. `fixed` counts the findings that fixes have taken
    away.
    """

    files: Sequence[FileReport]
    rules: tuple[Rule, ...]
    fixed: int = 0

    @cached_property
    def tally(self) -> Tally:
        """The counts over all files."""
        tally = Tally()
        for file in self.files:
            tally.add(file)
        return tally

    def count(self, severity: Severity) -> int:
        """How many findings that are neither suppressed nor conflicts have this severity."""
        return self.tally.severities[severity]

    @property
    def conflicts(self) -> int:
        """How many findings that are not suppressed a requirement demands."""
        return self.tally.conflicts

    def fixes(self, applicability: Applicability) -> int:
        """How many findings that are not suppressed carry a fix of this kind."""
        return self.tally.fixes[applicability]

    @property
    def fixable(self) -> int:
        """The number of findings with a fix that can be applied, without suppressed ones."""
        return self.fixes(Applicability.SAFE) + self.fixes(Applicability.UNSAFE)
