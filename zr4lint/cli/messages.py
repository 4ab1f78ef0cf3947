"""Output on stdout and stderr other than reports."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress


def error(message: str) -> None:
    """Write a line to stderr, escaped so that it cannot control a terminal or the log of a workflow."""
    from zr4lint.report.escaping import no_command, visible

    if sys.stderr is None:
        return
    with suppress(OSError):
        sys.stderr.write(f"zr4lint: {no_command(visible(message))}\n")
        sys.stderr.flush()


def errors(messages: Iterable[str], code: int) -> int:
    """Write lines to stderr; return 2 if there are any, else `code`."""
    found = False
    for message in messages:
        found = True
        error(message)
    return 2 if found else code


def write(text: str) -> None:
    """Write text that needs no escaping to standard output."""
    from zr4lint.cli.destinations import print_text

    print_text(text, sys.stdout)


def write_lines(lines: Iterable[str]) -> None:
    """Write lines to standard output, escaped so that they cannot control a terminal or the log of a workflow."""
    from zr4lint.report.escaping import no_command, visible

    write("".join(f"{no_command(visible(line))}\n" for line in lines))


def write_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows to standard output: a table on a terminal, columns of text elsewhere."""
    from zr4lint.report.listing import columns, drawn

    width = terminal_width()
    write(drawn(heads, rows, width, color=colors()) if width else columns(rows))


def write_page(lines: Sequence[str]) -> None:
    """Write a page to standard output; a terminal shows its title and headings highlighted."""
    width = terminal_width()
    if not width:
        write_lines(lines)
        return
    from zr4lint.report.listing import page

    write(page(lines, width, color=colors()))


def write_json(value: object) -> None:
    """Write a value to standard output as JSON."""
    from zr4lint.report.escaping import json_text

    write(f"{json_text(value)}\n")


def terminal_width() -> int:
    """Return the width of the terminal in columns, or 0 if standard output is not a terminal."""
    if sys.stdout is None or not sys.stdout.isatty():
        return 0
    import shutil

    return shutil.get_terminal_size().columns


def colors() -> bool:
    """Return whether the environment allows colours."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def standard_input(most: int) -> bytes:
    """Read standard input, cut after the limit."""
    from zr4lint.app.errors import UsageError

    if sys.stdin is None:
        raise UsageError("standard input is closed")
    return sys.stdin.buffer.read(most + 1)
