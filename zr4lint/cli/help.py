"""`zr4lint help`."""

from __future__ import annotations

import click


@click.command("help")
@click.argument("name", required=False, metavar="COMMAND")
@click.pass_context
def command(ctx: click.Context, name: str | None) -> None:
    """Show the help of a command."""
    from zr4lint.app.errors import UsageError
    from zr4lint.cli.refusals import near_command
    from zr4lint.model.quoting import code

    assert ctx.parent is not None
    group = ctx.parent.command
    assert isinstance(group, click.Group)
    found = group.get_command(ctx.parent, name or "check")
    if found is None:
        raise UsageError(f"no command is named {code(name or '')}{near_command(name or '')}")
    with click.Context(found, info_name=found.name, parent=ctx.parent) as inner:
        click.echo(found.get_help(inner))
