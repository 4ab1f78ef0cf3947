"""JUnit XML, which most CI servers read: each file is a test suite, each finding a failed test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.filesystem.paths import from_root
from zr4lint.model.finding import FileReport, Finding, Report, Severity
from zr4lint.report.escaping import visible, without_marks
from zr4lint.report.wording import parts, whole_message

if TYPE_CHECKING:
    from zr4lint.report import Options

ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the text of the report in pieces."""
    failures, tests = 0, len(options.errors)
    for file in report.files:
        failures += sum(not _skipped(finding) for finding in file.findings)
        tests += max(len(file.findings), 1)
    total = attributes(name="zr4lint", tests=tests, failures=failures, errors=len(options.errors))
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {total}>\n'
    for file in report.files:
        yield "".join(f"{line}\n" for line in _suite(file))
    if options.errors:
        yield "".join(f"{line}\n" for line in _not_linted(options.errors))
    yield "</testsuites>\n"


def _suite(file: FileReport) -> Iterator[str]:
    skipped = sum(map(_skipped, file.findings))
    counts = {"tests": max(len(file.findings), 1), "failures": len(file.findings) - skipped, "errors": 0}
    yield f"  <testsuite {attributes(name=file.source.path, **counts, skipped=skipped)}>"
    for finding in file.findings:
        yield from _case(finding, file)
    if not file.findings:
        path = file.source.path
        yield f"    <testcase {attributes(classname=path, name='no findings', file=from_root(path))}/>"
    yield "  </testsuite>"


def _case(finding: Finding, file: FileReport) -> Iterator[str]:
    line, column = file.source.position(finding.span.start)
    name = f"{finding.code} {finding.name} at {line}:{column}"
    yield f"    <testcase {attributes(classname=finding.path, name=name, file=from_root(finding.path), line=line)}>"
    if _skipped(finding):
        message = finding.message if finding.suppressed else whole_message(finding)
        yield f"      <skipped {attributes(message=message)}/>"
    else:
        text = "\n".join(escaped(line) for line in _words(finding, line, column))
        yield f"      <failure {attributes(message=finding.message, type=finding.severity.label)}>{text}</failure>"
    yield "    </testcase>"


def _skipped(finding: Finding) -> bool:
    """Return whether a finding fails no test: it is suppressed, or it is a conflict that is only counted."""
    return finding.suppressed or (finding.conflict is not None and finding.severity is Severity.INFO)


def _words(finding: Finding, line: int, column: int) -> Iterator[str]:
    yield f"{finding.path}:{line}:{column}: {finding.message}"
    for name, words in parts(finding):
        yield f"{name}: {words}"
    if finding.requirement:
        yield f"required by: {finding.requirement}"
    if finding.source:
        yield f"source: {finding.source}"
    if finding.fix:
        yield f"fix ({finding.fix.applicability.label}): {finding.fix.title}"


def _not_linted(errors: tuple[str, ...]) -> Iterator[str]:
    counts = {"tests": len(errors), "failures": 0, "errors": len(errors), "skipped": 0}
    yield f"  <testsuite {attributes(name='not linted', **counts)}>"
    for error in errors:
        yield f"    <testcase {attributes(classname='not linted', name=error)}>"
        yield f"      <error {attributes(message=error)}/>"
        yield "    </testcase>"
    yield "  </testsuite>"


def attributes(**values: str | int) -> str:
    """Return the attributes of an element, escaped."""
    return " ".join(f'{name}="{escaped(str(value))}"' for name, value in values.items())


def escaped(text: str) -> str:
    """Escape text for elements and attributes; characters that XML does not allow become visible escapes."""
    return without_marks(visible(text).translate(ENTITIES), "&#35;")
