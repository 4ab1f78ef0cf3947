"""The findings of a rule on a case, in the form that the case has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec import structs

from tests.cases.case import Case, Expected, Pointer, RuleCase
from zr4lint.app.assignment import load_packs
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Linter
from zr4lint.model.source import SourceFile, Span
from zr4lint.packs.parameter_settings import configure
from zr4lint.shellcheck import program

if TYPE_CHECKING:
    from zr4lint.model.finding import Edit, Finding, Related, Rule
    from zr4lint.packs.model import Pack


@cache
def pack(name: str) -> Pack:
    """Return a pack that zr4lint ships."""
    return load_packs([name])[0]


def rule_of(pack_name: str, name: str) -> Rule:
    """Return the rule with this name in a pack; raises StopIteration if there is none."""
    return next(rule.rule for rule in pack(pack_name).rules if rule.rule.name == name)


def source_of(item: RuleCase) -> SourceFile:
    """Return the Dockerfile of a case, with a file name that matches its pack."""
    return SourceFile.decode(item.case.text.encode(), pack(item.pack).files[0])


@contextmanager
def linter(item: RuleCase, select: tuple[str, ...] = ()) -> Iterator[Linter]:
    """Return a linter with the pack of a case, or some of its rules, and the files of the case."""
    with TemporaryDirectory() as folder:
        for path, text in (item.case.context or {}).items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        context = None if item.case.context is None else folder
        configured = configure(pack(item.pack), item.case.settings)
        yield Linter([configured], LintOptions(select=select, context=context))


@contextmanager
def shellcheck(on: bool) -> Iterator[None]:
    """Turn ShellCheck on or off."""
    before, program.switched_off = program.switched_off, not on
    try:
        yield
    finally:
        program.switched_off = before


def findings(item: RuleCase, source: SourceFile) -> list[Finding]:
    """Return the findings of a case's rule; only ShellCheck's own rule starts ShellCheck."""
    with linter(item, (rule_of(item.pack, item.rule).code,)) as rule, shellcheck(item.rule == "shellcheck"):
        return [finding for finding in rule.lint(source).report.findings if finding.name == item.rule]


def observed(case: Case, source: SourceFile, found: Sequence[Finding]) -> Case:
    """Return the case that expects these findings."""
    edits = [edit for finding in found if finding.fix for edit in finding.fix.edits]
    fixed = applied(source.whole_text, edits, shift=int(source.bom)) if edits else None
    return structs.replace(case, finding=tuple(_described(f, source) for f in found), fixed=fixed)


def applied(text: str, edits: Iterable[Edit], shift: int = 0) -> str:
    """Return the text after these edits, without edits that repeat or overlap an earlier one."""
    kept: list[Edit] = []
    for edit in edits:
        if not any(edit == other or (edit.start < other.end and other.start < edit.end) for other in kept):
            kept.append(edit)
    parts: list[str] = []
    end = 0
    for edit in sorted(kept, key=lambda edit: edit.start):
        parts += (text[end : edit.start + shift], edit.text)
        end = edit.end + shift
    return "".join((*parts, text[end:]))


def _described(finding: Finding, source: SourceFile) -> Expected:
    return Expected(
        at=_at(finding.span, source),
        words=source.slice(finding.span),
        severity=finding.severity.label,  # type: ignore[arg-type]
        message=finding.message,
        expected=finding.expected,
        help=finding.help,
        fix=finding.fix.title if finding.fix else None,
        applicability=finding.fix.applicability.label if finding.fix else None,  # type: ignore[arg-type]
        notes=finding.notes,
        references=finding.references,
        related=tuple(_pointer(related, source) for related in finding.related),
    )


def _pointer(related: Related, source: SourceFile) -> Pointer:
    """Return a place in the case's text, or in a file of its context."""
    own = related.source or source
    return Pointer(_at(related.span, own), own.slice(related.span), related.message)


def _at(span: Span, source: SourceFile) -> str:
    return "{}:{}".format(*source.position(span.start))
