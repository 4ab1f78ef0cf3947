"""`zr4lint packs`."""

from __future__ import annotations

import click

from zr4lint.cli.messages import write_lines
from zr4lint.cli.options import a_file


@click.command("packs")
@click.option("--config", type=a_file, metavar="FILE", help="The configuration whose packs are known.")
def command(config: str | None) -> None:
    """List the packs: those of zr4lint, and those that the configuration names."""
    from zr4lint.app.explain import known_packs, list_packs

    write_lines(list_packs(known_packs(config)))
