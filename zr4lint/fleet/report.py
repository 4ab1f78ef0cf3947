"""The data of the report on a fleet, for its text and its page."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from zr4lint.fleet.addresses import shown
from zr4lint.fleet.queries import Change, RepositoryScore, RuleCount, Totals, Unlinted, opened
from zr4lint.fleet.store import Run


class Report(Struct, frozen=True, kw_only=True):
    """A run, its totals, the shown rows of its tables, and the differences from an earlier run."""

    title: str
    run: Run
    missing: int
    totals: Totals
    rules: Sequence[RuleCount]
    rules_in_all: int
    repositories: Sequence[RepositoryScore]
    repositories_in_all: int
    unlinted: Sequence[Unlinted]
    against: str | None
    before: Totals | None
    change: Change | None


def gathered(address: str, against: str | None, most: int) -> Report:
    """Return the report on the results at an address; raises UsageError if there are no results."""
    with opened(address, against) as results:
        rules = results.rules()
        return Report(
            title=shown(address),
            run=results.run,
            missing=results.missing,
            totals=results.totals(),
            rules=rules[:most],
            rules_in_all=len(rules),
            repositories=results.repositories(most),
            repositories_in_all=results.repository_count(),
            unlinted=results.unlinted(most),
            against=None if against is None else shown(against),
            before=results.totals("before") if against is not None else None,
            change=results.change(),
        )
