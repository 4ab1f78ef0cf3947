"""Code actions: fix one finding, fix all, suppress a rule here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from lsprotocol import types
from msgspec import Struct, structs

from zr4lint.fixing.application import apply_fixes
from zr4lint.fixing.proof import worse
from zr4lint.fixing.repair import repair
from zr4lint.linting.pipeline import Linter
from zr4lint.linting.suppressions.insertion import add_suppressions
from zr4lint.model.deadline import Deadline
from zr4lint.model.finding import Applicability, Edit, Finding
from zr4lint.model.source import SourceFile, Span
from zr4lint.report.wording import listed

if TYPE_CHECKING:
    from zr4lint.lsp.analysis import Analysis
    from zr4lint.lsp.buffers import Buffer

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.zr4lint"
KINDS = (types.CodeActionKind.QuickFix, FIX_ALL)
REASON = "TODO: give the reason"
"""The placeholder for the reason in a new suppression."""


class Abilities(Struct, frozen=True):
    """The client's capabilities for actions: resolving edits later, and edits for a version of a text."""

    resolves: bool
    versions: bool


MOST = 10
"""The most findings of a range whose fixes are tried."""

PATIENCE = 1.0
"""The seconds of processor time after which no further fix is tried."""


def actions(
    analysis: Analysis,
    place: types.Range,
    context: types.CodeActionContext,
    client: Abilities,
    deadline: Deadline,
) -> list[types.CodeAction]:
    """Return the requested actions for a range; raises TimeUpError when the deadline passes.

    If the client resolves actions, the edit of "fix all" is computed only when it is chosen.
    """
    if analysis.linted is None or analysis.linter is None:
        return []
    found: list[types.CodeAction] = []
    if _wanted(types.CodeActionKind.QuickFix.value, context):
        touched = analysis.findings_at(analysis.buffer.span(place))
        shown = [f for f in touched if not f.suppressed and listed(f, analysis.linted.report)]
        found += _fixes(analysis, shown, context.diagnostics, client, deadline)
        found += _suppressions(analysis, shown, context.diagnostics, client)
    if _wanted(FIX_ALL, context) and any(_is_safe(finding) for finding in analysis.findings):
        later = types.CodeAction(
            title="Apply all safe fixes of zr4lint", kind=FIX_ALL, data={"uri": analysis.buffer.uri}
        )
        found += [later] if client.resolves and not context.only else fix_all(later, analysis, client, deadline)
    return found


def fix_all(
    action: types.CodeAction, analysis: Analysis, client: Abilities, deadline: Deadline
) -> list[types.CodeAction]:
    """Return the action with the edits that `zr4lint --fix` makes, or none if there are no edits."""
    if analysis.linted is None or analysis.linter is None:
        return []
    source = analysis.linted.report.source
    done = repair(source, _linter(analysis.linter, deadline), Applicability.SAFE)
    if done.text == source.text:
        return []
    action.edit = _edit(client, analysis.buffer, difference(source.text, done.text))
    return [action]


def _is_safe(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is Applicability.SAFE and not finding.suppressed


def _wanted(kind: str, context: types.CodeActionContext) -> bool:
    """Return whether the client requested actions of a kind: it names the kind, a parent kind, or no kind."""
    kinds = [getattr(only, "value", only) for only in context.only or ()]
    return not context.only or any(not only or f"{kind}.".startswith(f"{only}.") for only in kinds)


def _fixes(
    analysis: Analysis,
    findings: Sequence[Finding],
    known: Sequence[types.Diagnostic],
    client: Abilities,
    deadline: Deadline,
) -> Iterator[types.CodeAction]:
    """Yield the actions for applicable fixes that do no harm."""
    fixable = [f for f in findings if f.fix is not None and f.fix.applicability is not Applicability.DISPLAY]
    for finding in _proven(analysis, fixable[:MOST], deadline):
        if finding.fix is None:
            continue
        safe = finding.fix.applicability is Applicability.SAFE
        yield types.CodeAction(
            title=f"{finding.fix.title} ({finding.code}{'' if safe else ', unsafe'})",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=_those_of(finding, analysis.buffer, known),
            is_preferred=safe or None,
            edit=_edit(client, analysis.buffer, finding.fix.edits),
        )


def _proven(analysis: Analysis, findings: Sequence[Finding], deadline: Deadline) -> Iterator[Finding]:
    """Yield the findings whose fixes leave a text that parses, with no new error and not more findings."""
    linted, linter = analysis.linted, analysis.linter
    if not findings or linted is None or linter is None or linted.dockerfile.errors:
        return
    every = _linter(linter, deadline).of_every_rule(merges=False)
    source = linted.report.source
    patience = Deadline(PATIENCE)
    before = every.lint(source)
    for finding in findings:
        if patience.passed:
            return
        text = apply_fixes(source.text, [finding.fix] if finding.fix is not None else [])
        if worse(before, every.lint(SourceFile(text, source.path, bom=source.bom))) is None:
            yield finding


def _suppressions(
    analysis: Analysis, findings: Iterable[Finding], known: Sequence[types.Diagnostic], client: Abilities
) -> Iterator[types.CodeAction]:
    """Yield an action for each reported rule that adds a suppression comment above the instruction."""
    linted = analysis.linted
    for finding in {finding.code: finding for finding in findings}.values():
        if linted is None or finding.code.startswith("ZL"):
            continue
        alone = structs.replace(linted.report, findings=(finding,))
        new = add_suppressions(linted.dockerfile, alone, REASON)
        yield types.CodeAction(
            title=f"Suppress {finding.code} here",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=_those_of(finding, analysis.buffer, known),
            edit=_edit(client, analysis.buffer, difference(linted.report.source.text, new.text)),
        )


def difference(old: str, new: str) -> list[Edit]:
    """Return the edits that turn one text into another, each of whole lines.

    Common lines at the start and end are removed first, since comparing long texts of similar lines is slow.
    """
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    starts = [sum(map(len, before[:head]))]
    before, after = before[head : len(before) - tail], after[head : len(after) - tail]
    for line in before:
        starts.append(starts[-1] + len(line))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        Edit(starts[first], starts[last], "".join(after[start:end]))
        for kind, first, last, start, end in matcher.get_opcodes()
        if kind != "equal"
    ]


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the number of lines at the start that two texts have in common."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _linter(linter: Linter, deadline: Deadline) -> Linter:
    """Return the same linter with another deadline."""
    return Linter(linter.packs, linter.options, linter.baseline, deadline)


def _those_of(finding: Finding, buffer: Buffer, known: Sequence[types.Diagnostic]) -> list[types.Diagnostic] | None:
    """Return the diagnostics of the client that show a finding."""
    place = buffer.range(finding.span)
    return [one for one in known if one.code == finding.code and one.range == place] or None


def _edit(client: Abilities, buffer: Buffer, edits: Iterable[Edit]) -> types.WorkspaceEdit:
    """Return edits of a text, with the version of the text if the client supports it."""
    changes = [types.TextEdit(buffer.range(Span(edit.start, edit.end)), edit.text) for edit in edits]
    if not client.versions:
        return types.WorkspaceEdit(changes={buffer.uri: changes})
    document = types.OptionalVersionedTextDocumentIdentifier(uri=buffer.uri, version=buffer.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, [*changes])])
