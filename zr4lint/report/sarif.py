"""SARIF 2.1.0, as code scanning services and editors read it."""

from __future__ import annotations

from collections.abc import Mapping

from zr4lint.finding import FileReport, Finding, Fix, Report
from zr4lint.fingerprint import fingerprints
from zr4lint.report import Options
from zr4lint.report.parts import whole_message
from zr4lint.report.safe import json_text, well_formed
from zr4lint.report.sarif_places import Object, artifact, physical_location, region
from zr4lint.report.sarif_rules import HOME, LEVELS, descriptor
from zr4lint.source import SourceFile

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(report: Report, options: Options) -> str:
    """Write the report; all of it is ASCII."""
    index = {rule.code: number for number, rule in enumerate(report.rules)}
    run = {
        "tool": {
            "driver": {
                "name": "zr4lint",
                "version": options.version,
                "semanticVersion": options.version,
                "informationUri": HOME,
                "rules": [descriptor(rule) for rule in report.rules],
            }
        },
        "invocations": [_invocation(options)],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The folder that zr4lint was run in."}}},
        "columnKind": "unicodeCodePoints",
        "results": [result for file in report.files for result in _results(file, index)],
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _invocation(options: Options) -> Object:
    """How the run went: it succeeded if everything that was asked for could be linted."""
    invocation: Object = {"executionSuccessful": not options.errors, "exitCode": options.exit_code}
    if options.errors:
        invocation["toolConfigurationNotifications"] = [
            {"level": "error", "message": {"text": f"{_plain(error.removesuffix('.'))}."}} for error in options.errors
        ]
    return invocation


def _suppression(finding: Finding) -> Object:
    suppression = {"kind": "external" if finding.external else "inSource", "status": "accepted"}
    if finding.justification:
        suppression["justification"] = well_formed(finding.justification)
    return suppression


def _results(file: FileReport, index: Mapping[str, int]) -> list[Object]:
    marks = fingerprints(file)
    return [_result(finding, file.source, mark, index) for finding, mark in zip(file.findings, marks, strict=True)]


def _result(finding: Finding, source: SourceFile, mark: str, index: Mapping[str, int]) -> Object:
    result: Object = {"ruleId": finding.code}
    if finding.code in index:
        result["ruleIndex"] = index[finding.code]
    result |= {
        "level": LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": physical_location(finding.path, source, finding.span, context=True)}],
        "partialFingerprints": {"zr4lint/v1": mark},
        "suppressions": [_suppression(finding)] if finding.suppressed else [],
    }
    if finding.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": _plain(related.message)},
                "physicalLocation": physical_location(finding.path, source, related.span),
            }
            for number, related in enumerate(finding.related, 1)
        ]
    if finding.conflict:
        result["properties"] = {"conflict": finding.conflict}
    if finding.fix and finding.fix.edits:
        result["fixes"] = [_fix(finding.fix, finding.path, source)]
    return result


def _message(finding: Finding) -> str:
    requirement = f" Required by {finding.requirement}." if finding.requirement else ""
    source = f" Source: {finding.source}." if finding.source else ""
    return _plain(f"{whole_message(finding)}{requirement}{source}")


def _plain(text: str) -> str:
    """Text that holds no link: a viewer would make one of `[words](target)`."""
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
