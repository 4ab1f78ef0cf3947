"""Checkstyle's XML, which Jenkins and many other servers read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.filesystem.paths import from_root
from zr4lint.report.junit import attributes
from zr4lint.report.wording import shown_findings, whole_message

if TYPE_CHECKING:
    from zr4lint.model.finding import FileReport, Report
    from zr4lint.report import Options

VERSION = "4.3"
"""The oldest Checkstyle version that readers of these reports expect."""


def pieces(report: Report, _options: Options) -> Iterator[str]:
    """Yield the text of the report in pieces."""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<checkstyle version="{VERSION}">\n'
    for file in report.files:
        yield "".join(f"{line}\n" for line in _file(file))
    yield "</checkstyle>\n"


def _file(file: FileReport) -> Iterator[str]:
    yield f"  <file {attributes(name=from_root(file.source.path))}>"
    for finding in shown_findings(file):
        line, column = file.source.position(finding.span.start)
        said = {"severity": finding.severity.label, "message": f"{finding.name}: {whole_message(finding)}"}
        yield f"    <error {attributes(line=line, column=column, **said, source=f'zr4lint.{finding.code}')}/>"
    yield "  </file>"
