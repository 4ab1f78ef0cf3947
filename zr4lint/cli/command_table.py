"""The table of commands by name, as a click group."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

import click

from zr4lint.cli.command_names import COMMANDS, DEFAULT
from zr4lint.cli.messages import error

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Commands(click.Group):
    """A group that imports commands on demand, and runs the first one if no command is named."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"zr4lint.cli.{name}").command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command or a path, or an option of the default command."""
        if incomplete.startswith("-"):
            default = import_module(f"zr4lint.cli.{DEFAULT}").command
            return list(default.shell_complete(click.Context(default, parent=ctx), incomplete))
        from zr4lint.cli.completion import files

        return [*files(incomplete), *super().shell_complete(ctx, incomplete)]  # bash ignores what comes before files

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing and not args:
            return args  # a shell asks for completions of the first word
        if not args or args[0] not in COMMANDS:
            _refuse_typo(args[:1])
            args.insert(0, DEFAULT)
        return super().parse_args(ctx, args)


def _refuse_typo(first: list[str]) -> None:
    """Refuse a word that is not a path and is similar to the name of a command."""
    for word in first:
        if word.isalpha() and not os.path.lexists(word):
            from zr4lint.cli.usage_errors import near_command

            if near := near_command(word):
                raise click.UsageError(f"no file or command is named `{word}`{near}")


cli = _Commands("zr4lint", add_help_option=False, context_settings={"help_option_names": ["-h", "--help"]})


def parse_and_run() -> int:
    """Run the command that the command line names, and return the exit code."""
    try:
        return cli.main(prog_name="zr4lint", standalone_mode=False) or 0
    except click.ClickException as refused:
        if refused.message.startswith("Usage: "):  # a group without a command: the message is its help
            click.echo(refused.message, err=True)
            return 2
        from zr4lint.cli.usage_errors import refusal

        error(refusal(refused))
        return 2
    except click.Abort:
        return 130
