"""`zr4lint prd`: documents that specify a Dockerfile."""

from __future__ import annotations

import sys

import click

from zr4lint.cli.options import a_file, no_folder


@click.group("prd")
def command() -> None:
    """Check documents that specify a Dockerfile."""


@command.command("check")
@click.argument("documents", nargs=-1, required=True, type=a_file, metavar="FILE.md...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "concise", "json", "sarif", "github"]),
    default="text",
    help="Default: text.",
)
@click.option("--output", "-o", type=no_folder, metavar="FILE", help="Write the report to a file.")
@click.option("--all", "everything", is_flag=True, help="List the demands that can't be compiled, too.")
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR in the environment does the same.")
@click.pass_context
def check(
    ctx: click.Context, documents: tuple[str, ...], form: str, output: str | None, everything: bool, no_color: bool
) -> None:
    """Find what is wrong in a document: contradictions, checks that decide nothing, recoveries that break things.

    Nothing in a document is run. Its verification commands are interpreted on the text that it asks for, and on the
    text before the change.

    \b
    zr4lint prd check Dockerfile.prd.md

    Exit code: 0 no errors, 1 errors, 2 wrong usage or a file that can't be read.
    """
    import os

    from msgspec import structs

    from zr4lint import __version__
    from zr4lint.cli.output import save
    from zr4lint.documents.check import check as find
    from zr4lint.filesystem.paths import display
    from zr4lint.filesystem.sources import read
    from zr4lint.model.finding import Report, Severity
    from zr4lint.packs.document_rules import DOCUMENT_RULES, NOT_COMPILED
    from zr4lint.report import FORMATS, Options

    reports = [find(read(path, display(path))) for path in documents]
    if not everything:
        reports = [
            structs.replace(report, findings=tuple(f for f in report.findings if f.code != NOT_COMPILED.code))
            for report in reports
        ]
    report = Report(tuple(reports), DOCUMENT_RULES)
    color = sys.stdout.isatty() and output is None and not no_color and not os.environ.get("NO_COLOR")
    code = 1 if report.count(Severity.ERROR) else 0
    options = Options(color=color, exit_code=code, version=__version__)
    save(FORMATS[form].render(report, options), output, sys.stdout)
    ctx.exit(code)
