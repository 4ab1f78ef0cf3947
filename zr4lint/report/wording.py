"""The parts that the formats for people share: the first line of a finding, the counts, the closing line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.model.finding import Applicability, FileReport, Finding, Report, Severity
from zr4lint.model.pages import page_of
from zr4lint.report.paint import Line, Piece

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile


def shown_findings(file: FileReport) -> list[Finding]:
    """Return the findings that are not suppressed."""
    return [finding for finding in file.findings if not finding.suppressed]


def conflicts(file: FileReport) -> list[Finding]:
    """Return the shown findings that are conflicts."""
    return [finding for finding in shown_findings(file) if finding.conflict]


def demand(finding: Finding) -> str:
    """Return the requirement that a conflict contradicts, or "" if the finding is not a conflict."""
    return finding.related[-1].message if finding.conflict else ""


def listed(finding: Finding, file: FileReport) -> bool:
    """Return whether a finding is listed; conflicts of severity info are only counted, unless listing is requested."""
    return finding.conflict is None or file.lists_conflicts or finding.severity > Severity.INFO


def advice(finding: Finding) -> str:
    """Return the help or the expectation of a finding as a sentence, or "" if it has neither."""
    return finding.help or (f"Expected: {finding.expected}" if finding.expected else "")


def with_advice(finding: Finding) -> str:
    """Return the message, followed by what to do."""
    return ". ".join(filter(None, (finding.message.removesuffix("."), advice(finding))))


def whole_message(finding: Finding) -> str:
    """Return the message, the advice and the contradicted requirement as sentences."""
    against = f" Conflict: {demand(finding)}." if finding.conflict else ""
    return f"{_sentence(with_advice(finding))}{against}"


def _sentence(text: str) -> str:
    return text if text.endswith(("?", ".")) else f"{text}."


def parts(finding: Finding) -> list[tuple[str, str]]:
    """Return the parts of a finding after its message, each with its name, in the order of all text formats."""
    named = [("note", note) for note in finding.notes]
    if finding.help:
        named.append(("help", finding.help))
    elif finding.expected:
        named.append(("expected", finding.expected))
    named += [("reference", reference) for reference in finding.references]
    return named


def headline(finding: Finding, source: SourceFile) -> Line:
    """Return `path:line:column: severity CODE name: ` without the message."""
    line, column = source.position(finding.span.start)
    return (
        Piece(f"{finding.path}:{line}:{column}:", "strong"),
        Piece(" "),
        Piece(f"{finding.severity.label} {finding.code}", finding.severity.label, page_of(finding.code) or ""),
        Piece(f" {finding.name}: "),
    )


class Count(Struct, frozen=True):
    """The number of findings of a rule at one severity."""

    code: str
    name: str
    severity: Severity
    number: int


def counted(report: Report) -> list[Count]:
    """Return the number of findings of each rule, largest first."""
    numbers = report.tally.rules.items()
    return [Count(*key, number) for key, number in sorted(numbers, key=lambda item: (-item[1], item[0]))]


def statistics(report: Report) -> list[Line]:
    """Return the number of findings of each rule as lines, largest first."""
    rows = counted(report)
    digits = len(str(rows[0].number)) if rows else 0
    longest = max((len(row.code) for row in rows), default=0)
    return [
        (
            Piece(f"{row.number:>{digits}}  "),
            Piece(f"{row.severity.label:<7}  {row.code:<{longest}}", row.severity.label),
            Piece(f"  {row.name}"),
        )
        for row in rows
    ]


def closing(report: Report) -> Line:
    """Return the last line, with the totals of findings."""
    counts = [_count(report.count(severity), severity) for severity in sorted(Severity, reverse=True)]
    against = plural(report.conflicts, "conflict") if report.conflicts else ""
    aside = [
        f"{number} {words}"
        for number, words in (
            (report.fixes(Applicability.SAFE), "fixable with --fix"),
            (report.fixes(Applicability.UNSAFE), "held back for --unsafe-fixes"),
            (report.tally.suppressed, "suppressed"),
            (report.tally.accepted, "accepted"),
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
    words = f"{_all_well(report)}{but}{behind}."
    return (*fixed, Piece(words, "caution" if against else "good"), Piece(_score(report)))


def conflict_notice(report: Report) -> Line:
    """Return a line on the conflicts that are not listed, or () if there are none."""
    count = report.tally.told_only
    if not count:
        return ()
    these = "this image" if report.tally.files_told_only == 1 else "these images"
    words = f"{plural(count, 'conflict')}: {these} can't be built as specified; --conflicts=show lists them"
    return (Piece(words, "caution"),)


def judged(report: Report) -> Line:
    """Return how many files were linted with which packs, or () if no file matched a pack."""
    packs = [*report.tally.packs]
    if not packs:
        return ()
    words = f"{plural(len(report.files), 'file')}, pack{'s' if len(packs) > 1 else ''} {', '.join(packs)}"
    return (Piece(words, "faint"),)


def plural(number: int, noun: str) -> str:
    """Return a number with its noun, such as `1 rule` or `2 rules`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _count(number: int, severity: Severity) -> str:
    plural = "s" if number > 1 and severity is not Severity.INFO else ""
    return f"{number} {severity.label}{plural}" if number else ""


def _all_well(report: Report) -> str:
    tally = report.tally
    if tally.parts and tally.met == tally.total:
        return f"All {tally.total} requirements met"
    files = f" in {len(report.files)} files" if len(report.files) > 1 else ""
    requirements = f", {tally.met} of {tally.total} requirements met" if tally.parts else ""
    return f"No findings{files}{requirements}"


def _score(report: Report) -> str:
    tally = report.tally
    return f" Score {points(tally.points)}/{points(tally.of)}." if tally.parts == 1 and tally.of else ""


def points(value: float) -> str:
    """Return a score with at most one decimal, and none if that decimal is 0."""
    return f"{value:.1f}".removesuffix(".0")


def fix_mark(finding: Finding) -> str:
    """Return the applicability of a finding's fix as text, or "" if it has no fix."""
    if finding.fix is None:
        return ""
    return "shown only" if finding.fix.applicability is Applicability.DISPLAY else finding.fix.applicability.label
