"""The functions that `zr4lint` exports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zr4lint.filesystem.paths import display
from zr4lint.filesystem.sources import FileError, read
from zr4lint.fixing.repair import Repaired, repair
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.masking import without_secrets
from zr4lint.linting.pipeline import Linter
from zr4lint.model.deadline import Deadline, TimeUpError
from zr4lint.model.finding import (
    Applicability,
    Conformance,
    Edit,
    FileReport,
    Finding,
    Fix,
    Related,
    Report,
    Rule,
    Severity,
)
from zr4lint.model.source import SourceFile, Span
from zr4lint.packs.own_rules import OWN_RULES
from zr4lint.packs.problems import PackError
from zr4lint.packs.rulebook import load, shipped
from zr4lint.report import FORMATS, Options

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack

__all__ = [
    "Applicability",
    "Conformance",
    "Edit",
    "FileError",
    "FileReport",
    "Finding",
    "Fix",
    "LintOptions",
    "PackError",
    "Related",
    "Repaired",
    "Rule",
    "Severity",
    "SourceFile",
    "Span",
    "TimeUpError",
    "fix_text",
    "lint_file",
    "lint_text",
    "render",
]


def lint_text(
    text: str,
    *,
    path: str = "Dockerfile",
    packs: str | Sequence[str] | None = None,
    options: LintOptions | None = None,
    max_time: float | None = None,
) -> FileReport:
    """Lint a text and return the report.

    `packs` are names or files. Without `packs`, the shipped packs that match `path` are used. The report shows `path`,
    which is not read. The report is plain data that can be pickled.

    Raises PackError for a pack that cannot be used, and TimeUpError if the text takes more than `max_time` seconds of
    processor time. It raises nothing else for any text.

    >>> import zr4lint
    >>> report = zr4lint.lint_text("FROM ubuntu\\n", packs="zr4")
    >>> [(finding.code, finding.line, finding.column) for finding in report.findings][:1]
    [('ZR0101', 1, 1)]
    """
    return Linter(_packs(packs, path), options, deadline=Deadline(max_time)).lint(SourceFile(text, path)).report


def lint_file(
    path: str | os.PathLike[str],
    *,
    packs: str | Sequence[str] | None = None,
    options: LintOptions | None = None,
) -> FileReport:
    """Lint a file and return the report; without `options`, the build context is the folder of the file.

    `others` of the report are the reports on files of the context that the build installs from, such as
    requirements.txt, if they have findings.

    Raises FileError if the file cannot be read, and PackError for a pack that cannot be used.
    """
    file = os.fspath(path)
    source = read(file, display(file))
    options = options or LintOptions(context=os.path.dirname(file) or ".", context_assumed=True)
    return Linter(_packs(packs, file), options).lint(source).report


def fix_text(
    text: str,
    *,
    path: str = "Dockerfile",
    packs: str | Sequence[str] | None = None,
    options: LintOptions | None = None,
    unsafe: bool = False,
) -> Repaired:
    """Apply the safe fixes to a text; `unsafe` adds the fixes that need judgement.

    The result has the new `text`, the `report` on it, the number of `fixed` findings, and the reason why fixes
    were `refused`.

    >>> import zr4lint
    >>> zr4lint.fix_text("FROM debian:12-slim\\nRUN apt-get install git\\n", packs="core").text
    'FROM debian:12-slim\\nRUN apt-get install -y git\\n'
    """
    level = Applicability.UNSAFE if unsafe else Applicability.SAFE
    return repair(SourceFile(text, path), Linter(_packs(packs, path), options), level)


def render(*reports: FileReport, format: str = "text", packs: str | Sequence[str] | None = None) -> str:  # noqa: A002
    """Return reports as text, in a format of the command line.

    `packs` are the packs of the reports; formats that describe rules need them. Tokens of known forms are
    replaced by stars.

    Raises KeyError for an unknown format.
    """
    used = (pack for report in reports for pack in _packs(packs, report.source.path))
    rules = {rule.rule.code: rule.rule for pack in used for rule in pack.rules}
    shown = tuple(without_secrets(one) for report in reports for one in (report, *report.others))
    return FORMATS[format].render(Report(shown, (*rules.values(), *OWN_RULES)), Options())


def _packs(names: str | Sequence[str] | None, path: str) -> Sequence[Pack]:
    if names is None:
        return [pack for pack in shipped() if pack.claims(path)]
    return [load(name) for name in ([names] if isinstance(names, str) else names)]
