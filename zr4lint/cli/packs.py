"""`zr4lint packs`."""

from __future__ import annotations

import click

from zr4lint.cli.messages import write_json, write_table
from zr4lint.cli.options import format_option, packs_option


@click.command("packs")
@packs_option
@format_option
def command(config: str | None, form: str) -> None:
    """List the packs: those of zr4lint, and those that the configuration names."""
    from zr4lint.app.explain import known_packs, pack_objects, pack_rows

    packs = known_packs(config)
    if form == "json":
        write_json(pack_objects(packs))
    else:
        write_table(("pack", "what it is for"), pack_rows(packs))
