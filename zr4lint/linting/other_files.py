"""Separates the findings in files of the build context that a build installs from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model.finding import Conformance, FileReport, Finding, Related, in_order, placed
from zr4lint.model.source import SourceFile, Span

if TYPE_CHECKING:
    from zr4lint.facts import Facts
    from zr4lint.facts.context_files import Included

_LEADS_HERE = "the command that installs from this file"


def by_file(findings: Sequence[Finding], facts: Facts) -> tuple[list[Finding], list[tuple[Included, list[Finding]]]]:
    """Return the findings in the file itself, and those in each other file, with the path and offsets of that file."""
    own: list[Finding] = []
    others: dict[int, tuple[Included, list[Finding]]] = {}
    for finding in findings:
        file = facts.file_at(finding.span)
        if file is None:
            own.append(finding)
        else:
            local = structs.replace(finding, path=file.source.path, span=file.local(finding.span))
            others.setdefault(file.start, (file, []))[1].append(local)
    return own, list(others.values())


def globally(finding: Finding, file: Included) -> Finding:
    """Return a finding in another file with the global offsets that the pipeline uses."""
    span = Span(file.start + finding.span.start, file.start + finding.span.end)
    return structs.replace(finding, span=span)


def told_apart(
    findings: Sequence[Finding], facts: Facts, packs: tuple[str, ...]
) -> tuple[list[Finding], tuple[FileReport, ...]]:
    """Return the findings in the file itself, and a report on each other file that has findings.

    A file that several commands install from has one report, with each finding once.
    """
    own, others = by_file(findings, facts)
    source = facts.dockerfile.source
    reports: dict[str, tuple[SourceFile, dict[tuple[str, Span, str], Finding]]] = {}
    for file, there in others:
        _, known = reports.setdefault(file.source.path, (file.source, {}))
        here = Related(_LEADS_HERE, file.anchor, source)
        for finding in there:
            related = (*(_seen_from(file.source, one, facts) for one in finding.related), here)
            one = placed(structs.replace(finding, related=related, fix=None), file.source)
            first = known.setdefault((one.code, one.span, one.message), one)
            if first.suppressed and not one.suppressed:  # a suppression at one command does not count for the other
                known[one.code, one.span, one.message] = one
    told = (
        FileReport(other, tuple(in_order(known.values())), (), packs) for _, (other, known) in sorted(reports.items())
    )
    mine = [structs.replace(f, related=tuple(_seen_from(source, one, facts) for one in f.related)) for f in own]
    return mine, tuple(told)


def _seen_from(source: SourceFile, related: Related, facts: Facts) -> Related:
    """Return a related place, relative to the file of its finding."""
    file = facts.file_at(related.span)
    if file is None:
        return (
            related
            if source is facts.dockerfile.source
            else Related(related.message, related.span, facts.dockerfile.source)
        )
    other = None if file.source.path == source.path else file.source
    return Related(related.message, file.local(related.span), other)


def with_anchors(conformance: Conformance, facts: Facts) -> Conformance:
    """Return a conformance with all its witnesses moved to the file itself."""
    witnesses = tuple(structs.replace(one, span=facts.anchor(one.span)) for one in conformance.witnesses)
    return structs.replace(conformance, witnesses=witnesses)
