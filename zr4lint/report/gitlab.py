"""A Code Quality report, which GitLab shows in merge requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.filesystem.paths import from_root
from zr4lint.model.finding import FileReport, Finding, Report, Severity
from zr4lint.model.fingerprint import fingerprints
from zr4lint.report.escaping import json_pieces, visible, well_formed
from zr4lint.report.wording import demand, with_advice

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile
    from zr4lint.report import Options
    from zr4lint.report.json_v1 import Object

SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def pieces(report: Report, _options: Options) -> Iterator[str]:
    """Yield the report as ASCII JSON; it lists only findings, since the format has nothing else."""
    yield from json_pieces(entry for file in report.files for entry in _entries(file))
    yield "\n"


def _entries(file: FileReport) -> list[Object]:
    marks = fingerprints(file.source, file.findings)
    return [
        _entry(finding, file.source, mark)
        for finding, mark in zip(file.findings, marks, strict=True)
        if not finding.suppressed
    ]


def _entry(finding: Finding, source: SourceFile, mark: str) -> Object:
    against = f"; {demand(finding)}" if finding.conflict else ""
    return {
        "description": visible(f"{finding.code} {finding.name}: {with_advice(finding)}{against}"),
        "check_name": finding.code,
        "fingerprint": mark,
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": well_formed(from_root(finding.path)).removeprefix("./"),
            "lines": {"begin": source.line_of(finding.span.start), "end": source.line_of(finding.span.end)},
        },
    }
