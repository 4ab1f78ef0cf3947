"""`zr4lint rule`."""

from __future__ import annotations

import click

from zr4lint.cli.messages import write_lines
from zr4lint.cli.options import a_file


@click.command("rule")
@click.argument("code")
@click.option("--config", type=a_file, metavar="FILE", help="The configuration whose packs are known.")
def command(code: str, config: str | None) -> None:
    """Explain a rule, by its code or name."""
    from zr4lint.app.explain import explain, known_packs

    write_lines(explain(code, known_packs(config)).split("\n"))
