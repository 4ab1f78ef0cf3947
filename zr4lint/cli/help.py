"""`zr4lint help`."""

from __future__ import annotations

import click

from zr4lint.cli.command_names import DEFAULT
from zr4lint.cli.options import completing


@click.command("help")
@click.argument("names", nargs=-1, metavar="COMMAND", shell_complete=completing("commands"))
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Show the help of a command, such as check or pack derive."""
    from zr4lint.app.errors import UsageError
    from zr4lint.cli.usage_errors import near_command
    from zr4lint.model.quoting import code

    assert ctx.parent is not None
    inner = ctx.parent
    for name in names or (DEFAULT,):
        group = inner.command
        found = group.get_command(inner, name) if isinstance(group, click.Group) else None
        if found is None:
            near = near_command(name, group.list_commands(inner)) if isinstance(group, click.Group) else ""
            raise UsageError(f"no command is named {code(' '.join(names))}{near}")
        inner = click.Context(found, info_name=found.name, parent=inner)
    click.echo(inner.get_help())
