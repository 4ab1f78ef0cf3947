"""The findings of the linter's own rules about the file itself."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from zr4lint.linting.judged import Judged
from zr4lint.model.finding import Applicability, Edit, Finding, Fix, Rule
from zr4lint.model.source import Span
from zr4lint.packs.own_rules import COMMAND_FAILS, SHELL_SYNTAX, SYNTAX, TOO_LARGE

_OF_REMARKS = {rule.code: rule for rule in (SYNTAX, TOO_LARGE, SHELL_SYNTAX, COMMAND_FAILS)}


def own_finding(
    judged: Judged, rule: Rule, message: str, span: Span, fix: Fix | None = None, advice: str | None = None
) -> Finding:
    """A finding of one of the linter's own rules; `advice` says what to do."""
    return Finding(judged.source.path, rule.code, rule.name, rule.severity, message, span, fix=fix, help=advice)


def file_findings(judged: Judged) -> Iterator[Finding]:
    """What BuildKit, the shell or a program refuses, unless the file is a template, and what is too large to follow."""
    told: set[str] = set()
    for remark in judged.facts.remarks:
        if remark.code != TOO_LARGE.code and judged.options.template:
            continue
        if not remark.topic or remark.topic not in told:
            told.add(remark.topic)
            found = own_finding(judged, _OF_REMARKS[remark.code], remark.message, remark.span)
            yield structs.replace(found, notes=remark.notes, help=remark.help)
    if judged.options.template:
        return
    for error in judged.dockerfile.errors:
        fix = None
        if error.instead is not None:
            title = f"Write {error.instead}" if error.instead else "Remove it"
            fix = Fix(title, Applicability.DISPLAY, (Edit.of(error.span, error.instead),))
        yield own_finding(judged, SYNTAX, error.message, error.span, fix, error.help)
