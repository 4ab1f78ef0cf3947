"""The options that are about configuration, suppressions and baselines, and `zr4lint config`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from zr4lint.filesystem.limits import MAX_SIZE, MAX_TIME, size
from zr4lint.filesystem.paths import plain


def a_file(path: str) -> str:
    """A type of options: the path of a file. Those of click take longer, for they have their names translated."""
    if not os.path.isfile(path):
        raise click.BadParameter(f"{path!r} is not a file")
    return plain(path)


def a_folder(path: str) -> str:
    """The path of a folder."""
    if not os.path.isdir(path):
        raise click.BadParameter(f"{path!r} is not a folder")
    return plain(path)


def no_folder(path: str) -> str:
    """A path that may be written to, or read and found missing."""
    if os.path.isdir(path):
        raise click.BadParameter(f"{path!r} is a folder")
    return plain(path)


def _size(_: click.Context, __: click.Parameter, value: str | None) -> int:
    try:
        return MAX_SIZE if value is None else size(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


_OPTIONS = (
    click.option(
        "--config",
        type=a_file,
        metavar="FILE",
        help="The configuration; default: the closest zr4lint.toml or pyproject.toml upwards from each file.",
    ),
    click.option("--no-config", is_flag=True, help="Go by no configuration."),
    click.option(
        "--min-score", type=click.FloatRange(min=0), metavar="N", help="Exit code 1 if a file's score is below this."
    ),
    click.option(
        "--conflicts",
        type=click.Choice(["info", "warning", "error", "off"]),
        help="The severity of findings on what a specification demands; off leaves them out. Default: info.",
    ),
    click.option("--amended", is_flag=True, help="Accept the amendments of the packs, by which the image builds."),
    click.option(
        "--jobs",
        "-j",
        type=click.IntRange(min=1),
        metavar="N",
        help="Processes to work in; default: as many as there are cores, where there are many files.",
    ),
    click.option(
        "--baseline", type=no_folder, metavar="FILE", help="Let pass what this file lists; only what is new counts."
    ),
    click.option(
        "--write-baseline", type=no_folder, metavar="FILE", help="List what is found in this file; it passes then."
    ),
    click.option(
        "--add-ignore",
        metavar="REASON",
        help="Write a comment above each instruction with findings that suppresses them. Each comment is a line: what"
        " is below it moves, and so may get findings about its lines. With --diff, only show it.",
    ),
    click.option(
        "--max-size",
        callback=_size,
        metavar="BYTES",
        help="Lint no file that is larger; 500K, 10M and 1G will do. Default: 10M.",
    ),
    click.option(
        "--max-time",
        type=click.IntRange(1, 1_000_000),
        default=MAX_TIME,
        metavar="SECONDS",
        help="Give a file up that takes longer. Default: 60.",
    ),
)

MORE = (
    *("config", "no_config", "min_score", "baseline", "write_baseline", "add_ignore", "conflicts", "amended", "jobs"),
    "max_size",
    "max_time",
)
"""The names of the options."""


def more_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("config")
@click.argument("path", required=False, default=".")
@click.option("--config", type=a_file, metavar="FILE", help="Go by this.")
def config(path: str, config: str | None) -> None:
    """Show what is in force for a file, and where each value comes from."""
    import sys

    from zr4lint.cli.explain_config import explain_config
    from zr4lint.cli.output import print_text
    from zr4lint.report.escaping import visible

    print_text("".join(f"{visible(line)}\n" for line in explain_config(path, config)), sys.stdout)
