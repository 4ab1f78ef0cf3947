"""What the commands write besides reports: text, and lines on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress

import click


def error(message: str) -> None:
    """Write a line to stderr, in which nothing steers a terminal or the log of a workflow."""
    from zr4lint.report.escaping import no_command, visible

    with suppress(OSError):
        click.echo(f"zr4lint: {no_command(visible(message))}", err=True)


def errors(messages: Iterable[str], code: int) -> int:
    """Write lines to stderr; the exit code is 2 if there is one."""
    found = False
    for message in messages:
        found = True
        error(message)
    return 2 if found else code


def write(text: str) -> None:
    """Write text of ours to standard output."""
    from zr4lint.cli.output import print_text

    print_text(text, sys.stdout)


def write_lines(lines: Iterable[str]) -> None:
    """Write lines to standard output, in which nothing steers a terminal or the log of a workflow."""
    from zr4lint.report.escaping import no_command, visible

    write("".join(f"{no_command(visible(line))}\n" for line in lines))


def standard_input(most: int) -> bytes:
    """What standard input holds, or the first bytes of what is too much."""
    from zr4lint.app.errors import UsageError

    if sys.stdin is None:
        raise UsageError("standard input is closed")
    return sys.stdin.buffer.read(most + 1)
