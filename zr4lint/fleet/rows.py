"""The rows of a fleet's results: one for each file, and one for each finding."""

from __future__ import annotations

import pyarrow as pa
from msgspec import Struct, structs

from zr4lint.linting.masking import without_secrets
from zr4lint.model.finding import FileReport, Finding, Severity
from zr4lint.model.fingerprint import fingerprints
from zr4lint.report.escaping import well_formed


class FileRow(Struct, frozen=True, kw_only=True):
    """A file. If it could not be linted, it has an `error` and no findings.

    `url` names the file, in a git repository as `repository#path`. The counts exclude suppressed findings; conflicts
    are counted separately. The score of the packs that are specifications is `points` of `of`.
    """

    url: str
    repository: str
    path: str
    commit: str | None = None
    error: str | None = None
    bytes: int | None = None
    lines: int | None = None
    packs: tuple[str, ...] = ()
    errors: int = 0
    warnings: int = 0
    infos: int = 0
    conflicts: int = 0
    suppressed: int = 0
    met: int | None = None
    total: int | None = None
    points: float | None = None
    of: float | None = None


class FindingRow(Struct, frozen=True, kw_only=True):
    """A finding, as in the JSON report; `fingerprint` identifies it even if its line moves."""

    url: str
    repository: str
    code: str
    name: str
    severity: str
    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    suppressed: bool
    conflict: str | None
    fix: str | None
    fingerprint: str


class Answer(Struct, frozen=True):
    """The result for one file."""

    file: FileRow
    findings: tuple[FindingRow, ...] = ()


_text, _count = pa.string(), pa.int32()

FILES = pa.schema(
    [
        pa.field("url", _text, nullable=False),
        pa.field("repository", _text, nullable=False),
        pa.field("path", _text, nullable=False),
        ("commit", _text),
        ("error", _text),
        ("bytes", pa.int64()),
        ("lines", _count),
        ("packs", pa.list_(_text)),
        *((name, _count) for name in ("errors", "warnings", "infos", "conflicts", "suppressed", "met", "total")),
        ("points", pa.float64()),
        ("of", pa.float64()),
    ]
)

FINDINGS = pa.schema(
    [
        *(pa.field(name, _text, nullable=False) for name in ("url", "repository", "code", "name", "severity")),
        ("message", _text),
        *((name, _count) for name in ("line", "column", "end_line", "end_column")),
        ("suppressed", pa.bool_()),
        ("conflict", _text),
        ("fix", _text),
        ("fingerprint", _text),
    ]
)


def answer(row: FileRow, report: FileReport) -> Answer:
    """Return the rows of a linted file, with its secrets masked."""
    shown = without_secrets(report)
    counted = [f for f in report.findings if not f.suppressed and not f.conflict]
    levels = {severity: sum(f.severity is severity for f in counted) for severity in Severity}
    parts = report.conformance
    scored = [part for part in parts if part.criteria]
    file = structs.replace(
        row,
        bytes=len(report.source.text.encode("utf-8", "surrogateescape")),
        lines=report.source.text.count("\n") + (not report.source.text.endswith("\n")),
        packs=report.packs,
        errors=levels[Severity.ERROR],
        warnings=levels[Severity.WARNING],
        infos=levels[Severity.INFO],
        conflicts=sum(f.conflict is not None and not f.suppressed for f in report.findings),
        suppressed=sum(f.suppressed for f in report.findings),
        met=sum(part.met for part in parts) if parts else None,
        total=sum(part.total for part in parts) if parts else None,
        points=round(sum(part.points for part in scored), 4) if scored else None,
        of=round(sum(part.of for part in scored), 4) if scored else None,
    )
    marks = fingerprints(report.source, report.findings)
    pairs = zip(shown.findings, marks, strict=True)
    return Answer(file, tuple(_finding(row, finding, report, mark) for finding, mark in pairs))


def _finding(row: FileRow, finding: Finding, report: FileReport, mark: str) -> FindingRow:
    line, column = report.source.position(finding.span.start)
    end_line, end_column = report.source.position(finding.span.end)
    return FindingRow(
        url=row.url,
        repository=row.repository,
        code=finding.code,
        name=finding.name,
        severity=finding.severity.label,
        message=well_formed(finding.message),
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        suppressed=finding.suppressed,
        conflict=finding.conflict,
        fix=finding.fix.applicability.label if finding.fix else None,
        fingerprint=mark,
    )


def table(rows: list[FileRow] | list[FindingRow], schema: pa.Schema) -> pa.Table:
    """Return rows as an Arrow table."""
    return pa.table(
        {field.name: pa.array([getattr(row, field.name) for row in rows], field.type) for field in schema},
        schema=schema,
    )
