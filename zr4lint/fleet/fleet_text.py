"""The report on a fleet as text, 80 columns wide unless the terminal has another width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.report.escaping import no_command, visible, wrap
from zr4lint.report.listing import drawn

if TYPE_CHECKING:
    from zr4lint.fleet.queries import RepositoryScore, RuleCount, Totals
    from zr4lint.fleet.report import Report

BAR = 12
"""The width of the longest bar in columns."""

_EIGHTHS = " ▏▎▍▌▋▊▉"


def render(report: Report, width: int, *, color: bool) -> str:
    """Return the text of the report."""
    return "\n".join(_sections(report, width, color))


def closing(totals: Totals) -> str:
    """Return a line with the findings of a run."""
    return f"{_counted(totals)}: {_severities(totals)}"


def _sections(report: Report, width: int, color: bool) -> Iterator[str]:
    yield "".join(f"{line}\n" for text in head(report) for line in _wrapped(text, width))
    if report.rules:
        heads = ["RULE", "", *_if(report.before, "BEFORE", "CHANGE"), "FINDINGS", "FILES", "SEVERITY", "NAME"]
        most = max(rule.findings for rule in report.rules)
        rows = [_rule(rule, most) for rule in report.rules]
        left = report.rules_in_all - len(report.rules)
        yield _table("Rules by count", heads, rows, width, color) + (f"and {left} more rules\n" if left else "")
    if report.repositories:
        scored = any(one.score is not None for one in report.repositories)
        compared = report.before is not None
        heads = [
            *_if(scored or None, "SCORE"),
            *_if((scored and compared) or None, "CHANGE"),
            *("ERRORS", "WARNINGS", "INFOS", "FILES", "REPOSITORY"),
        ]
        rows = [_repository(one, scored, compared) for one in report.repositories]
        left = report.repositories_in_all - len(report.repositories)
        title = "Repositories by score" if scored else "Repositories by errors"
        yield _table(title, heads, rows, width, color) + (f"and {left} more repositories\n" if left else "")
    if report.unlinted:
        lines = [f"  {one.url}: {one.error}" for one in report.unlinted]
        left = report.totals.unlinted - len(report.unlinted)
        lines += [f"  and {left} more"] if left else []
        yield "".join(f"{no_command(visible(line))}\n" for line in ("Not linted", *lines))


def head(report: Report) -> Iterator[str]:
    """Yield the totals of a run in sentences, and the changes since an earlier run."""
    totals = report.totals
    yield f"{report.title}: {_counted(totals)}"
    yield _severities(totals)
    if totals.of:
        yield f"score {percent((totals.points or 0) / totals.of * 100)} of 100"
    yield f"zr4lint {report.run.zr4lint}, packs {', '.join(report.run.packs)}"
    if report.missing:
        yield f"not complete: {report.missing} of {len(report.run.parts)} parts are missing; run it again"
    if report.change is not None:
        change = report.change
        yield (
            f"against {report.against}: {_plural(change.new, 'finding')} new, {change.gone:,} gone,"
            f" {change.same:,} as before; {_plural(change.files_new, 'file')} new, {change.files_gone:,} gone"
        )


def signed(number: float) -> str:
    """Return a difference with its sign, or "=" for 0."""
    return "=" if not number else f"{number:+,.1f}" if isinstance(number, float) else f"{number:+,}"


def percent(score: float) -> str:
    """Return a score with one decimal."""
    return f"{score:.1f}"


def _counted(totals: Totals) -> str:
    repositories = f"{totals.repositories:,} repositor{'y' if totals.repositories == 1 else 'ies'}"
    unlinted = f", {totals.unlinted:,} not linted" if totals.unlinted else ""
    return f"{_plural(totals.files, 'file')} in {repositories}{unlinted}"


def _severities(totals: Totals) -> str:
    counts = ((totals.errors, "error"), (totals.warnings, "warning"), (totals.infos, "info"))
    words = [_plural(number, word) for number, word in counts]
    words += [_plural(totals.conflicts, "conflict")] if totals.conflicts else []
    words += [f"{totals.suppressed:,} suppressed"] if totals.suppressed else []
    return ", ".join(words)


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' * (number != 1)}"


def _rule(rule: RuleCount, most: int) -> list[str]:
    before = [] if rule.before is None else [f"{rule.before:,}", signed(rule.findings - rule.before)]
    counts = [f"{rule.findings:,}", f"{rule.files:,}"]
    return [rule.code, _bar(rule.findings / max(most, 1)), *before, *counts, rule.severity, rule.name]


def _repository(one: RepositoryScore, scored: bool, compared: bool) -> list[str]:
    score = "" if one.score is None else percent(one.score)
    both = one.score is not None and one.score_before is not None
    change = signed(round((one.score or 0) - (one.score_before or 0), 1)) if both else ""
    counts = [f"{number:,}" for number in (one.errors, one.warnings, one.infos, one.files)]
    return [*_if(scored or None, score), *_if((scored and compared) or None, change), *counts, one.repository]


def _bar(share: float) -> str:
    eighths = max(round(share * BAR * 8), 1 if share else 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _if(condition: object, *words: str) -> tuple[str, ...]:
    return words if condition is not None else ()


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], width: int, color: bool) -> str:
    numbers = {"BEFORE", "CHANGE", "FINDINGS", "FILES", "SCORE", "ERRORS", "WARNINGS", "INFOS"}
    return f"{title}\n{drawn(heads, rows, width, color=color, numbers=numbers)}"


def _wrapped(text: str, width: int) -> list[str]:
    return [no_command(line) for line in wrap(text, width, width)]
