"""Warns once for a run whose findings rely on facts that were checked more than a year ago."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zr4lint.model.finding import FileReport
    from zr4lint.packs.model import Pack

FIRST_DUE = 1795392000 + 365 * 86400
"""The time, in seconds since 1970, when the oldest table is a year old; until then no table is read for its date."""

_FAMILY = "ml/"
"""The prefix of the kinds of check that use the tables."""


def overdue() -> bool:
    """Return whether a table may be older than a year."""
    return _now() > FIRST_DUE


def rests_on_tables(report: FileReport, packs: Sequence[Pack]) -> bool:
    """Return whether a finding of a report comes from a rule that uses the tables."""
    found = {finding.code for finding in report.findings if not finding.suppressed}
    return any(rule.rule.code in found and rule.check.startswith(_FAMILY) for pack in packs for rule in pack.rules)


def old_facts() -> list[str]:
    """Return a warning that names the tables older than a year, or an empty list."""
    import datetime  # only runs with old tables need it

    from zr4lint.app.explain_knowledge import tables

    today = datetime.datetime.fromtimestamp(_now(), tz=datetime.UTC).date()
    names = [table.name for table in tables(today) if table.old]
    if not names:
        return []
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    count = "1 table of facts was" if len(names) == 1 else f"{len(names)} tables of facts were"
    return [f"{count} last checked more than a year ago ({shown}); see `zr4lint knowledge`"]


def _now() -> float:
    """Return the seconds since 1970; SOURCE_DATE_EPOCH, as in reproducible builds, sets another time."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    return float(given) if given.isdecimal() and len(given) < 12 else time.time()
