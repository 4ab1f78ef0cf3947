"""`zr4lint new`."""

from __future__ import annotations

import click

from zr4lint.cli.messages import write
from zr4lint.cli.options import completing
from zr4lint.filesystem.paths import plain


@click.command("new")
@click.argument("pack", shell_complete=completing("packs"))
@click.argument("path", required=False, type=plain)
@click.option("--amended", is_flag=True, help="Apply the amendments of the pack.")
def command(pack: str, path: str | None, *, amended: bool) -> None:
    """Write a file that conforms to a pack; without a PATH, to standard output."""
    from zr4lint.app.assignment import load_packs
    from zr4lint.fixing.repair import create

    text = create(load_packs((pack,))[0], path, amended=amended)
    if path is None:
        write(text)
