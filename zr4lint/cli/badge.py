"""`zr4lint badge`."""

from __future__ import annotations

import sys
from typing import Any

import click

from zr4lint.cli.messages import errors, standard_input
from zr4lint.cli.options import no_folder, origins


@click.command("badge")
@click.argument("paths", nargs=-1)
@click.option("--pack", "packs", multiple=True, metavar="NAME|FILE", help="A pack, by name or file.")
@click.option("--output", "-o", type=no_folder, metavar="FILE", help="Write to a file.")
@click.pass_context
def command(ctx: click.Context, /, paths: tuple[str, ...], output: str | None, **options: Any) -> None:
    """Draw the score of files as an SVG. The default is the files below the current folder that a pack matches."""
    from zr4lint.app.run import Request, run
    from zr4lint.cli.destinations import save
    from zr4lint.filesystem.limits import MAX_SIZE
    from zr4lint.project.settings import from_options
    from zr4lint.report.badge import badge

    stdin = standard_input(MAX_SIZE) if "-" in paths else b""
    result = run(Request(paths=paths, given=from_options(options, origins(ctx)), stdin=stdin))
    complaints = list(result.errors)
    if not complaints and not any(file.conformance for file in result.report.files):
        complaints.append("badge: no file matches a pack that is a specification")
    if not complaints:
        save(badge(result.report), output, sys.stdout)
    ctx.exit(errors(complaints, 0))
