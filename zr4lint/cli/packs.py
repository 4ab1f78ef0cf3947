"""`zr4lint packs`."""

from __future__ import annotations

import click

from zr4lint.cli.messages import write_table
from zr4lint.cli.options import a_file


@click.command("packs")
@click.option("--config", type=a_file, metavar="FILE", help="A configuration file whose packs are included.")
def command(config: str | None) -> None:
    """List the packs: those of zr4lint, and those that the configuration names."""
    from zr4lint.app.explain import known_packs, pack_rows

    write_table(("pack", "what it is for"), pack_rows(known_packs(config)))
