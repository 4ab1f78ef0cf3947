"""`zr4lint trace`: links lines of a document, its requirements, and the words of a Dockerfile."""

from __future__ import annotations

import os
import sys

import click

from zr4lint.cli.options import OneOf, a_file, completing, no_color_option, no_folder


@click.command("trace")
@click.argument("what", nargs=-1, metavar="[DOCKERFILE[:LINE]] [RULE]...", shell_complete=completing("traced"))
@click.option(
    "--pack",
    "packs",
    multiple=True,
    metavar="NAME|FILE",
    help="A pack, by name or file. Default: those that zr4lint uses for the file.",
    shell_complete=completing("packs"),
)
@click.option(
    "--document",
    type=a_file,
    metavar="FILE.md",
    help="The document; default: the one that the pack names. Without a pack, it is compiled.",
)
@click.option(
    "--gaps", is_flag=True, help="List the gaps between document, rules and Dockerfile; exit with 1 if there are any."
)
@click.option(
    "--format",
    "form",
    type=OneOf(["text", "csv", "json", "in-toto"]),
    default="text",
    help="Default: text.",
)
@click.option("--output", "-o", type=no_folder, metavar="FILE", help="Write the trace to a file.")
@click.option("--config", type=a_file, metavar="FILE", help="The configuration file.")
@click.option("--no-config", is_flag=True, help="Ignore configuration files.")
@no_color_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - an option each
    ctx: click.Context,
    what: tuple[str, ...],
    packs: tuple[str, ...],
    document: str | None,
    gaps: bool,
    form: str,
    output: str | None,
    config: str | None,
    no_config: bool,
    no_color: bool,
) -> None:
    """Show which line of the document requires which words of a Dockerfile, and the reverse.

    A requirement is met, not met, unknown before the build, or in conflict with a rule of another pack. RULE is a code
    or a name, and DOCKERFILE:LINE or FILE.md:LINE a line: only the requirements about it are shown.

    \b
    zr4lint trace Dockerfile --pack pack.toml
    zr4lint trace Dockerfile:12
    zr4lint trace --gaps Dockerfile
    zr4lint trace --format in-toto -o statement.json Dockerfile

    Exit code: 0 traced, 1 --gaps found gaps, 2 wrong usage or a file that can't be read.
    """
    from zr4lint import __version__
    from zr4lint.app.errors import UsageError
    from zr4lint.cli.destinations import save
    from zr4lint.cli.messages import error
    from zr4lint.documents.tracing import as_csv, as_json, as_statement, as_text
    from zr4lint.documents.tracing.tracing import select
    from zr4lint.documents.tracing.tracing import trace as find
    from zr4lint.documents.tracing.wanted import Wanted, gather
    from zr4lint.filesystem.limits import MAX_TIME, time_limit
    from zr4lint.model.deadline import TimeUpError

    if gaps and form == "in-toto":
        raise UsageError("--format in-toto states which requirements are met; leave out --gaps")
    if config is not None and no_config:
        raise UsageError("--config and --no-config can't be used together")

    try:
        with time_limit(MAX_TIME):
            inputs, selection, notes = gather(Wanted(what, packs, document, config, no_config))
            if not selection.is_empty and (gaps or form == "in-toto"):
                option = "--gaps" if gaps else "--format in-toto"
                raise UsageError(f"{option} is about the whole file; leave out rules and lines")
            whole = find(inputs)
    except TimeUpError:
        raise UsageError(f"this takes more than {MAX_TIME} seconds") from None
    for note in notes:
        error(note)
    found = select(whole, selection)
    if form == "csv":
        report = as_csv.render(found, gaps=gaps)
    elif form == "json":
        report = as_json.render(found, gaps=gaps)
    elif form == "in-toto":
        report = as_statement.render(found, __version__)
    else:
        color = not no_color and output is None and not os.environ.get("NO_COLOR") and sys.stdout.isatty()
        forward, back = not selection.lines or bool(selection.codes), not selection.codes or bool(selection.lines)
        report = as_text.render(found, color=color, gaps=gaps, forward=forward, back=back)
    save(report, output, sys.stdout)
    ctx.exit(1 if gaps and found.gaps else 0)
