"""`zr4lint config`."""

from __future__ import annotations

import os

import click

from zr4lint.cli.messages import write_json, write_lines, write_page, write_table
from zr4lint.cli.options import a_file, completing, format_option


@click.command("config")
@click.argument("path", required=False, default=".", metavar="[PATH|KEY]", shell_complete=completing("keys"))
@click.option("--config", "only", type=a_file, metavar="FILE", help="The configuration file to use.")
@click.option(
    "--import",
    "foreign",
    type=a_file,
    metavar="FILE",
    help="Convert a .hadolint.yaml to a zr4lint.toml and print it; PATH is ignored.",
)
@format_option
def command(path: str, only: str | None, foreign: str | None, form: str) -> None:
    """Show the settings of a file, and where each value comes from, or explain a key."""
    if foreign is not None:
        from zr4lint.app.import_hadolint import imported

        write_lines(imported(foreign))
        return
    from zr4lint.app.errors import UsageError
    from zr4lint.app.explain_config import explain_config, explain_key
    from zr4lint.model.quoting import code
    from zr4lint.packs.problems import did_you_mean
    from zr4lint.project.settings import KEYS

    if path in KEYS and not os.path.lexists(path):
        if form == "json":
            write_json(explain_config(".", only).one(path))
        else:
            write_page(explain_key(path, only))
        return
    if not os.path.lexists(path):
        near = did_you_mean(path, KEYS) or "; zr4lint config lists the keys"
        raise UsageError(f"no file or key is named {code(path)}{near}")
    explained = explain_config(path, only)
    if form == "json":
        write_json(explained.as_object())
        return
    write_lines([explained.title])
    write_table(("setting", "value", "origin"), explained.rows)
