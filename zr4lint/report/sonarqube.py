"""SonarQube's generic format for external issues, as SonarQube 10.3 and later read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.filesystem.paths import from_root
from zr4lint.model.finding import FileReport, Finding, Report, Rule, Severity
from zr4lint.report.escaping import json_pieces, visible, well_formed
from zr4lint.report.wording import shown_findings, whole_message

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile
    from zr4lint.report import Options
    from zr4lint.report.json_v1 import Object

IMPACTS = {Severity.ERROR: "HIGH", Severity.WARNING: "MEDIUM", Severity.INFO: "LOW"}
SEVERITIES = {Severity.ERROR: "MAJOR", Severity.WARNING: "MINOR", Severity.INFO: "INFO"}


def pieces(report: Report, _options: Options) -> Iterator[str]:
    """Yield the report as ASCII JSON; SonarQube expects only the rules that have findings."""
    known = {rule.code: rule for rule in report.rules}
    broken: dict[str, Finding] = {}
    for file in report.files:
        for finding in shown_findings(file):
            broken.setdefault(finding.code, finding)
    rules = [_rule(broken[code], known.get(code)) for code in sorted(broken)]
    issues = (_issue(finding, file) for file in report.files for finding in shown_findings(file))
    yield from json_pieces({"rules": rules, "issues": issues})
    yield "\n"


def _rule(finding: Finding, rule: Rule | None) -> Object:
    severity = finding.severity if rule is None else rule.severity
    security = rule is not None and rule.security is not None
    return {
        "id": finding.code,
        "name": finding.name,
        "description": visible(finding.name if rule is None else f"{rule.summary} {rule.why}"),
        "engineId": "zr4lint",
        "cleanCodeAttribute": "TRUSTWORTHY" if security else "CONVENTIONAL",
        "type": "VULNERABILITY" if security else "CODE_SMELL",
        "severity": SEVERITIES[severity],
        "impacts": [
            {"softwareQuality": "SECURITY" if security else "MAINTAINABILITY", "severity": IMPACTS[severity]},
        ],
    }


def _issue(finding: Finding, file: FileReport) -> Object:
    return {
        "ruleId": finding.code,
        "primaryLocation": {
            "message": visible(whole_message(finding)),
            "filePath": well_formed(from_root(finding.path)).removeprefix("./"),
            "textRange": _range(finding, file.source),
        },
    }


def _range(finding: Finding, source: SourceFile) -> Object:
    """Return lines from 1 and, within one line, UTF-16 columns from 0; SonarQube refuses empty ranges."""
    start = finding.span.start
    first, last = source.line_of(start), source.line_of(max(finding.span.end - 1, start))
    line = source.line_span(first)
    end = min(finding.span.end, line.end)
    if first < last or start >= end:
        return {"startLine": first, "endLine": last}
    columns = (len(source.text[line.start : at].encode("utf-16-le", "surrogatepass")) // 2 for at in (start, end))
    return {"startLine": first, "endLine": last, **dict(zip(("startColumn", "endColumn"), columns, strict=True))}
