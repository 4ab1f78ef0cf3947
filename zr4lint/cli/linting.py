"""Runs `zr4lint check` with parsed options: plan, lint, write."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from msgspec import structs

from zr4lint import __version__
from zr4lint.app.errors import UsageError
from zr4lint.app.run import Request, inputs
from zr4lint.app.run import run as lint_files
from zr4lint.cli.destinations import Output, print_bytes, print_diff, targets
from zr4lint.cli.messages import error, errors, standard_input, write_lines
from zr4lint.cli.progress import progress
from zr4lint.filesystem.limits import MAX_SIZE, MAX_TIME
from zr4lint.project.settings import from_options
from zr4lint.report import Options

DEFAULTS: Mapping[str, Any] = {"color": "auto", "max_size": MAX_SIZE, "max_time": MAX_TIME}
"""The defaults of options; other options default to None, empty or False."""

_FIRST_VTE_WITH_LINKS = 5000
_PROGRAMS_WITH_LINKS = frozenset(("Hyper", "WezTerm", "ghostty", "iTerm.app", "terminology", "vscode"))
_TERMINALS_WITH_LINKS = frozenset(("alacritty", "foot", "xterm-ghostty", "xterm-kitty"))

_OF_REQUEST = (
    "paths",
    "stdin_filename",
    "fix",
    "unsafe_fixes",
    "diff",
    "baseline",
    "write_baseline",
    "add_ignore",
    "exit_zero",
    "jobs",
    "max_size",
    "max_time",
)


def lint(options: Mapping[str, Any], origins: Mapping[str, str] | None = None) -> int:
    """Run `zr4lint check` and return the exit code; `options` are named as in `cli.check`.

    `origins` maps settings to the environment variables that set them.
    """
    chosen = {**DEFAULTS, **{name: value for name, value in options.items() if value is not None}}
    wanted = targets(chosen.get("formats") or ("text",), chosen.get("files") or ())
    request = _request(chosen, origins)
    if chosen.get("show_files"):
        files, complaints = inputs(request)
        write_lines(file.shown for file in files)
        return errors(complaints, 0)
    output = Output(wanted, _report_options(chosen), sys.stdout)
    if chosen.get("watch"):
        from zr4lint.cli.watching import watch

        _refuse_watching(request)
        watch(lambda: _lint(request, output), request)
    return _lint(request, output)


def _lint(request: Request, output: Output) -> int:
    """Lint once, write the reports, and return the exit code."""
    with progress(wanted=not output.options.quiet) as advance:
        result = lint_files(request, output.early, advance)
    for note in result.notes:
        error(note)
    if request.diff:
        print_diff(result.diff, sys.stdout)
    elif result.fixed_stdin is not None:
        print_bytes(result.fixed_stdin, sys.stdout)
        Output(output.targets, output.options, sys.stderr).write(structs.replace(result, early=()))
    else:
        output.write(result)
    return errors(result.errors, result.exit_code)


def _refuse_watching(request: Request) -> None:
    """Refuse to watch an input that cannot change, or a file that linting itself changes."""
    if "-" in request.paths:
        raise UsageError("--watch: standard input can't be watched")
    if request.fix or request.add_ignore is not None or request.write_baseline is not None:
        raise UsageError("--watch: can't be used with options that write the files that are watched")


def _request(options: Mapping[str, Any], origins: Mapping[str, str] | None) -> Request:
    if options.get("stdin_filename") and "-" not in options["paths"]:
        if options["paths"]:
            raise UsageError("--stdin-filename needs - among the paths, or no paths")
        options = {**options, "paths": ("-",)}
    configurations = options.get("config") or ()
    named = [text for text in configurations if os.path.isfile(text)]
    if len(named) > 1:
        raise UsageError(f"--config: {len(named)} files; give one, and further settings as KEY=VALUE")
    if named and options.get("no_config"):
        raise UsageError("--config and --no-config can't be used together")
    return Request(
        given=from_options(options, origins),
        config=named[0] if named else None,
        inline=tuple(text for text in configurations if text not in named),
        stdin=standard_input(options["max_size"]) if "-" in options["paths"] else b"",
        isolated=bool(options.get("isolated") or options.get("no_config")),
        suppressions=not options.get("no_suppressions"),
        **{name: options[name] for name in _OF_REQUEST if name in options},
    )


def _color(when: str) -> bool | None:
    """Return whether to use colours, or None if the stream decides."""
    variables = os.environ
    if when != "auto":
        return when == "always"
    if variables.get("NO_COLOR"):
        return False
    if any(variables.get(name, "") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return False if variables.get("TERM") == "dumb" else None


def _follows_links(variables: Mapping[str, str]) -> bool:
    """Return whether the terminal is known to support links; others may print the escape codes."""
    if "FORCE_HYPERLINK" in variables:
        return variables["FORCE_HYPERLINK"] != "0"
    version = variables.get("VTE_VERSION", "")
    return (
        (version.isdecimal() and int(version) >= _FIRST_VTE_WITH_LINKS)
        or variables.get("TERM_PROGRAM") in _PROGRAMS_WITH_LINKS
        or variables.get("TERM") in _TERMINALS_WITH_LINKS
        or any(name in variables for name in ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM"))
    )


def _report_options(options: Mapping[str, Any]) -> Options:
    return Options(
        color=_color("never" if options.get("no_color") else options["color"]),
        links=_follows_links(os.environ),
        table=not options.get("select"),
        quiet=bool(options.get("quiet")),
        verbose=bool(options.get("verbose")),
        statistics=bool(options.get("statistics")),
        version=__version__,
    )
