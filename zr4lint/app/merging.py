"""Reports on the same file, from several tasks, as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec import structs

from zr4lint.model.finding import FileReport, Finding, in_order

_T = TypeVar("_T")


def merged(done: Sequence[tuple[_T, FileReport]]) -> list[tuple[_T, FileReport]]:
    """The reports with those on one file put together: each finding once, in the place of the first.

    What is suppressed in one report and not in another is not suppressed.
    """
    paths: dict[str, list[tuple[_T, FileReport]]] = {}
    for one in done:
        paths.setdefault(one[1].source.path, []).append(one)
    return [(same[0][0], _together([report for _, report in same])) for same in paths.values()]


def _together(reports: Sequence[FileReport]) -> FileReport:
    first = reports[0]
    if len(reports) == 1:
        return first
    found: dict[tuple[object, ...], Finding] = {}
    for report in reports:
        for finding in report.findings:
            key = (finding.code, finding.span, finding.message)
            known = found.setdefault(key, finding)
            if known.suppressed and not finding.suppressed:
                found[key] = finding
    packs = tuple(dict.fromkeys(name for report in reports for name in report.packs))
    return structs.replace(first, findings=tuple(in_order(found.values())), packs=packs)
