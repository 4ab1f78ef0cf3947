"""The report formats: one module for each format, and the table `FORMATS` that lists them.

`FORMATS[name].render(report, options)` returns the whole text of one report. The text is empty or ends in a newline.
Only the module of the requested format is imported. Only coloured output imports rich.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from zr4lint.model.finding import Report


class Options(Struct, frozen=True):
    """The options of a report.

    `width` is the width of the terminal in columns. It is 0 if the output is not a terminal: then the first line of a
    finding is not wrapped, and the rest fits 80 columns. If `color` is None, the stream decides. `links` links codes to
    their pages. `quiet` shows only the findings, `verbose` adds the reasons of the rules, `statistics` counts the
    findings of each rule, and `table` shows the conformance tables. SARIF records `exit_code` and `version`. `errors`
    lists the paths that could not be linted, with the reasons. `early` holds the text of each file that was written
    before the last file was linted.
    """

    width: int = 0
    color: bool | None = False
    links: bool = False
    quiet: bool = False
    verbose: bool = False
    statistics: bool = False
    table: bool = True
    exit_code: int = 0
    version: str = "0"
    errors: tuple[str, ...] = ()
    early: Sequence[str] = ()


class Format(Struct, frozen=True):
    """A row of the format table: the module that writes the format, and a summary for the command line.

    The module has a function `render` that returns the whole text, or a function `pieces` that yields it in pieces, so
    that a report on very many files is never in memory at once. If `tells_errors` is set, the format lists the paths
    that could not be linted, so a report is written even if no file was linted. If `writes_early` is set, the format
    can write the findings of a file while other files are still being linted.
    """

    module: str
    summary: str
    tells_errors: bool = False
    writes_early: bool = False

    @property
    def early(self) -> Callable[..., str] | None:
        """Return the function that writes the part of one file early, or None if the format needs the whole report."""
        return import_module(self.module).early if self.writes_early else None

    def render(self, report: Report, options: Options) -> str:
        """Return the text of the report."""
        return "".join(self.pieces(report, options))

    def pieces(self, report: Report, options: Options) -> Iterator[str]:
        """Yield the text of the report in pieces."""
        module = import_module(self.module)
        if hasattr(module, "pieces"):
            yield from module.pieces(report, options)
        else:
            yield module.render(report, options)


FORMATS: Mapping[str, Format] = {
    "text": Format(
        "zr4lint.report.text", "findings in their source lines, and the conformance table", writes_early=True
    ),
    "concise": Format("zr4lint.report.concise", "one line a finding"),
    "json": Format("zr4lint.report.json_v1", "everything, for programs"),
    "jsonl": Format("zr4lint.report.jsonl", "one line of JSON a file, with its counts", True),
    "sarif": Format("zr4lint.report.sarif", "SARIF 2.1.0, for code scanning", True),
    "github": Format("zr4lint.report.github", "workflow commands, for annotations on GitHub", True),
    "gitlab": Format("zr4lint.report.gitlab", "Code Quality, for merge requests on GitLab"),
    "junit": Format("zr4lint.report.junit", "JUnit's XML, for test reports", True),
    "checkstyle": Format("zr4lint.report.checkstyle", "Checkstyle's XML, for Jenkins and other servers"),
    "sonarqube": Format("zr4lint.report.sonarqube", "generic issues, for SonarQube"),
    "rdjson": Format("zr4lint.report.rdjson", "diagnostics with suggestions, for reviewdog"),
    "azure": Format("zr4lint.report.azure", "logging commands, for Azure Pipelines", True),
    "markdown": Format("zr4lint.report.markdown", "a summary for a pull request or a workflow's step", True),
    "html": Format("zr4lint.report.page", "one page for a browser: requirements beside the file", True),
}
"""The formats by their names on the command line."""
