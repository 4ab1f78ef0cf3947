"""Runs all checks of a document and counts what they find."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.documents.checking.claims import check_claims
from zr4lint.documents.checking.counted_parts import check_counts
from zr4lint.documents.checking.described import check_described
from zr4lint.documents.checking.disputes import check_disputes
from zr4lint.documents.checking.document_finding import found as finding_at
from zr4lint.documents.checking.exits import check_exits
from zr4lint.documents.checking.figures import check_arithmetic
from zr4lint.documents.checking.lengths import check_lengths
from zr4lint.documents.checking.listed import check_listed
from zr4lint.documents.checking.mentions import check_mentions
from zr4lint.documents.checking.named_parts import check_labels
from zr4lint.documents.checking.recovery import check_recoveries
from zr4lint.documents.checking.references import check_references
from zr4lint.documents.checking.remedies import check_remedies
from zr4lint.documents.checking.statements import check_statements
from zr4lint.documents.checking.verification import check_verification
from zr4lint.documents.checking.world import NEEDS_IMAGE, check_uncompiled, check_world
from zr4lint.documents.document import Document
from zr4lint.documents.target import Target
from zr4lint.model.finding import FileReport, Finding, in_order
from zr4lint.packs.document_rules import NOT_COMPILED
from zr4lint.packs.own_rules import TOO_LARGE
from zr4lint.project.discovery import SKIPPED_FOLDERS

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile, Span

CHECKS: tuple[Callable[[Target], Iterator[Finding]], ...] = (
    check_statements,
    check_disputes,
    check_mentions,
    check_described,
    check_arithmetic,
    check_counts,
    check_lengths,
    check_listed,
    check_verification,
    check_exits,
    check_claims,
    check_recoveries,
    check_remedies,
    check_references,
    check_labels,
    check_world,
    check_uncompiled,
)


LONG = 60_000
"""The size of all documents, in bytes, from which the command shows its progress."""


def has_demands(source: SourceFile) -> bool:
    """Return whether a document has a target block, or a statement that compiles to a rule."""
    target = Target(Document(source))
    return bool(target.blocks) or any(one.demands for one in target.stated)


class Tally(Struct, frozen=True):
    """The number of target blocks of a document, and of its statements that compile to rules."""

    blocks: int
    compiled: int


def check(source: SourceFile, done: Callable[[], None] | None = None) -> FileReport:
    """Return the findings on a document in the order of its text, without duplicates.

    `done` is called after each of CHECKS.
    """
    return check_counting(source, done)[0]


def check_counting(source: SourceFile, done: Callable[[], None] | None = None) -> tuple[FileReport, Tally]:
    """Return the findings on a document as `check` does, and the tally of its demands."""
    target = Target(Document(source))
    found: dict[tuple[str, Span, str], Finding] = {}
    for one in CHECKS:
        found.update(((f.code, f.span, f.message), f) for f in one(target))
        if done is not None:
            done()
    for remark in {remark.topic: remark for remark in target.document.remarks[::-1]}.values():
        found[remark.code, remark.span, remark.message] = finding_at(target, TOO_LARGE, remark.span, remark.message)
    tally = Tally(len(target.blocks), sum(bool(one.demands) for one in target.stated))
    return FileReport(source, tuple(in_order(found.values())), ()), tally


def summary(reports: Iterable[FileReport], tallies: Iterable[Tally]) -> str:
    """Return one line with the number of demands that compile or not, and of findings that are decided or open."""
    findings = [finding for report in reports for finding in report.findings]
    left = [f for f in findings if f.code == NOT_COMPILED.code and not f.suppressed]
    still_open = sum(f.code != NOT_COMPILED.code and not f.suppressed for f in findings)
    image = sum(f.message == NEEDS_IMAGE for f in left)
    decided = sum(f.suppressed for f in findings)
    counted = [*tallies]
    blocks, compiled = sum(one.blocks for one in counted), sum(one.compiled for one in counted)
    demands = compiled + len(left)
    parts = [f"{compiled} compiled"] if compiled else []
    parts += [f"{image} need{'s' * (image == 1)} a built image"] if image else []
    parts += [f"{len(left) - image} not compiled"] if len(left) > image else []
    words = f"{blocks} target block{'s' * (blocks != 1)}, {demands} demand{'s' * (demands != 1)} in prose"
    words += f": {', '.join(parts)}" if demands else ""
    return f"{words}. {decided} finding{'s' * (decided != 1)} decided, {still_open} open."


def documents_in(path: str) -> list[str]:
    """Return `path` if it is a file, else the Markdown files below it in order; hidden folders are skipped."""
    if not os.path.isdir(path):
        return [path]
    found: list[str] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED_FOLDERS)
        found += [os.path.join(folder, name) for name in sorted(names) if name.lower().endswith((".md", ".markdown"))]
    return found
