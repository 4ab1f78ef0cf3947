"""Converts findings to diagnostics."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lsprotocol import types
from msgspec import structs

from zr4lint.lsp.requirement_lines import document_line
from zr4lint.model.finding import FileReport, Finding, Severity
from zr4lint.model.pages import page_of
from zr4lint.model.source import Span
from zr4lint.report.escaping import visible
from zr4lint.report.wording import advice, demand, listed, shown_findings

if TYPE_CHECKING:
    from zr4lint.lsp.analysis import Analysis, Trouble
    from zr4lint.lsp.buffers import Buffer

SOURCE = "zr4lint"
_SEVERITIES: Mapping[Severity, types.DiagnosticSeverity] = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}


def diagnostics(analysis: Analysis) -> list[types.Diagnostic]:
    """Return the diagnostics of a text: the findings that the command line shows, and errors."""
    return [*_findings(analysis), *(_trouble(trouble, analysis.buffer) for trouble in analysis.troubles)]


def _findings(analysis: Analysis) -> Iterator[types.Diagnostic]:
    report = analysis.report
    if report is not None:
        for finding in shown_findings(report):
            if listed(finding, report):
                yield diagnostic(finding, analysis.buffer)
        for other in report.others:
            yield from (_elsewhere(finding, other, analysis.buffer) for finding in shown_findings(other))


def _elsewhere(finding: Finding, other: FileReport, buffer: Buffer) -> types.Diagnostic:
    """Return the diagnostic of a finding in an installed file, placed at the installing command.

    The command is the last related place of the finding.
    """
    line, column = other.source.position(finding.span.start)
    place = f"{posixpath.basename(other.source.path)}:{line}:{column}"
    here = structs.replace(finding, message=f"{place}: {finding.message}", span=finding.related[-1].span, related=())
    return diagnostic(here, buffer)


def diagnostic(finding: Finding, buffer: Buffer) -> types.Diagnostic:
    """Return a finding as a diagnostic; its related places are in the same text, and in its document."""
    related = [
        types.DiagnosticRelatedInformation(types.Location(buffer.uri, buffer.range(one.span)), visible(one.message))
        for one in finding.related
        if one.source is None
    ]
    if finding.origin is not None and (place := document_line(finding.origin)) is not None:
        related.append(types.DiagnosticRelatedInformation(place, visible(finding.origin.words)))
    return types.Diagnostic(
        range=buffer.range(finding.span),
        message=message(finding),
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(page) if (page := page_of(finding.code)) else None,
        source=SOURCE,
        related_information=related or None,
    )


def message(finding: Finding) -> str:
    """Return the message of a finding, the advice on the next line, and the requirement that it conflicts with."""
    return "\n".join(visible(part) for part in (finding.message, advice(finding), demand(finding)) if part)


def _trouble(trouble: Trouble, buffer: Buffer) -> types.Diagnostic:
    """Return the diagnostic of a problem, from the first word of its line to the end."""
    lines = buffer.text.split("\n")
    number = min(trouble.line, len(lines)) - 1
    start = sum(len(line) + 1 for line in lines[:number])
    line = lines[number].rstrip()
    blanks = len(line) - len(line.lstrip())
    return types.Diagnostic(
        range=buffer.positions.range(Span(start + blanks, start + len(line))),
        message=visible(trouble.message),
        severity=types.DiagnosticSeverity.Error,
        code=trouble.code or None,
        source=SOURCE,
    )
