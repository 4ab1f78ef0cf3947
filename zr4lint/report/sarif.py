"""SARIF 2.1.0, for code scanning services and editors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from zr4lint.filesystem.paths import from_root
from zr4lint.model.finding import Edit, FileReport, Finding, Fix, Report, Rule, Severity
from zr4lint.model.fingerprint import fingerprints
from zr4lint.model.pages import SITE, page_of
from zr4lint.model.source import SourceFile, Span
from zr4lint.report.escaping import json_pieces, well_formed
from zr4lint.report.markdown import escaped as inert
from zr4lint.report.wording import parts

if TYPE_CHECKING:
    from zr4lint.report import Options

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
PROBLEM_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
LONGEST_SNIPPET = 4000
MOST_RESULTS = 25_000
"""The most results of a run; code scanning services refuse more."""

_UNRESERVED = str.maketrans("", "", "-._~/")

Object = dict[str, Any]


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the report as ASCII JSON."""
    index = {rule.code: number for number, rule in enumerate(report.rules)}
    results = islice((result for file in report.files for result in _results(file, index)), MOST_RESULTS)
    run = {
        "tool": {
            "driver": {
                "name": "zr4lint",
                "version": options.version,
                "semanticVersion": options.version,
                "informationUri": SITE,
                "rules": map(descriptor, report.rules),
            }
        },
        "invocations": [_invocation(report, options)],
        "originalUriBaseIds": {
            "%SRCROOT%": {
                "description": {"text": "The root of the repository, or else the folder that zr4lint was run in."}
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    yield from json_pieces({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    yield "\n"


def _invocation(report: Report, options: Options) -> Object:
    """Return the invocation record; it is successful if at least one path was linted or no path failed."""
    invocation: Object = {
        "executionSuccessful": not options.errors or bool(report.files),
        "exitCode": options.exit_code,
    }
    if options.errors:
        invocation["toolConfigurationNotifications"] = [
            {"level": "error", "message": {"text": f"{_plain(error.removesuffix('.'))}."}} for error in options.errors
        ]
    left_out = report.tally.findings - MOST_RESULTS
    if left_out > 0:
        words = f"{left_out} more findings are not in this report, which holds {MOST_RESULTS} at most."
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": words}}]
    return invocation


def _suppression(finding: Finding) -> Object:
    suppression = {"kind": "external" if finding.external else "inSource", "status": "accepted"}
    if finding.justification:
        suppression["justification"] = well_formed(finding.justification)
    return suppression


def _results(file: FileReport, index: Mapping[str, int]) -> Iterator[Object]:
    marks = fingerprints(file.source, file.findings)
    for finding, mark in zip(file.findings, marks, strict=True):
        yield _result(finding, file.source, mark, index)


def _result(finding: Finding, source: SourceFile, mark: str, index: Mapping[str, int]) -> Object:
    result: Object = {"ruleId": finding.code}
    if finding.code in index:
        result["ruleIndex"] = index[finding.code]
    result |= {
        "level": LEVELS[finding.severity],
        "message": _message(finding),
        "locations": [{"physicalLocation": physical_location(finding.path, source, finding.span, context=True)}],
        "partialFingerprints": {"zr4lint/v1": mark},
        "suppressions": [_suppression(finding)] if finding.suppressed else [],
    }
    if related := [*_related(finding, source)]:
        result["relatedLocations"] = related
    if properties := _properties(finding):
        result["properties"] = properties
    if finding.fix and finding.fix.edits:
        result["fixes"] = [_fix(finding.fix, finding.path, source)]
    return result


def _related(finding: Finding, source: SourceFile) -> Iterator[Object]:
    """Yield the related places, and the line of the document that states the requirement."""
    for number, related in enumerate(finding.related, 1):
        elsewhere = related.source
        place = (finding.path, source) if elsewhere is None else (elsewhere.path, elsewhere)
        yield {
            "id": number,
            "message": {"text": _plain(related.message)},
            "physicalLocation": physical_location(*place, related.span),
        }
    origin = finding.origin
    if origin is not None and origin.path is not None and not origin.stale:
        yield {
            "id": len(finding.related) + 1,
            "message": {"text": _plain(origin.words)},
            "physicalLocation": {
                "artifactLocation": artifact(origin.path),
                "region": {"startLine": origin.line},
            },
        }


def _message(finding: Finding) -> Object:
    """Return the message as text, and as markdown that includes the notes, the help and the other parts."""
    text = _plain(f"{finding.message.removesuffix('.')}.")
    lines = [f"**{name.capitalize()}:** {inert(words)}" for name, words in parts(finding)]
    return {"text": text, "markdown": _paragraphs(inert(text), *lines)} if lines else {"text": text}


def _properties(finding: Finding) -> Object:
    """Return the parts of a finding for which SARIF has no property."""
    named = {
        "notes": [*map(well_formed, finding.notes)],
        "help": finding.help and well_formed(finding.help),
        "references": [*map(well_formed, finding.references)],
        "expected": finding.expected and well_formed(finding.expected),
        "requirement": finding.requirement and well_formed(finding.requirement),
        "source": finding.source and well_formed(finding.source),
        "conflict": finding.conflict,
    }
    return {name: value for name, value in named.items() if value}


def _plain(text: str) -> str:
    """Return text in which a viewer finds no `[words](target)` link."""
    if "](" in text:
        text = text.replace("[", "\\[").replace("]", "\\]")
    return well_formed(text)


def _fix(fix: Fix, path: str, source: SourceFile) -> Object:
    replacements = [
        {"deletedRegion": region(source, edit), "insertedContent": {"text": well_formed(edit.text)}}
        for edit in fix.edits
    ]
    return {
        "description": {"text": _plain(fix.title)},
        "artifactChanges": [{"artifactLocation": artifact(path), "replacements": replacements}],
        "properties": {"applicability": fix.applicability.label},
    }


def descriptor(rule: Rule) -> Object:
    """Return the reporting descriptor of a rule."""
    layer = [] if rule.layer is None else [f"layer-{rule.layer}"]
    summary, why = _sentence(rule.summary), well_formed(rule.why.strip())
    examples = [(head, well_formed(code.rstrip())) for head, code in (("Bad", rule.bad), ("Good", rule.good)) if code]
    source = well_formed(f"Source: {rule.source}")
    security = {} if rule.security is None else {"security-severity": f"{rule.security:.1f}"}
    return {
        "id": rule.code,
        "name": "".join(map(str.capitalize, rule.name.split("-"))),
        "shortDescription": {"text": summary},
        "fullDescription": {"text": _sentence(why) if why else summary},
        "help": {
            "text": _paragraphs(summary, why, source, *(f"{head}:\n{code}" for head, code in examples)),
            "markdown": _paragraphs(
                f"**{inert(summary)}**",
                inert(why),
                inert(source),
                *(f"{head}:\n\n{_fenced(code)}" for head, code in examples),
            ),
        },
        "helpUri": page_of(rule.code) or SITE,
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": ["dockerfile", *layer, *(["security"] if security else []), *rule.aliases],
            "precision": "very-high",
            "problem.severity": PROBLEM_SEVERITIES[rule.severity],
            **security,
        },
    }


def _sentence(text: str) -> str:
    return well_formed(f"{text.strip().removesuffix('.')}.")


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))


def _fenced(code: str) -> str:
    """Return a fenced Dockerfile block; the fence is longer than any row of backticks in the code."""
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}dockerfile\n{code}\n{fence}"


def artifact(path: str) -> Object:
    """Return the artifact location of a path: relative to %SRCROOT%, unless it is absolute."""
    path = from_root(path)
    if path.startswith("/"):
        return {"uri": f"file://{escaped(path)}"}
    return {"uri": escaped(path), "uriBaseId": "%SRCROOT%"}


def escaped(path: str) -> str:
    """Return a POSIX path as the path of a URI."""
    if path.isascii() and path.translate(_UNRESERVED).isalnum():
        return path
    from urllib.parse import quote

    return quote(well_formed(path))


def physical_location(path: str, source: SourceFile, span: Span, *, context: bool = False) -> Object:
    """Return a span with its words and, with `context`, its neighbouring lines; both are left out if too long."""
    place: Object = {"artifactLocation": artifact(path), "region": region(source, span)}
    if span.end - span.start <= LONGEST_SNIPPET:
        place["region"]["snippet"] = {"text": well_formed(source.slice(span))}
    if context:
        around = _context(source, span)
        if span.end - span.start < around.end - around.start <= LONGEST_SNIPPET:
            snippet = {"text": well_formed(source.slice(around))}
            place["contextRegion"] = region(source, around) | {"snippet": snippet}
    return place


def region(source: SourceFile, span: Span | Edit) -> Object:
    """Return the four numbers of a region, counted from 1, with an exclusive end column."""
    (line, column), (end_line, end_column) = source.position(span.start), source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _context(source: SourceFile, span: Span) -> Span:
    """Return the lines of a span, with one line before and one after."""
    first = max(source.line_of(span.start) - 1, 1)
    last = min(source.line_of(span.end) + 1, len(source.line_starts))
    return Span(source.line_starts[first - 1], max(source.line_span(last).end, span.end))
