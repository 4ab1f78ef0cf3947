"""`zr4lint pack`: derives packs from Dockerfiles, and tests packs on edited Dockerfiles."""

from __future__ import annotations

import os
import sys
from itertools import groupby
from operator import attrgetter
from typing import Literal

import click

from zr4lint.cli.limited import limited
from zr4lint.cli.options import OneOf, a_file, no_folder


@click.group("pack")
def command() -> None:
    """Make packs from Dockerfiles, and test packs."""


@command.command("derive")
@click.argument("dockerfile", type=a_file)
@click.option("--output", "-o", type=no_folder, metavar="FILE", help="Write the pack to a file.")
@click.option(
    "--pins",
    type=OneOf(["exact", "minor", "none"]),
    default="exact",
    help="How strictly versions are pinned: as written, by minor version, or not. Default: exact.",
)
@click.option("--layout", is_flag=True, help="Include rules on the lines and the layers of the file.")
def derive(dockerfile: str, output: str | None, pins: Literal["exact", "minor", "none"], layout: bool) -> None:
    """Freeze a golden Dockerfile into a pack.

    Each thing that the file does becomes a rule that names its line: images, packages and their pins, variables,
    copies, clones, commands, and what the container starts. The file itself meets the pack.

    \b
    zr4lint pack derive Dockerfile -o golden.toml
    zr4lint --pack golden.toml Dockerfile
    """
    from zr4lint.app.errors import UsageError
    from zr4lint.cli.destinations import save
    from zr4lint.documents.deriving.derivation import UnusableError
    from zr4lint.documents.deriving.derivation import derive as freeze
    from zr4lint.documents.deriving.pack_writing import write
    from zr4lint.filesystem.paths import display
    from zr4lint.filesystem.sources import read

    try:
        with limited(dockerfile):
            derived = freeze(read(dockerfile, display(dockerfile)), pins, layout=layout)
    except UnusableError as error:
        raise UsageError(str(error)) from None
    save(write(derived, os.path.dirname(output or "")), output, sys.stdout)
    if output is not None:
        from zr4lint.report.wording import plural

        click.echo(f"{output}: {plural(len(derived.demands), 'rule')}", err=True)


@command.command("test")
@click.argument("pack", type=a_file)
@click.argument("dockerfile", required=False, type=a_file)
@click.pass_context
def test(ctx: click.Context, pack: str, dockerfile: str | None) -> None:
    """Test a pack on its examples and a golden Dockerfile.

    The golden file has to meet the pack. Then each of its instructions is dropped, turned into a comment or an echo,
    changed in its last word, moved down, and undone by a new one below it. The edits that no rule reports are listed.
    For a rule without examples, the golden file is the good one, and an edit that the rule reports the bad one.
    Default: the Dockerfile that the pack names under [trace].

    \b
    zr4lint pack test golden.toml Dockerfile

    Exit code: 0 the examples and the golden file pass, 1 one of them fails, 2 wrong usage.
    """
    from zr4lint.app.errors import UsageError
    from zr4lint.cli.messages import write_lines
    from zr4lint.documents.pack_test import try_pack
    from zr4lint.filesystem.documents import is_markdown
    from zr4lint.filesystem.paths import display
    from zr4lint.filesystem.sources import read
    from zr4lint.packs.problems import PackError
    from zr4lint.packs.rulebook import load

    try:
        loaded = load(pack)
    except PackError as error:
        raise UsageError(str(error)) from None
    traced = loaded.traced.path if loaded.traced is not None else None
    if dockerfile is None and traced is not None and not is_markdown(traced):
        dockerfile = traced
    golden = read(dockerfile, display(dockerfile)) if dockerfile is not None else None
    with limited(dockerfile or pack):
        trial = try_pack(loaded, golden)
    lines = [*trial.wrong]
    lines += [f"{f.path}:{f.line}:{f.column}: {f.code} {f.name}: {f.message}" for f in trial.findings]
    for number, edits in groupby(trial.unreported, key=attrgetter("line")):
        kinds = ", ".join(edit.kind for edit in edits)
        lines.append(f"{dockerfile}:{number}: edits that no rule reports: {kinds}")
    lines += [f"{pack}: no edit breaks {rule}" for rule in trial.untried]
    examples = trial.examples + len(trial.wrong) + len(trial.untried)
    summary = f"examples {trial.examples}/{examples}" if examples else "no rule has an example"
    if golden is not None:
        reported = trial.edits - len(trial.unreported)
        summary += f", golden file {len(trial.findings)} findings, edits reported {reported}/{trial.edits}"
    write_lines([*lines, summary])
    ctx.exit(1 if trial.wrong or trial.findings else 0)
