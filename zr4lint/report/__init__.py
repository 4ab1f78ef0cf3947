"""The formats a report is written in: one module a format, and the table that lists them.

`FORMATS[name].render(report, options)` gives the whole text of one report, which ends in a newline unless it is empty.
Only the module of the format asked for is imported, and only the colours of a terminal need rich.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from zr4lint.model.finding import Report


class Options(Struct, frozen=True):
    """How a report is written.

    `width` is the terminal's; 0 tells that the output is no terminal: then the first line of a finding is never
    broken, and the rest fits 80 columns. With a `color` of None the stream decides. With `links` codes lead to their
    pages. `quiet` leaves only the findings, `verbose` adds what the rules say of themselves, `statistics` counts the
    findings of each rule, `table` shows how far files conform. `exit_code` and `version` are stated by SARIF. `errors`
    say which paths could not be linted, and why. `early` is what was written of each file before the last was linted.
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
    """A row of the table: the module that writes the format, and what it is good for.

    The module has a function `render` that gives the whole text, or `pieces` that gives it piece by piece, so that the
    report of very many files is never in memory at once. A format that `tells_errors` names the paths that could not be
    linted, and so is written where no file was. One that `writes_early` can write what there is to say of a file while
    others are still being linted.
    """

    module: str
    summary: str
    tells_errors: bool = False
    writes_early: bool = False

    @property
    def early(self) -> Callable[..., str] | None:
        """The function that writes one file's part early; None where the format needs the whole report."""
        return import_module(self.module).early if self.writes_early else None

    def render(self, report: Report, options: Options) -> str:
        """Write the report."""
        return "".join(self.pieces(report, options))

    def pieces(self, report: Report, options: Options) -> Iterator[str]:
        """Write the report, piece by piece."""
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
"""Each format's name on the command line."""
