"""`zr4lint prd`: checks and compiles documents that specify a Dockerfile."""

from __future__ import annotations

import os
import sys
from itertools import count
from typing import TYPE_CHECKING, Literal

import click

from zr4lint.cli.limited import limited
from zr4lint.cli.options import OneOf, a_file, a_path, no_color_option, no_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from zr4lint.documents.check import Tally
    from zr4lint.documents.decisions import Carried
    from zr4lint.model.finding import FileReport

_decisions = click.option(
    "--decisions",
    type=no_folder,
    metavar="FILE",
    help="The decisions on the document; default: the document's name with .decisions.toml.",
)


@click.group("prd")
def command() -> None:
    """Check documents that specify a Dockerfile, and compile them into packs."""


@command.command("check")
@click.argument("documents", nargs=-1, required=True, type=a_path, metavar="FILE.md|FOLDER...")
@click.option(
    "--format",
    "form",
    type=OneOf(["text", "concise", "json", "sarif", "github"]),
    default="text",
    help="Default: text.",
)
@click.option("--output", "-o", type=no_folder, metavar="FILE", help="Write the report to a file.")
@click.option("--all", "everything", is_flag=True, help="Also list demands that can't be compiled.")
@no_color_option
@click.pass_context
def check(
    ctx: click.Context, documents: tuple[str, ...], form: str, output: str | None, everything: bool, no_color: bool
) -> None:
    """Find faults in a document that specifies a Dockerfile.

    These are contradictions, verification commands that can't fail or can't pass, recoveries that break a correct
    file, and wrong numbers. Nothing in a document is run: its verification commands are interpreted on its target text
    and on the text before the change.

    \b
    zr4lint prd check Dockerfile.prd.md

    Exit code: 0 no errors, 1 errors, 2 wrong usage, or no document that can be read and checked.
    """
    from msgspec import structs

    from zr4lint import __version__
    from zr4lint.app.errors import UsageError
    from zr4lint.cli.destinations import save
    from zr4lint.cli.messages import error
    from zr4lint.cli.progress import progress
    from zr4lint.documents.check import LONG, documents_in, summary
    from zr4lint.documents.target import NO_TARGET
    from zr4lint.model.finding import Report, Severity
    from zr4lint.packs.document_rules import DOCUMENT_RULES, NOT_COMPILED
    from zr4lint.packs.own_rules import TOO_LARGE
    from zr4lint.report import FORMATS, Options

    files = [file for path in documents for file in documents_in(path)]
    if not files:
        raise UsageError(f"no Markdown files found in {', '.join(documents)}")
    long = sum(map(os.path.getsize, files)) >= LONG
    with progress(wanted=long, fewest=1, label="Checking") as advance:
        settled = [_settled(path, None, _counter(advance, n, len(files))) for n, path in enumerate(files)]
    whole = reports = [one for one, _, _ in settled]
    if not everything:
        reports = [
            structs.replace(report, findings=tuple(f for f in report.findings if f.code != NOT_COMPILED.code))
            for report in reports
        ]
    bare = [one.source.path for one in reports if not one.findings and not _has_demands(one)]
    if len(bare) == len(reports):
        raise UsageError("\n".join(f"{path}: {NO_TARGET}" for path in bare))
    for path in bare:
        error(f"{path}: {NO_TARGET}")
    report = Report(tuple(reports), (*DOCUMENT_RULES, TOO_LARGE))
    color = sys.stdout.isatty() and output is None and not no_color and not os.environ.get("NO_COLOR")
    code = 1 if report.count(Severity.ERROR) else 0
    options = Options(color=color, exit_code=code, version=__version__)
    text = FORMATS[form].render(report, options)
    if form == "text":
        text += summary(whole, (tally for _, _, tally in settled)) + "\n"
    save(text, output, sys.stdout)
    ctx.exit(code)


def _has_demands(report: FileReport) -> bool:
    """Return whether a document has demands that a Dockerfile can be checked against."""
    from zr4lint.documents.check import has_demands

    with limited(report.source.path):
        return has_demands(report.source)


