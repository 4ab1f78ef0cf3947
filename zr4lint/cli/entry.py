"""The entry point of the command line, and its error handling.

Paths and the most frequent options are parsed here. click is imported only for other command lines. Gain: two fifths of
a run on one file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zr4lint.cli.command_names import COMMANDS
from zr4lint.cli.messages import error, errors
from zr4lint.filesystem.paths import plain

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
"""The options of `zr4lint check` that are parsed without click and take no value."""

_FLAGS = {f"--{flag.replace('_', '-')}": flag for flag in FLAGS} | {"-e": "exit_zero", "-q": "quiet", "-v": "verbose"}

REPEATABLE = {
    "--pack": "packs",
    "--select": "select",
    "--ignore": "ignore",
    "--extend-select": "extend_select",
    "--extend-ignore": "extend_ignore",
    "--format": "formats",
    "--output-format": "formats",
    "--output": "files",
    "--output-file": "files",
    "-o": "files",
}
"""The options that are parsed without click and take a value; they may be given several times."""


def run() -> int:
    """Run the command line and return the exit code; an error prints one line on stderr and returns 2.

    If the reader closes the pipe, the process ends with SIGPIPE, as other programs do, so that a pipeline can notice
    it.
    """
    try:
        options = options_and_paths(sys.argv[1:], os.environ)
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


def options_and_paths(words: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the options that a command line sets, or None if click has to parse it.

    click has to parse if environment variables may set options, or if the first word may be a command or a mistyped
    one.
    """
    if any(name.startswith(("ZR4LINT_", "_ZR4LINT_")) for name in environment):
        return None
    options: dict[str, Any] = {}
    paths: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            paths += rest
        elif word == "-" or not word.startswith("-"):
            paths.append(word)
        elif not _set_option(options, word, rest):
            return None
    if words and words[0] in paths and (words[0] in COMMANDS or not os.path.lexists(words[0])):
        return None
    return {**options, "paths": tuple(paths)}


def _set_option(options: dict[str, Any], word: str, rest: Iterator[str]) -> bool:
    """Set the option that a word names, with its value from the word or from `rest`; return False if click has to."""
    if word in _FLAGS:
        options[_FLAGS[word]] = True
        return True
    option, equals, value = word.partition("=")
    name = REPEATABLE.get(option)
    if name is None or (equals and not option.startswith("--")):
        return False
    value = value if equals else next(rest, "")
    if not value or value.startswith("-") or not _is_valid(name, value):
        return False
    options[name] = (*options.get(name, ()), value)
    return True


def _is_valid(name: str, value: str) -> bool:
    """Return whether click accepts a value as it is."""
    if name == "formats":
        from zr4lint.report import FORMATS

        return value in FORMATS
    return name != "files" or (plain(value) == value and not os.path.isdir(value))


def _failed(failure: Exception) -> int:
    """Print the error and return the exit code."""
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
