"""Hover texts: the findings on the words below the cursor, and the requirements that the words meet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from zr4lint.knowledge.secrets import masked
from zr4lint.lsp.requirement_lines import Packs, document_line
from zr4lint.model.finding import Applicability, Finding, Rule, Witness
from zr4lint.model.quoting import code as quoted
from zr4lint.model.source import Span
from zr4lint.report.escaping import visible
from zr4lint.report.wording import demand, parts

if TYPE_CHECKING:
    from zr4lint.lsp.analysis import Analysis

MOST = 8
"""The most findings, and the most requirements, in one hover."""

_FIXES = {
    Applicability.SAFE: "safe",
    Applicability.UNSAFE: "needs judgement",
    Applicability.DISPLAY: "only shown",
}
_MARKUP = re.compile(r"\\(.)|\[((?:[^\]\\]|\\.)*)\]\([^)]*\)|<(https:[^>]*)>|\*\*")
_MARKS = re.compile(r"([\\`*_{}\[\]<>|~#!])")


def hover(analysis: Analysis, position: types.Position, packs: Packs, *, markdown: bool = True) -> types.Hover | None:
    """Return the hover for the words at a position, in Markdown or as plain text, or None if there is none."""
    if analysis.report is None:
        return None
    at = analysis.buffer.offset(position)
    place = Span(at, at)
    findings = analysis.findings_at(place)
    witnesses = analysis.witnesses_at(place) or _of_keyword(analysis, at)
    if not findings and not witnesses:
        return None
    texts = [_of_finding(finding, analysis, packs) for finding in findings[:MOST]]
    told = {finding.code for finding in findings}
    met = {witness.code: witness for witness in reversed(witnesses) if witness.code not in told}
    texts += [_of_witness(witness, analysis, packs) for witness in [*reversed(met.values())][:MOST]]
    left = max(len(findings) - MOST, 0) + max(len(met) - MOST, 0)
    if left:
        texts.append(f"and {left} more")
    spans = [*(finding.span for finding in findings), *(witness.span for witness in witnesses)]
    narrowest = min(spans, key=lambda span: span.end - span.start)
    text = "\n\n---\n\n".join(texts)
    kind, text = (types.MarkupKind.Markdown, text) if markdown else (types.MarkupKind.PlainText, _plain(text))
    return types.Hover(types.MarkupContent(kind, text), analysis.buffer.range(narrowest))


def _plain(text: str) -> str:
    """Return zr4lint's own Markdown without its markup; words in backticks stay unchanged."""
    pieces = re.split("(`[^`]+`)", text)
    return "".join(piece if number % 2 else _MARKUP.sub(_shown, piece) for number, piece in enumerate(pieces))


def _shown(mark: re.Match[str]) -> str:
    """Return the visible words of a link, of bold words or of an escaped character."""
    return next((words for words in mark.groups() if words is not None), "")


def _of_keyword(analysis: Analysis, at: int) -> list[Witness]:
    """Return all that an instruction meets, if its keyword is at an offset."""
    for one in analysis.linted.dockerfile.instructions if analysis.linted is not None else ():
        if one.keyword_span.start <= at <= one.keyword_span.end:
            return [w for w in analysis.witnesses if one.span.start <= w.span.start < one.span.end]
    return []


def _of_finding(finding: Finding, analysis: Analysis, packs: Packs) -> str:
    state = finding.severity.label
    if finding.suppressed:
        state = "suppressed"
    elif finding.conflict:
        state = "conflict"
    lines = [f"**{prose(finding.code)} {prose(finding.name)}** · {state}", prose(finding.message)]
    if finding.suppressed and finding.justification:
        lines.append(f"Reason: {prose(finding.justification)}")
    if against := demand(finding):
        lines.append(prose(against))
    if told := [f"- {name}: {_address(name, text)}" for name, text in parts(finding)]:
        lines.append("\n".join(told))
    if finding.fix is not None:
        lines.append(f"Fix ({_FIXES[finding.fix.applicability]}): {prose(finding.fix.title)}")
    _, rule = analysis.rules.get(finding.code, (None, None))
    if rule is not None:
        lines += _rule(rule, analysis, packs)
    return "\n\n".join(lines)


def _of_witness(witness: Witness, analysis: Analysis, packs: Packs) -> str:
    assert analysis.report is not None
    _, rule = analysis.rules[witness.code]
    source = analysis.report.source
    return "\n\n".join(
        [
            f"**{prose(rule.code)} {prose(rule.name)}** · met",
            *_rule(rule, analysis, packs),
            f"Witness: line {source.line_of(witness.span.start)}, {prose(quoted(source.slice(witness.span), 60))}",
        ]
    )


def _rule(rule: Rule, analysis: Analysis, packs: Packs) -> Sequence[str]:
    """Return the hover text of a rule: summary, reason and source."""
    told = [f"{prose(rule.summary)}", f"Why: {prose(rule.why)}", *_document(rule, packs)]
    return [*told, " · ".join(_origin(rule, analysis, packs))]


def _document(rule: Rule, packs: Packs) -> Iterator[str]:
    """Yield the line of the document that a rule comes from, with its words."""
    place = document_line(rule.origin) if rule.origin is not None else None
    if rule.origin is None or place is None:
        return
    words = packs.words(place)
    link = f"[{prose(rule.origin.document)}, line {rule.origin.line}]({place.uri}#L{rule.origin.line})"
    yield f"{link}: {prose(quoted(masked(words).replace('`', ' '), 100))}" if words else link


def _origin(rule: Rule, analysis: Analysis, packs: Packs) -> Iterator[str]:
    pack, _ = analysis.rules.get(rule.code, (None, rule))
    if rule.source:
        yield prose(rule.source)
    if pack is not None:
        section = next((s for s in pack.sections if s.number == rule.section), None)
        if section is not None and section.layer is not None and section.lines is not None:
            yield f"layer {section.layer} {prose(section.title)}, lines {section.lines[0]} to {section.lines[1]}"
        place = packs.location(rule.code, analysis)
        if place is not None:
            line = place.range.start.line + 1
            yield f"[pack {prose(pack.name)}, line {line}]({place.uri}#L{line})"


def prose(text: str) -> str:
    """Escape all markup but words in backticks, since an editor would fetch links and images of a file."""
    pieces = re.split("(`[^`]+`)", visible(text))
    return "".join(piece if number % 2 else _MARKS.sub(r"\\\1", piece) for number, piece in enumerate(pieces))


def _address(name: str, text: str) -> str:
    """Return a part of a finding; a reference that is an address becomes a link."""
    if name == "reference" and re.fullmatch(r"https://[\w./#?=&%+-]+", text):
        return f"<{text}>"
    return prose(text)
