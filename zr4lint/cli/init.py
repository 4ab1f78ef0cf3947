"""`zr4lint init`."""

from __future__ import annotations

import os

import click

PACK = "dockerfile-pack.toml"
"""The file that the derived pack is written to."""


@click.command("init")
def command() -> None:
    """Write a configuration in the current folder.

    Where the folder has a Dockerfile, also derive a pack from it, so that later versions are checked against it. No
    file is overwritten.
    """
    from zr4lint.app.errors import UsageError
    from zr4lint.cli.output import save
    from zr4lint.project import Finder
    from zr4lint.project.template import NAME, template

    dockerfile = next((name for name in ("Dockerfile", "Containerfile", "dockerfile") if os.path.isfile(name)), None)
    found = Finder(()).configuration("Dockerfile")
    if found is not None:
        raise UsageError(f"{found.source} exists already; it is not overwritten")
    if dockerfile is None:
        save(template(), NAME, None)
        click.echo(f"{NAME}: written, without a pack: no Dockerfile in this folder")
        return
    if os.path.lexists(PACK):
        raise UsageError(f"{PACK} exists already; it is not overwritten")
    text, count = _derived(dockerfile)
    save(text, PACK, None)
    save(template(("core", "ml", PACK)), NAME, None)
    click.echo(f"{NAME}: written")
    click.echo(f"{PACK}: {count} rules derived from {dockerfile}")


def _derived(dockerfile: str) -> tuple[str, int]:
    """The text of the pack that freezes a file, and the number of its rules."""
    from zr4lint.app.errors import UsageError
    from zr4lint.documents.deriving.pack import UnusableError, derive
    from zr4lint.documents.deriving.writing import write
    from zr4lint.filesystem.sources import read

    try:
        derived = derive(read(dockerfile, dockerfile))
    except UnusableError as error:
        raise UsageError(str(error)) from None
    return write(derived), len(derived.demands)
