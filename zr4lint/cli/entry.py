"""The start of the command line, and the handling of errors.

Flags and paths are read here; click is imported for all other command lines. Gain: a quarter of a run on one file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from zr4lint.cli.command_names import COMMANDS
from zr4lint.cli.messages import error, errors

FLAGS = (
    "amended",
    "force_exclude",
    "fix",
    "unsafe_fixes",
    "diff",
    "no_config",
    "isolated",
    "no_suppressions",
    "exit_zero",
    "no_color",
    "quiet",
    "verbose",
    "statistics",
    "show_files",
)
"""The options of `zr4lint check` that are read without click; they take no value."""


def run() -> int:
    """Run the command line; any error is one line on stderr and exit code 2.

    A reader of our output that goes away ends us as SIGPIPE ends other programs, so that a pipeline tells of it.
    """
    try:
        options = flags_and_paths(sys.argv[1:], os.environ)
        if options is None:
            from zr4lint.cli.command_table import parse_and_run

            code = parse_and_run()
        else:
            from zr4lint.cli.linting import lint

            code = lint(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except Exception as failure:
        return _failed(failure)
    return code


def flags_and_paths(words: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any] | None:
    """The options that a command line of flags and paths sets; None for any other, which click has to parse.

    Variables of the environment may stand for options, and the first word may be a command or a mistyped one.
    """
    if any(name.startswith(("ZR4LINT_", "_ZR4LINT_")) for name in environment):
        return None
    options: dict[str, Any] = {}
    paths: list[str] = []
    for at, word in enumerate(words):
        if word == "--":
            paths += words[at + 1 :]
            break
        if word == "-" or not word.startswith("-"):
            paths.append(word)
            continue
        name = word[2:].replace("-", "_")
        if name not in FLAGS or word != f"--{name.replace('_', '-')}":
            return None
        options[name] = True
    if words and words[0] in paths and (words[0] in COMMANDS or not os.path.lexists(words[0])):
        return None
    return {**options, "paths": tuple(paths)}


def _failed(failure: Exception) -> int:
    """Say what went wrong; the exit code."""
    from zr4lint.app.errors import UsageError
    from zr4lint.cli.destinations import ReaderGoneError
    from zr4lint.filesystem.sources import FileError
    from zr4lint.project.configuration import ConfigError

    if isinstance(failure, ReaderGoneError):
        return 141
    if isinstance(failure, UsageError | ConfigError):
        return errors(str(failure).split("\n"), 2)
    known = isinstance(failure, FileError | OSError)
    error(str(failure) if known else f"internal error: {type(failure).__name__}: {failure}")
    return 2
