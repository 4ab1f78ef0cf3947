"""Write docs/cli.md, the help texts of the command line as a page: `make docs`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from unittest import mock

import click

from tests.inprocess import call
from zr4lint.cli.command_names import COMMANDS, DEFAULT
from zr4lint.cli.command_table import cli

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
HEAD = "<!-- Written by `make docs` from the command line itself; edits here are lost. -->"


def help_text(*command: str) -> str:
    """Return the output of `zr4lint COMMAND --help` on a terminal of 80 columns."""
    with mock.patch.dict(os.environ, {"COLUMNS": "80"}):
        done = call(*command, "--help", cwd=PAGE.parent)
    assert (done.code, done.err) == (0, "")
    return done.out.rstrip()


@cache
def page() -> str:
    """Return the page: linting first, then the other commands by name."""
    return "\n\n".join([HEAD, "# The command line", *_sections()]) + "\n"


def _names(command: str) -> Iterator[str]:
    """Return the command and the commands of its group."""
    yield command
    found = cli.get_command(click.Context(cli), command)
    for name in found.commands if isinstance(found, click.Group) else ():
        yield f"{command} {name}"


def _sections() -> Iterator[str]:
    for name in ("", *sorted(name for command in set(COMMANDS) - {DEFAULT} for name in _names(command))):
        yield f"## zr4lint {name}".rstrip()
        yield f"```text\n{help_text(*name.split())}\n```"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
