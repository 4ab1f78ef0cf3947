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
    """Lint a text.

    `packs` are names or files; without them the packs are used that match `path`, as on the command line. `path` is
    otherwise only shown. The report is plain data that can be pickled.

    Raises PackError for a pack that can't be used, and TimeUpError if the text takes more than `max_time` seconds of
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
    """Lint a file; the build context is its folder unless `options` name another.

    `others` of the report holds reports on the files of the context that the build installs from, such as
    requirements.txt, as far as there are findings in them.

    Raises FileError if it can't be read, and PackError for a pack that can't be used.
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
    """Apply the safe fixes to a text, and with `unsafe` those that need judgement.

    The result has the new `text`, the `report` on it, the number of findings that were `fixed`, and why fixes were
    `refused`.

    >>> import zr4lint
    >>> zr4lint.fix_text("FROM debian:12-slim\\nRUN apt-get install git\\n", packs="core").text
    'FROM debian:12-slim\\nRUN apt-get install -y git\\n'
    """
    level = Applicability.UNSAFE if unsafe else Applicability.SAFE
    return repair(SourceFile(text, path), Linter(_packs(packs, path), options), level)


def render(*reports: FileReport, format: str = "text", packs: str | Sequence[str] | None = None) -> str:  # noqa: A002
    """The text of reports in a format of the command line.

    `packs` are those that the reports were made with; formats that describe rules need them. Tokens of known forms are
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
