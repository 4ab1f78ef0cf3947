"""`zr4lint init`."""

from __future__ import annotations

import os

import click

from zr4lint.cli.options import OneOf
from zr4lint.project.workflows import WORKFLOWS

PACK = "dockerfile-pack.toml"
"""The file to which the derived pack is written."""


@click.command("init")
@click.option(
    "--ci",
    "service",
    type=OneOf([*WORKFLOWS]),
    help="Also write the file that makes this service lint each push and each pull request.",
)
def command(service: str | None) -> None:
    """Write a configuration in the current folder.

    If the folder has a Dockerfile, also derive a pack from it, so that later versions are checked against it. Existing
    files are never overwritten; with --ci, an existing configuration is kept.
    """
    from zr4lint.app.errors import UsageError
    from zr4lint.project import Finder

    workflow = WORKFLOWS.get(service or "")
    if workflow is not None:
        _refuse_existing(workflow[0])
    found = Finder(()).configuration("Dockerfile")
    if found is None:
        _write_configuration()
    elif workflow is None:
        raise UsageError(f"{found.source} exists already; it is not overwritten")
    if workflow is not None:
        from zr4lint.cli.destinations import save

        file, text = workflow
        os.makedirs(os.path.dirname(file) or ".", exist_ok=True)
        save(text, file, None)
        click.echo(f"{file}: written")


def _write_configuration() -> None:
    """Write a configuration, and a pack derived from the Dockerfile if there is one."""
    from zr4lint.cli.destinations import save
    from zr4lint.project.starting_file import NAME, template

    dockerfile = next((name for name in ("Dockerfile", "Containerfile", "dockerfile") if os.path.isfile(name)), None)
    if dockerfile is None:
        save(template(), NAME, None)
        click.echo(f"{NAME}: written, without a pack: no Dockerfile in this folder")
        return
    _refuse_existing(PACK)
    text, count = _derived(dockerfile)
    save(text, PACK, None)
    save(template(("core", "ml", PACK)), NAME, None)
    click.echo(f"{NAME}: written")
    click.echo(f"{PACK}: {count} rules derived from {dockerfile}")


def _refuse_existing(file: str) -> None:
    from zr4lint.app.errors import UsageError

    if os.path.lexists(file):
        raise UsageError(f"{file} exists already; it is not overwritten")


def _derived(dockerfile: str) -> tuple[str, int]:
    """Return the text of the pack that is derived from a Dockerfile, and the number of its rules."""
    from zr4lint.app.errors import UsageError
    from zr4lint.documents.deriving.derivation import UnusableError, derive
    from zr4lint.documents.deriving.pack_writing import write
    from zr4lint.filesystem.sources import read

    try:
        derived = derive(read(dockerfile, dockerfile))
    except UnusableError as error:
        raise UsageError(str(error)) from None
    return write(derived), len(derived.demands)
