"""Merges reports on the same file from several tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import structs

from zr4lint.model.finding import Conformance, FileReport, Finding, in_order

_T = TypeVar("_T")


def merged(done: Sequence[tuple[_T, FileReport]], build: Callable[[_T], str]) -> list[tuple[_T, FileReport]]:
    """Merge the reports on each file: each finding appears once, in the place of the first.

    A finding that is suppressed in only some reports is not suppressed. The lowest conformance counts. A finding of
    only some builds gets a note that names them; `build` returns the name of a task's build, or "".
    """
    paths: dict[str, list[tuple[_T, FileReport]]] = {}
    for one in done:
        paths.setdefault(one[1].source.path, []).append(one)
    return [
        same[0] if len(same) == 1 else (same[0][0], _together([(build(task), report) for task, report in same]))
        for same in paths.values()
    ]


def _together(named: Sequence[tuple[str, FileReport]]) -> FileReport:
    found: dict[tuple[object, ...], Finding] = {}
    builds: dict[tuple[object, ...], dict[str, None]] = {}
    reports = [report for _, report in named]
    for name, report in named:
        for finding in report.findings:
            key = (finding.code, finding.span, finding.message)
            known = found.setdefault(key, finding)
            builds.setdefault(key, {})[name] = None
            if known.suppressed and not finding.suppressed:
                found[key] = finding
    everywhere = {name for name, _ in named}
    findings = (
        finding if builds[key].keys() >= everywhere else _noted(finding, [*builds[key]])
        for key, finding in found.items()
    )
    packs = tuple(dict.fromkeys(name for report in reports for name in report.packs))
    lowest: dict[str, Conformance] = {}
    for part in (part for report in reports for part in report.conformance):
        known_part = lowest.setdefault(part.pack, part)
        lowest[part.pack] = part if part.met < known_part.met else known_part
    return structs.replace(
        reports[0], findings=tuple(in_order(findings)), packs=packs, conformance=tuple(lowest.values())
    )


def _noted(finding: Finding, builds: Sequence[str]) -> Finding:
    names = ", ".join(filter(None, builds))
    return structs.replace(finding, notes=(*finding.notes, f"This holds for {names}.")) if names else finding
