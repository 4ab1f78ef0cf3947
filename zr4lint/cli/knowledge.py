"""`zr4lint knowledge`."""

from __future__ import annotations

import datetime

import click

from zr4lint.cli.messages import write_json, write_table
from zr4lint.cli.options import completing, format_option


@click.command("knowledge")
@click.argument("name", required=False, metavar="[TABLE]", shell_complete=completing("tables"))
@format_option
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day to which ages are computed. Default: today.",
)
def command(name: str | None, form: str, day: datetime.datetime | None) -> None:
    """List the tables of facts behind the rules, with their sources and ages, or show one of them."""
    from zr4lint.app.explain_knowledge import lines_of, object_of, table_rows, tables

    today = (day or datetime.datetime.now(tz=datetime.UTC)).date()
    if form == "json":
        write_json([t.as_object() for t in tables(today)] if name is None else object_of(name, today))
    elif name is None:
        write_table(("table", "rows", "checked", "age", "source", "what it holds"), table_rows(today))
    else:
        write_table(("in", "row", "what it says", "checked", "confidence", "source"), lines_of(name))
