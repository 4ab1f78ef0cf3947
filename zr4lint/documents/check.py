"""Run all checks on a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zr4lint.documents.checking.arithmetic import check_arithmetic
from zr4lint.documents.checking.recovery import check_recoveries
from zr4lint.documents.checking.references import check_references
from zr4lint.documents.checking.statements import check_statements
from zr4lint.documents.checking.verification import check_verification
from zr4lint.documents.checking.world import check_uncompiled, check_world
from zr4lint.documents.document import Document
from zr4lint.documents.target import Target
from zr4lint.model.finding import FileReport, Finding, in_order
from zr4lint.model.source import SourceFile

CHECKS: tuple[Callable[[Target], Iterator[Finding]], ...] = (
    check_statements,
    check_arithmetic,
    check_verification,
    check_recoveries,
    check_references,
    check_world,
    check_uncompiled,
)


def has_target(source: SourceFile) -> bool:
    """Whether a document has target blocks."""
    return bool(Target(Document(source)).blocks)


def check(source: SourceFile) -> FileReport:
    """The findings on a document, in the order of its text, each place and message once."""
    target = Target(Document(source))
    found = {(f.code, f.span, f.message): f for one in CHECKS for f in one(target)}
    return FileReport(source, tuple(in_order(found.values())), ())
