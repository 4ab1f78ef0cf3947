"""`zr4lint rules`."""

from __future__ import annotations

import click

from zr4lint.cli.messages import write_json, write_table
from zr4lint.cli.options import format_option, packs_option


@click.command("rules")
@packs_option
@format_option
def command(config: str | None, form: str) -> None:
    """List the rules of all packs."""
    from zr4lint.app.explain import known_packs, rule_objects, rule_rows

    packs = known_packs(config)
    if form == "json":
        write_json(rule_objects(packs))
    else:
        write_table(("code", "name", "level", "default", "fix", "summary"), rule_rows(packs))
