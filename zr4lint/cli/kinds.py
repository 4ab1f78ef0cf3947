"""`zr4lint kinds`."""

from __future__ import annotations

import click

from zr4lint.cli.messages import write_json, write_page, write_table
from zr4lint.cli.options import completing, format_option


@click.command("kinds")
@click.argument("name", required=False, metavar="[KIND]", shell_complete=completing("kinds"))
@format_option
def command(name: str | None, form: str) -> None:
    """List the kinds of check that rules of a pack can use, or explain one of them."""
    from zr4lint.app.explain_kinds import explain_kind, guides, kind_guide, kind_rows

    if form == "json":
        write_json([guide.as_object() for guide in guides()] if name is None else kind_guide(name).as_object())
    elif name is None:
        write_table(("kind", "requirement"), kind_rows())
    else:
        write_page(explain_kind(name))
