"""`zr4lint config`."""

from __future__ import annotations

import click

from zr4lint.cli.messages import write_lines
from zr4lint.cli.options import a_file


@click.command("config")
@click.argument("path", required=False, default=".")
@click.option("--config", "only", type=a_file, metavar="FILE", help="The configuration file to use.")
def command(path: str, only: str | None) -> None:
    """Show the settings of a file, and where each value comes from."""
    from zr4lint.app.explain_config import explain_config

    write_lines(explain_config(path, only))