@command.command("decide")
@click.argument("document", type=a_file, metavar="FILE.md")
@click.argument("finding", metavar="CODE@LINE")
@click.option("--keep", required=True, metavar="TEXT", help="The decision, in your own words.")
@click.option("--reason", default="", metavar="TEXT", help="The reason for the decision.")
@click.option(
    "--stands",
    type=OneOf(["lines", "text"]),
    help="For a block that is longer than its lines: which of the two is right, the lines or the text.",
)
@_decisions
def decide(
    document: str,
    finding: str,
    keep: str,
    reason: str,
    stands: Literal["lines", "text"] | None,
    decisions: str | None,
) -> None:
    """Record which statement of a document applies.

    A decision applies to the words it was made on. When they change, it is suspect, and the finding returns.

    \b
    zr4lint prd decide Dockerfile.prd.md PD101@1096 --keep "lines 3 to 15" --reason "the headings sum to 127"
    """
    from zr4lint.cli.destinations import save
    from zr4lint.documents.decisions import Decision, decisions_file, fingerprint, with_decisions
    from zr4lint.filesystem.sources import read

    report, _, _ = _settled(document, decisions)
    code, _, line = finding.partition("@")
    fitting = [f for f in report.findings if f.code == code.upper() and str(f.line) == line and not f.suppressed]
    if not fitting:
        raise click.UsageError(f"no open finding {finding}; zr4lint prd check {document} lists them")
    new = [Decision(f.code, fingerprint(f, report.source), keep, reason, f.line, stands or "") for f in fitting]
    path = decisions or decisions_file(document)
    text = read(path, path).text if os.path.isfile(path) else ""
    save(with_decisions(text, new), path, sys.stdout)


@command.command("compile")
@click.argument("document", type=a_file, metavar="FILE.md")
@click.option("--output", "-o", type=no_folder, metavar="FILE", help="Write the pack to a file.")
@_decisions
def compile_(document: str, output: str | None, decisions: str | None) -> None:
    """Compile a document into a pack.

    Rules come from the target blocks, from sentences such as "The image MUST set `TZ=UTC`", and from tables. Each rule
    names the line of the document it comes from, and has the verification commands that look for it. A document with
    an undecided contradiction is refused. Demands that no rule checks are listed with the reason.

    \b
    zr4lint prd compile Dockerfile.prd.md -o pack.toml
    zr4lint --pack pack.toml Dockerfile

    Exit code: 0 compiled, 2 a decision is missing, or there is nothing to compile.
    """
    from zr4lint.app.errors import UsageError
    from zr4lint.cli.destinations import save
    from zr4lint.documents.compiling import NotCompilableError, compile_document, undecided

    report, carried, _ = _settled(document, decisions)
    missing = [
        f"{document}:{f.line}: {f.code} {f.message}; decide: zr4lint prd decide {document} {f.code}@{f.line} --keep ..."
        for f in undecided(report)
    ]
    if missing:
        raise UsageError("\n".join(missing))
    try:
        with limited(document):
            compiled = compile_document(report, os.path.dirname(output or ""), carried)
    except NotCompilableError as error:
        raise UsageError(str(error)) from None
    save(compiled.text, output, sys.stdout)
    for finding in compiled.left:
        click.echo(f"{document}:{finding.line}: not compiled: {finding.message}", err=True)
    if compiled.conflicting:
        click.echo(
            f"{document}: no file was found that meets all of these: {', '.join(compiled.conflicting)}", err=True
        )
    if output is not None:
        from zr4lint.report.wording import plural

        click.echo(f"{output}: {plural(compiled.rules, 'rule')}", err=True)


def _counter(advance: Callable[[int, int], None] | None, before: int, documents: int) -> Callable[[], None] | None:
    """Return a callback that counts the checks of one document, after `before` finished documents."""
    from zr4lint.documents.check import CHECKS

    steps = count(before * len(CHECKS) + 1)
    return (lambda: advance(next(steps), documents * len(CHECKS))) if advance is not None else None


def _settled(
    document: str, file: str | None, done: Callable[[], None] | None = None
) -> tuple[FileReport, Carried, Tally]:
    """Print suspect decisions, and apply the decisions to the findings of a document.

    Returns the report, the decisions, and the tally of demands.
    """
    from zr4lint.app.errors import UsageError
    from zr4lint.documents.check import check_counting
    from zr4lint.documents.decisions import Carried, DecisionsError, decisions_file, read_decisions, settle
    from zr4lint.filesystem.paths import display
    from zr4lint.filesystem.sources import read

    path = file or decisions_file(document)
    with limited(document):
        report, tally = check_counting(read(document, display(document)), done)
    if not os.path.isfile(path):
        return report, Carried(), tally
    try:
        known = read_decisions(read(path, display(path)).text, display(path))
    except DecisionsError as error:
        raise UsageError(str(error)) from None
    report, suspect = settle(report, known.decision)
    for decision in suspect:
        place = f" of line {decision.line}" if decision.line else ""
        click.echo(f"{path}: the decision on {decision.rule}{place} is suspect: its statement changed", err=True)
    return report, known, tally
