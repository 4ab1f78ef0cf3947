"""`--watch`: lints again when a file changes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping

import click

from zr4lint.app.errors import UsageError
from zr4lint.app.run import Request, watched
from zr4lint.cli.messages import error

INTERVAL = 0.5
"""The seconds between two checks of the files."""

Stamp = tuple[int, int] | None


def watch(lint: Callable[[], int], request: Request) -> None:
    """Lint, and lint again after each change of a file, a pack or a configuration, until Ctrl-C."""
    while True:
        before = _stamps(request)
        if sys.stdout is not None and sys.stdout.isatty():
            click.clear()
        try:
            lint()
        except UsageError as refused:
            error(str(refused))
        error(f"watching {len(before)} files; Ctrl-C ends it")
        while _stamps(request) == before:
            time.sleep(INTERVAL)


def _stamps(request: Request) -> Mapping[str, Stamp]:
    """Return the time and size of each file that the report depends on; None for a deleted file."""
    return {path: _stamp(path) for path in watched(request)}


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
