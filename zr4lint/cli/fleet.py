"""`zr4lint fleet`: lints very many files on a cluster, and reports on them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from zr4lint.cli.options import OneOf, Whole, a_file, no_folder, origins, setting_options_of
from zr4lint.project.settings import from_options


@click.group("fleet")
def command() -> None:
    """Lint very many files on a cluster, and report on them.

    It needs pip install "zr4lint[fleet]"; docs/fleet.md shows a run on one machine and one on Kubernetes.
    """


@command.command("run")
@click.argument("paths", nargs=-1)
@click.option(
    "--manifest",
    "manifests",
    multiple=True,
    metavar="FILE",
    help="Lint what each row of FILE names: url, or repository with ref and path. CSV, JSONL or Parquet.",
)
@click.option("--output", "-o", required=True, metavar="DIR", help="The destination of the results: a folder or a URL.")
@click.option(
    "--workers",
    type=Whole(min=1),
    metavar="N",
    help="The number of processes on this machine. Default: one per core.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Use the workers of this Dask scheduler instead.")
@click.option(
    "--part-size",
    type=Whole(1, 100_000),
    default=250,
    metavar="N",
    help="The number of files in one task. Default: 250.",
)
@setting_options_of("packs", "select", "ignore", "extend_select", "extend_ignore", "amended", "exclude")
@click.option("--config", type=a_file, metavar="FILE", help="The configuration file. Default: none.")
@click.option("--no-suppressions", is_flag=True, help="Ignore comments that suppress findings.")
@click.option("--max-size", metavar="BYTES", help="Refuse files that are larger. Default: 10M.")
@click.option(
    "--max-time",
    type=Whole(1, 1_000_000),
    default=60,
    metavar="SECONDS",
    help="Skip files that take longer than this. Default: 60.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print no progress and no summary.")
@click.pass_context
def run(ctx: click.Context, /, **options: Any) -> None:
    """Lint paths, URLs and git repositories, and write the results as Parquet.

    PATHS are files, folders, patterns, URLs that fsspec reads, or git+URL for a repository. The same command
    continues a run that was interrupted.

    \b
    zr4lint fleet run --manifest repositories.csv -o results
    zr4lint fleet report results

    Exit code: 0 all parts are done, 2 wrong usage or parts that are not done. Findings don't change it.
    """
    with _installed():
        from zr4lint.fleet.fleet_run import Fleet
        from zr4lint.fleet.fleet_run import run as run_fleet
    from zr4lint.cli.messages import error, errors
    from zr4lint.cli.progress import progress
    from zr4lint.fleet.fleet_text import closing

    if not options["paths"] and not options["manifests"]:
        raise click.UsageError("name paths or URLs, or a --manifest")
    fleet = Fleet(
        request=_request(ctx, options),
        **{name: options[name] for name in ("manifests", "output", "workers", "scheduler", "part_size")},
    )
    with progress(wanted=not options["quiet"]) as advance:
        outcome = run_fleet(fleet, advance)
    if not options["quiet"]:
        for note in outcome.notes:
            error(note)
        click.echo(closing(outcome.totals), err=True)
    ctx.exit(errors(outcome.unfinished, 0))


@command.command("report")
@click.argument("results", metavar="DIR")
@click.option("--against", metavar="DIR", help="Compare with the results of an earlier run.")
@click.option("--format", "form", type=OneOf(["text", "html"]), default="text", help="Default: text.")
@click.option("--output", "-o", type=no_folder, metavar="FILE", help="Write the report to FILE.")
@click.option(
    "--top",
    type=Whole(1, 100_000),
    metavar="N",
    help="The number of rows of each table. Default: 20, and 500 in HTML.",
)
def report(results: str, against: str | None, form: str, output: str | None, top: int | None) -> None:
    """Report on the results of a run: rules by count, repositories by score, and what has changed.

    \b
    zr4lint fleet report results
    zr4lint fleet report results --against last-month --format html -o fleet.html
    """
    with _installed():
        from zr4lint.fleet.report import gathered
    from zr4lint.cli.destinations import save
    from zr4lint.cli.messages import colors, terminal_width
    from zr4lint.fleet import fleet_text, page

    found = gathered(results, against, top or (20 if form == "text" else 500))
    if form == "html":
        save(page.render(found), output, sys.stdout)
        return
    color = output is None and terminal_width() > 0 and colors()
    save(fleet_text.render(found, terminal_width() or 80, color=color), output, sys.stdout)


@contextmanager
def _installed() -> Iterator[None]:
    """Raise an error that says what to install if a package of the extra is missing."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("zr4lint"):
            raise
        raise click.ClickException('zr4lint fleet needs pip install "zr4lint[fleet]"') from None


def _request(ctx: click.Context, options: dict[str, Any]) -> Any:
    from zr4lint.app.run import Request
    from zr4lint.filesystem.limits import MAX_SIZE, size

    try:
        most = MAX_SIZE if options["max_size"] is None else size(options["max_size"])
    except ValueError as refused:
        raise click.UsageError(f"--max-size: {refused}") from None
    return Request(
        paths=options["paths"],
        given=from_options(options, origins(ctx)),
        config=os.path.abspath(options["config"]) if options["config"] is not None else None,
        isolated=options["config"] is None,
        suppressions=not options["no_suppressions"],
        max_size=most,
        max_time=options["max_time"],
    )
