"""`zr4lint check`, the default command."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from zr4lint import __version__
from zr4lint.cli.grouped import GroupedCommand, Groups
from zr4lint.cli.messages import error
from zr4lint.cli.options import (
    ENVIRONMENT,
    Configuration,
    OneOf,
    Option,
    Whole,
    completing,
    configurations,
    mistyped_variables,
    no_folder,
    origins,
    setting_options,
)
from zr4lint.filesystem.limits import MAX_SIZE, MAX_TIME, size
from zr4lint.report import FORMATS

GROUPS: Groups = {
    "Rule selection": (
        *("packs", "select", "ignore", "extend_select", "extend_ignore"),
        *("conflicts", "amended", "no_suppressions"),
    ),
    "File selection": ("exclude", "extend_exclude", "force_exclude", "stdin_filename", "show_files"),
    "What is built": ("targets", "build_args", "gpu", "context"),
    "Fixing": ("fix", "unsafe_fixes", "diff", "add_ignore"),
    "Output": ("formats", "files", "statistics", "quiet", "verbose", "color", "no_color"),
    "Exit code and baseline": ("fail_on", "min_score", "exit_zero", "baseline", "write_baseline"),
    "Configuration": ("config", "no_config", "isolated"),
    "Limits": ("jobs", "max_size", "max_time"),
}
"""The options below each heading of the help."""


FORMATS_OF_PEERS: Mapping[str, str] = {"full": "text", "json-lines": "jsonl"}
"""Names that ruff uses for formats."""


class _Check(GroupedCommand):
    """The default command, which runs when no command is named."""

    groups = GROUPS

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("zr4lint", " ".join(self.collect_usage_pieces(ctx)))


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"zr4lint {__version__}")
        ctx.exit()


def _size(_: click.Context, __: click.Parameter, value: str | None) -> int:
    try:
        return MAX_SIZE if value is None else size(value)
    except ValueError as refused:
        raise click.BadParameter(str(refused)) from None


@click.command("check", cls=_Check)
@click.argument("paths", nargs=-1, shell_complete=completing("files"))
@setting_options
@click.option("--fix", is_flag=True, help="Apply safe fixes.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff, include fixes that need judgement.")
@click.option("--diff", is_flag=True, help="Show what --fix would change; write nothing.")
@click.option(
    "--format",
    "--output-format",
    "formats",
    type=OneOf(list(FORMATS), FORMATS_OF_PEERS),
    metavar="FORMAT",
    multiple=True,
    cls=Option,
    envvar=f"{ENVIRONMENT}FORMAT",
    show_envvar=True,
    help=f"The format of the report: {', '.join(FORMATS)}. May be given several times. Default: text.",
)
@click.option(
    "--output",
    "--output-file",
    "-o",
    "files",
    type=no_folder,
    multiple=True,
    metavar="FILE",
    help="Write the report to FILE. The n-th file gets the n-th format; - is standard output.",
)
@click.option("--stdin-filename", metavar="PATH", help="The name of the file that is read from standard input.")
@click.option(
    "--config",
    type=Configuration(),
    callback=configurations,
    multiple=True,
    metavar="FILE|KEY=VALUE",
    cls=Option,
    envvar=f"{ENVIRONMENT}CONFIG",
    show_envvar=True,
    help="The configuration file, or a setting in TOML that overrides the file. May be given several times. Default:"
    " the closest zr4lint.toml or pyproject.toml upwards from each file.",
)
@click.option("--no-config", is_flag=True, help="Ignore configuration files.")
@click.option(
    "--isolated",
    is_flag=True,
    is_eager=True,
    help="Use nothing but the command line: ignore configuration files and variables of the environment.",
)
@click.option("--no-suppressions", is_flag=True, help="Ignore comments that suppress findings.")
@click.option("--baseline", type=no_folder, metavar="FILE", help="Do not count findings that FILE lists.")
@click.option("--write-baseline", type=no_folder, metavar="FILE", help="Write current findings to FILE as a baseline.")
@click.option(
    "--add-ignore",
    metavar="REASON",
    help="Write a comment above each instruction with findings that suppresses them. Lines below move, which may cause"
    " findings about lines. With --diff, only show the change.",
)
@click.option("--exit-zero", "-e", is_flag=True, help="Exit with code 0 even if there are findings.")
@click.option(
    "--jobs",
    "-j",
    type=Whole(min=1),
    metavar="N",
    cls=Option,
    envvar=f"{ENVIRONMENT}JOBS",
    show_envvar=True,
    help="The number of processes. Default: one per core for many files, else one.",
)
@click.option(
    "--max-size",
    callback=_size,
    metavar="BYTES",
    cls=Option,
    envvar=f"{ENVIRONMENT}MAX_SIZE",
    show_envvar=True,
    help="Refuse files that are larger, for example 500K, 10M or 1G. Default: 10M.",
)
@click.option(
    "--max-time",
    type=Whole(1, 1_000_000),
    default=MAX_TIME,
    metavar="SECONDS",
    cls=Option,
    envvar=f"{ENVIRONMENT}MAX_TIME",
    show_envvar=True,
    help="Skip files that take longer than this. Default: 60.",
)
@click.option(
    "--color",
    type=OneOf(("auto", "always", "never")),
    default="auto",
    help="When to use colours. auto: on a terminal; NO_COLOR turns them off, FORCE_COLOR on. Default: auto.",
    show_default=False,
)
@click.option("--no-color", is_flag=True, help="The same as --color never.")
@click.option("--quiet", "-q", is_flag=True, help="Print only findings.")
@click.option("--verbose", "-v", is_flag=True, help="Print why each rule exists.")
@click.option("--statistics", is_flag=True, help="Print the number of findings of each rule instead of the findings.")
@click.option("--watch", "-w", is_flag=True, help="Lint again whenever a file, a pack or a configuration changes.")
@click.option("--show-files", is_flag=True, help="List the files to lint and exit.")
@click.option(
    "--version",
    "-V",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Check Dockerfiles against their specification.

    PATHS are files, folders, or "-" for standard input. The default is the current folder. In a folder, zr4lint lints
    the files that a pack matches and skips those that git ignores. For a compose file or a bake file, it lints the
    Dockerfiles that the file builds.

    \b
    Commands:
      zr4lint check PATHS   the same as zr4lint PATHS
      zr4lint init          write a configuration, and a pack of the Dockerfile
      zr4lint new PACK      write a file that conforms to a pack
      zr4lint badge         draw the score
      zr4lint rule CODE     explain a rule
      zr4lint rules         list the rules
      zr4lint packs         list the packs
      zr4lint kinds         list the kinds of check that packs can use
      zr4lint knowledge     list the tables of facts behind the rules
      zr4lint config PATH   show the settings of a file
      zr4lint diagnose LOG  explain a failed build
      zr4lint pack          derive a pack from a Dockerfile, or test a pack
      zr4lint prd           check a document, or compile it into a pack
      zr4lint trace         show which line of a document requires which words
      zr4lint fleet         lint very many files on a cluster
      zr4lint lsp           start the language server for editors
      zr4lint help COMMAND  show the help of a command

    Exit code: 0 no findings at or above --fail-on, 1 findings, 2 wrong usage or a file that can't be linted.
    """
    from zr4lint.cli.linting import lint

    if not options["isolated"]:
        for line in mistyped_variables(command, os.environ):
            error(line)
    ctx.exit(lint(options, origins(ctx)))
