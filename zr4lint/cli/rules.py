"""`zr4lint rules`."""

from __future__ import annotations

import click

from zr4lint.cli.messages import write_lines
from zr4lint.cli.options import a_file


@click.command("rules")
@click.option("--config", type=a_file, metavar="FILE", help="The configuration whose packs are known.")
def command(config: str | None) -> None:
    """List the rules of all packs."""
    from zr4lint.app.explain import known_packs, list_rules

    write_lines(list_rules(known_packs(config)))
