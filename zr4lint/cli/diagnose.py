"""`zr4lint diagnose`: explains a failed build from its log."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import click

from zr4lint.app.errors import UsageError
from zr4lint.cli.limited import limited
from zr4lint.cli.options import a_file, a_folder, format_option, no_color_option, no_folder


@click.command("diagnose")
@click.argument("log", required=False, metavar="[LOG|-]")
@click.option("--file", "dockerfile", type=a_file, metavar="FILE", help="The Dockerfile that was built.")
@click.option(
    "--context", type=a_folder, metavar="DIR", help="The build context; default: the folder of the Dockerfile."
)
@click.option("--fix", is_flag=True, help="Apply safe fixes for the causes in the log to --file.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix, include fixes that need judgement.")
@format_option
@click.option("--output", "-o", type=no_folder, metavar="FILE", help="Write the report to a file.")
@click.option("--pack", "packs", multiple=True, metavar="NAME|FILE", help="A pack, by name or file.")
@click.option("--config", type=a_file, metavar="FILE", help="The configuration file.")
@click.option("--no-config", is_flag=True, help="Ignore configuration files.")
@no_color_option
@click.option("--verbose", "-v", is_flag=True, help="Compare the times of the steps with those of the specification.")
@click.pass_context
def command(ctx: click.Context, /, log: str | None, **options: Any) -> None:
    """Explain why a build or a container failed, from its log.

    LOG is a file, or "-" or nothing for standard input. The log is only read: nothing in it is executed, and no
    network is used.

    \b
    docker build --progress=plain . 2>&1 | tee build.log
    zr4lint diagnose build.log --file Dockerfile

    Exit code: 0 the log shows no failure, 1 it shows one or ends too early, 2 wrong usage or not a log.
    """
    from zr4lint.cli.destinations import print_text, save
    from zr4lint.cli.messages import error
    from zr4lint.diagnose import diagnosis_text, json_report
    from zr4lint.diagnose.cleaning import NoLogError
    from zr4lint.diagnose.diagnosing import Wanted, catalogue_for, fix, lint, offered
    from zr4lint.diagnose.diagnosis import diagnose as explain

    wanted = Wanted(
        options["dockerfile"], options["context"], options["packs"], options["config"], options["no_config"]
    )
    if wanted.config is not None and wanted.no_config:
        raise UsageError("--config and --no-config can't be used together")
    if options["fix"] and wanted.dockerfile is None:
        raise click.UsageError("--fix needs the Dockerfile: --file FILE")
    catalogue = catalogue_for(wanted)
    with limited(wanted.dockerfile or ""):
        linted = lint(wanted, catalogue) if wanted.dockerfile is not None else None
    shown = "standard input" if log in (None, "-") else str(log)
    with _opened(log) as stream:
        try:
            with limited(shown):
                diagnosis = explain(stream, shown, catalogue, linted, _progress())
        except NoLogError as problem:
            raise UsageError(f"{shown}: {problem}") from None
    color = not options["no_color"] and not os.environ.get("NO_COLOR") and sys.stdout.isatty()
    if options["form"] == "json":
        report = json_report.render(diagnosis)
    else:
        report = diagnosis_text.render(
            diagnosis, color=color and options["output"] is None, width=_width(), verbose=options["verbose"]
        )
    save(report, options["output"], sys.stdout)
    if options["fix"]:
        print_text(fix(wanted, diagnosis, unsafe=options["unsafe_fixes"]), sys.stderr)
    if diagnosis.log.format == "text" and not diagnosis.failures:
        error("the log is in no format of a builder that zr4lint knows")
    if wanted.dockerfile is None and (name := offered(diagnosis)) is not None:
        error(f"--file {name} shows the findings and the fix")
    ctx.exit(diagnosis.exit_code)


def _opened(log: str | None) -> BinaryIO:
    """Open the log; raises ClickException if it cannot be read."""
    if log in (None, "-"):
        if sys.stdin is None or (log is None and sys.stdin.isatty()):
            raise click.UsageError("give a log, or pipe one: docker build . 2>&1 | zr4lint diagnose")
        return sys.stdin.buffer
    if os.path.isdir(str(log)):
        raise UsageError(f"{log}: a folder, not a log")
    try:
        return open(str(log), "rb")
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise UsageError(f"{log}: no such file") from None
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"{log}: {reason}") from None


def _progress() -> Callable[[int], None]:
    """Return a callback that shows on a terminal how much of a large log has been read."""
    if sys.stderr is None or not sys.stderr.isatty():
        return lambda _: None

    def told(read: int) -> None:
        if read > _QUIET and read % _EACH < _CHUNK:
            click.echo(f"\rread {read // 1_000_000} MB", nl=False, err=True)

    return told


_CHUNK, _EACH, _QUIET = 1 << 18, 1 << 22, 20_000_000
"""In bytes: the size of a read, the step of the display, and the log size from which progress is shown."""


def _width() -> int:
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
