"""The verdict of a run: findings at the threshold, scores below the minimum, stale baseline entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zr4lint.app.errors import UsageError
from zr4lint.packs.own_rules import OWN_RULES

if TYPE_CHECKING:
    from zr4lint.app.task import Task
    from zr4lint.linting.baseline import Baseline, Entry
    from zr4lint.model.finding import FileReport, Severity


def fails(report: FileReport, fail_on: Severity | None) -> bool:
    """Return whether an unsuppressed finding is at least as severe as `fail_on`, where None means never."""
    return fail_on is not None and any(f.severity >= fail_on and not f.suppressed for f in report.findings)


def low_scores(report: FileReport, minimum: float | None) -> list[str]:
    """Return a line for each score of a file below the minimum."""
    if minimum is None:
        return []
    from zr4lint.report.wording import points  # few runs have a minimum

    return [
        f"{report.source.path}: score {points(part.points)} of {points(part.of)} is below {points(minimum)}"
        f" (pack {part.pack})"
        for part in report.conformance
        if part.criteria and part.points < minimum
    ]


def open_baseline(path: str) -> Baseline:
    """Read a baseline; raises UsageError if it cannot be used."""
    from zr4lint.linting.baseline import BaselineError, read

    try:
        return read(path)
    except BaselineError as error:
        raise UsageError(str(error)) from None


def write_baseline(path: str, reports: Sequence[FileReport]) -> Baseline:
    """Write the findings of reports to a baseline; raises UsageError on failure."""
    from zr4lint.filesystem.writing import WriteError, refuse_links, write
    from zr4lint.linting.baseline import collect, render

    baseline = collect(path, reports)
    try:
        refuse_links(path)
        write(path, render(baseline).encode("ascii"))
    except WriteError as error:
        raise UsageError(str(error)) from None
    return baseline


def stale_entries(baseline: Baseline, tasks: Sequence[Task], reports: Sequence[FileReport]) -> list[str]:
    """Return a line on the stale entries of a baseline, or an empty list if there are none."""
    by_path = {report.source.path: task for task, report in zip(tasks, reports, strict=True)}
    own = {rule.code: rule for rule in OWN_RULES}

    def judged(entry: Entry) -> bool:
        """Return whether the run checked for the finding of an entry."""
        one = by_path[entry.path]
        known = own | {rule.rule.code: rule.rule for pack in one.packs for rule in pack.rules}
        return entry.code in known and one.lint_options.selects(known[entry.code])

    stale = baseline.stale(reports, judged)
    if not stale:
        return []
    shown = ", ".join(f"{entry.code} in {entry.path}" for entry in stale[:3])
    more = f" and {len(stale) - 3} more" if len(stale) > 3 else ""
    entries = "1 entry is" if len(stale) == 1 else f"{len(stale)} entries are"
    return [f"{baseline.shown}: {entries} stale ({shown}{more}); --write-baseline removes them"]
