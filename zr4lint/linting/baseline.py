"""Baselines: lists of known findings, so that only new findings count."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.model.finding import FileReport, Finding, in_order
from zr4lint.model.fingerprint import fingerprints

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile

VERSION = 1
MAX_BYTES = 50_000_000
_FIELDS = ("fingerprint", "path", "code", "name", "message")


class BaselineError(Exception):
    """A baseline that cannot be used; the message names the file and gives the reason."""


class Entry(Struct, frozen=True):
    """A finding in a baseline; the fingerprint identifies it, and the other fields are for readers."""

    fingerprint: str
    path: str
    code: str
    name: str
    message: str


class Baseline(Struct, frozen=True):
    """The entries of a baseline by fingerprint."""

    shown: str
    entries: Mapping[str, Entry]

    def suppress(self, findings: Iterable[Finding], source: SourceFile) -> list[Finding]:
        """Return the findings of a file in the order of its text, with those in the baseline suppressed."""
        found = in_order(findings)
        return [
            structs.replace(finding, suppressed=True, external=True, justification=f"in the baseline {self.shown}")
            if mark in self.entries and not finding.suppressed
            else finding
            for finding, mark in zip(found, fingerprints(source, found), strict=True)
        ]

    def apply(self, report: FileReport) -> FileReport:
        """Return a report with the findings in the baseline suppressed."""
        return structs.replace(report, findings=tuple(self.suppress(report.findings, report.source)))

    def stale(self, reports: Iterable[FileReport], judged: Callable[[Entry], bool]) -> list[Entry]:
        """Return the entries without a finding: in linted files, as far as `judged`, and in deleted files."""
        linted: dict[str, set[str]] = {}
        for report in reports:
            marks = fingerprints(report.source, report.findings)
            linted.setdefault(report.source.path, set()).update(marks)
        return [
            entry
            for entry in self.entries.values()
            if (
                entry.fingerprint not in linted[entry.path] and judged(entry)
                if entry.path in linted
                else not os.path.exists(entry.path)
            )
        ]


def collect(shown: str, reports: Iterable[FileReport]) -> Baseline:
    """Return a baseline of the findings that no comment suppresses."""
    found = [
        Entry(mark, finding.path, finding.code, finding.name, finding.message)
        for report in reports
        for finding, mark in zip(report.findings, fingerprints(report.source, report.findings), strict=True)
        if not finding.suppressed or finding.external
    ]
    found.sort(key=lambda entry: (entry.path, entry.code, entry.message, entry.fingerprint))
    return Baseline(shown, {entry.fingerprint: entry for entry in found})


def render(baseline: Baseline) -> str:
    """Return the text of a baseline file; it is ASCII, and the same findings give the same text."""
    from json import dumps  # few runs have a baseline

    document = {"version": VERSION, "findings": [structs.asdict(entry) for entry in baseline.entries.values()]}
    return dumps(document, indent=2) + "\n"


def read(path: str) -> Baseline:
    """Read a baseline file; raises BaselineError if it is invalid."""
    from json import loads

    try:
        document: Any = loads(read_regular(path, MAX_BYTES))
    except UnfitError as error:
        raise BaselineError(f"{path}: {error}") from None
    except OSError as error:
        raise BaselineError(f"{path}: can't be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{path}: not a baseline: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
        raise BaselineError(f"{path}: not a baseline: it has no list of findings")
    if document.get("version") != VERSION:
        raise BaselineError(f"{path}: a baseline of version {document.get('version')!r}; known is {VERSION}")
    entries = [_entry(path, number, item) for number, item in enumerate(document["findings"], 1)]
    return Baseline(path, {entry.fingerprint: entry for entry in entries})


def _entry(path: str, number: int, item: Any) -> Entry:
    if not isinstance(item, dict):
        raise BaselineError(f"{path}: finding {number}: expected an object")
    for field in _FIELDS:
        if not isinstance(item.get(field), str):
            raise BaselineError(f"{path}: finding {number}: key `{field}`: expected a string")
    return Entry(*(item[field] for field in _FIELDS))
