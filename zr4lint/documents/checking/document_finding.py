"""Creates findings on documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.model.finding import Finding, Related, Rule, Severity
from zr4lint.model.quoting import fitted

if TYPE_CHECKING:
    from zr4lint.documents.target import Target
    from zr4lint.model.source import Span


def found(  # noqa: PLR0913 - a field of the finding each
    target: Target,
    rule: Rule,
    span: Span,
    message: str,
    *,
    notes: tuple[str, ...] = (),
    related: tuple[Related, ...] = (),
    help: str | None = None,  # noqa: A002
    severity: Severity | None = None,
) -> Finding:
    """Return a finding of a rule at a place in the document."""
    source = target.document.source
    line, column = source.position(span.start)
    return Finding(
        path=source.path,
        code=rule.code,
        name=rule.name,
        severity=severity or rule.severity,
        message=fitted(message),
        span=span,
        related=related,
        notes=notes,
        help=help,
        line=line,
        column=column,
    )
