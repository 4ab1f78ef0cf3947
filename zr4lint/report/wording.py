"""The parts that the formats for people share: a finding's first line, the counts, the closing line."""

from __future__ import annotations

from collections import Counter

from zr4lint.model.finding import Applicability, FileReport, Finding, Report, Severity
from zr4lint.model.source import SourceFile
from zr4lint.report.paint import Line, Piece


def shown_findings(file: FileReport) -> list[Finding]:
    """The findings that people see."""
    return [finding for finding in file.findings if not finding.suppressed]


def conflicts(file: FileReport) -> list[Finding]:
    """Those of them that are conflicts."""
    return [finding for finding in shown_findings(file) if finding.conflict]


def demand(finding: Finding) -> str:
    """What a conflict is with: the requirement that demands these words; "" for any other finding."""
    return finding.related[-1].message if finding.conflict else ""


def whole_message(finding: Finding) -> str:
    """The message as a sentence, one with what was expected, and one with what a conflict is with."""
    expected = f" Expected: {finding.expected}." if finding.expected else ""
    against = f" Conflict: {demand(finding)}." if finding.conflict else ""
    return f"{finding.message.removesuffix('.')}.{expected}{against}"


def headline(finding: Finding, source: SourceFile) -> Line:
    """`path:line:column: severity CODE name: ` without the message."""
    line, column = source.position(finding.span.start)
    return (
        Piece(f"{finding.path}:{line}:{column}:", "strong"),
        Piece(" "),
        Piece(f"{finding.severity.label} {finding.code}", finding.severity.label),
        Piece(f" {finding.name}: "),
    )


def statistics(report: Report) -> list[Line]:
    """How many findings each rule has, the most first."""
    found = [finding for file in report.files for finding in shown_findings(file)]
    count = Counter((finding.code, finding.name, finding.severity) for finding in found)
    rows = sorted(count.items(), key=lambda item: (-item[1], item[0]))
    digits = len(str(rows[0][1])) if rows else 0
    longest = max((len(code) for (code, _, _), _ in rows), default=0)
    return [
        (
            Piece(f"{number:>{digits}}  "),
            Piece(f"{severity.label:<7}  {code:<{longest}}", severity.label),
            Piece(f"  {name}"),
        )
        for (code, name, severity), number in rows
    ]


def closing(report: Report) -> Line:
    """The last line: what was found in all."""
    counts = [_count(report.count(severity), severity) for severity in sorted(Severity, reverse=True)]
    against = f"{report.conflicts} conflict{'s' if report.conflicts > 1 else ''}" if report.conflicts else ""
    suppressed = sum(finding.suppressed for file in report.files for finding in file.findings)
    aside = [
        f"{number} {words}"
        for number, words in (
            (report.fixes(Applicability.SAFE), "fixable with --fix"),
            (report.fixes(Applicability.UNSAFE), "held back for --unsafe-fixes"),
            (suppressed, "suppressed"),
        )
        if number
    ]
    behind = f" ({', '.join(aside)})" if aside else ""
    fixed = (Piece(f"Fixed {report.fixed}. ", "good"),) if report.fixed else ()
    if any(counts):
        return (
            *fixed,
            Piece("Found "),
            Piece(", ".join(filter(None, [*counts, against])), "strong"),
            Piece(f"{behind}."),
        )
    but = f", {against}" if against else ""
    return (*fixed, Piece(f"{_all_well(report)}{but}{behind}.", "good"), Piece(_score(report)))


def _count(number: int, severity: Severity) -> str:
    plural = "s" if number > 1 and severity is not Severity.INFO else ""
    return f"{number} {severity.label}{plural}" if number else ""


def _all_well(report: Report) -> str:
    conformance = [part for file in report.files for part in file.conformance]
    met, total = sum(part.met for part in conformance), sum(part.total for part in conformance)
    if conformance and met == total:
        return f"All {total} requirements met"
    files = f" in {len(report.files)} files" if len(report.files) > 1 else ""
    requirements = f", {met} of {total} requirements met" if conformance else ""
    return f"No findings{files}{requirements}"


def _score(report: Report) -> str:
    conformance = [part for file in report.files for part in file.conformance]
    if len(conformance) != 1 or not conformance[0].of:
        return ""
    return f" Score {points(conformance[0].points)}/{points(conformance[0].of)}."


def points(value: float) -> str:
    """A score's points: at most one decimal, and none where it is 0."""
    return f"{value:.1f}".removesuffix(".0")


def fix_mark(finding: Finding) -> str:
    """How far the fix of a finding goes, "" where there is none."""
    if finding.fix is None:
        return ""
    return "shown only" if finding.fix.applicability is Applicability.DISPLAY else finding.fix.applicability.label
