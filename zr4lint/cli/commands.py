"""The command line: options in, text and exit code out."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

import click
from msgspec import structs

from zr4lint import __version__
from zr4lint.cli.diagnose import diagnose
from zr4lint.cli.lint_options import MORE, a_folder, config, more_options, no_folder
from zr4lint.filesystem.paths import plain
from zr4lint.model.finding import Severity
from zr4lint.report import FORMATS, Options

_LEVELS = {severity.label: severity for severity in reversed(Severity)}


class _LintByDefault(click.Group):
    """A group whose first command runs when no other one is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in self.commands:
            args.insert(0, "lint")
        return super().parse_args(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.commands["lint"].format_help(ctx, formatter)


class _Lint(click.Command):
    """The command that needs no name."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("zr4lint", " ".join(self.collect_usage_pieces(ctx)))


@click.group(cls=_LintByDefault, add_help_option=False, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Hold the commands together."""


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"zr4lint {__version__}")
        ctx.exit()


def _help(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(ctx.get_help())
        ctx.exit()


def _codes(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for value in values for code in value.replace(",", " ").split())


@cli.command("lint", cls=_Lint, add_help_option=False)
@click.argument("paths", nargs=-1)
@click.option(
    "--pack",
    "packs",
    multiple=True,
    metavar="NAME|FILE",
    help="A pack, by name or file; default: those that claim a file.",
)
@click.option(
    "--select",
    multiple=True,
    callback=_codes,
    metavar="PREFIX",
    help="Report only these rules: codes, names or prefixes.",
)
@click.option(
    "--ignore", multiple=True, callback=_codes, metavar="PREFIX", help="Leave these rules out; the longer prefix wins."
)
@click.option("--fix", is_flag=True, help="Apply the safe fixes.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: those that need judgement, too.")
@click.option("--diff", is_flag=True, help="Show what --fix would change; write nothing.")
@click.option(
    "--format",
    "--output-format",
    "formats",
    type=click.Choice(list(FORMATS)),
    multiple=True,
    help="How to report; may be given again. Default: text.",
)
@click.option(
    "--output",
    "-o",
    "files",
    type=no_folder,
    multiple=True,
    metavar="FILE",
    help="Write the report to a file; the n-th file takes the n-th format, - is standard output.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*_LEVELS, "never"]),
    help="The least severity that makes the exit code 1. Default: error.",
)
@click.option(
    "--context",
    type=a_folder,
    metavar="DIR",
    help="The build context; default: the Dockerfile's folder.",
)
@click.option("--stdin-filename", metavar="PATH", help="The name of what is read from standard input.")
@more_options
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR in the environment does the same.")
@click.option("--quiet", "-q", is_flag=True, help="Only the findings.")
@click.option("--verbose", "-v", is_flag=True, help="Say why each rule is there.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule.")
@click.option("--show-files", is_flag=True, help="List the files that would be linted, and stop.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@click.option(
    "--help", "-h", is_flag=True, is_eager=True, expose_value=False, callback=_help, help="Show this message and exit."
)
@click.pass_context
def lint(ctx: click.Context, /, **options: Any) -> None:
    """Check Dockerfiles against their specification.

    PATHS are files, folders, or "-" for standard input; without any, the files below the current folder that a pack
    is for.

    \b
    zr4lint new PACK     write a file that conforms to a pack
    zr4lint badge        draw the score
    zr4lint rule CODE    explain one rule
    zr4lint rules        list the rules
    zr4lint packs        list the packs
    zr4lint diagnose LOG explain a failed build
    zr4lint config PATH  show the configuration of a file

    Exit code: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage or a file that can't be linted.
    """
    from zr4lint.app.run import Request, inputs, load_packs, run
    from zr4lint.cli.output import Output, print_bytes, print_diff, targets
    from zr4lint.report.escaping import no_command, visible

    wanted = targets(options["formats"] or ("text",), options["files"])
    request = Request(
        paths=options["paths"],
        packs=options["packs"],
        select=options["select"],
        ignore=options["ignore"],
        context=options["context"],
        stdin=_stdin(options["max_size"]) if "-" in options["paths"] else b"",
        stdin_filename=options["stdin_filename"],
        fail_on=options["fail_on"],
        fix=options["fix"],
        unsafe_fixes=options["unsafe_fixes"],
        diff=options["diff"],
        **{name: options[name] for name in MORE},
    )
    if options["show_files"]:
        files, errors = inputs(request, load_packs(request.packs))
        for file in files:
            _print(f"{no_command(visible(file.shown))}\n")
        ctx.exit(_complain(errors, 0))
    output = Output(wanted, _options(options), sys.stdout)
    result = run(request, output.early)
    for note in result.notes:
        _error(note)
    if request.diff:
        print_diff(result.diff, sys.stdout)
    elif result.fixed_stdin is not None:
        print_bytes(result.fixed_stdin, sys.stdout)
        Output(wanted, output.options, sys.stderr).write(structs.replace(result, early=()))
    else:
        output.write(result)
    ctx.exit(_complain(result.errors, result.exit_code))


def _stdin(most: int) -> bytes:
    """What standard input holds, or the first bytes of what is too much."""
    from zr4lint.app.run import UsageError

    if sys.stdin is None:
        raise UsageError("standard input is closed")
    return sys.stdin.buffer.read(most + 1)


def _options(given: dict[str, Any]) -> Options:
    return Options(
        color=not given["no_color"] and not os.environ.get("NO_COLOR"),
        quiet=given["quiet"],
        verbose=given["verbose"],
        statistics=given["statistics"],
        version=__version__,
    )


def _print(text: str) -> None:
    from zr4lint.cli.output import print_text

    print_text(text, sys.stdout)


def _complain(errors: Any, code: int) -> int:
    for error in errors:
        _error(error)
    return 2 if errors else code


@cli.command("new")
@click.argument("pack")
@click.argument("path", required=False, type=plain)
@click.option("--amended", is_flag=True, help="Write what the amendments of the pack ask for.")
def new(pack: str, path: str | None, *, amended: bool) -> None:
    """Write a file that conforms to a pack; without a PATH, to standard output."""
    from zr4lint.app.run import load_packs
    from zr4lint.fixing.repair import create

    text = create(load_packs((pack,))[0], path, amended=amended)
    if path is None:
        _print(text)


@cli.command("badge")
@click.argument("paths", nargs=-1)
@click.option("--pack", "packs", multiple=True, metavar="NAME|FILE", help="A pack, by name or file.")
@click.option("--output", "-o", type=no_folder, metavar="FILE", help="Write to a file.")
@click.pass_context
def badge(ctx: click.Context, paths: tuple[str, ...], packs: tuple[str, ...], output: str | None) -> None:
    """Draw the score of files as an SVG; without PATHS, of those that a pack is for."""
    from zr4lint.app.run import Request, run
    from zr4lint.cli.output import save
    from zr4lint.filesystem.limits import MAX_SIZE
    from zr4lint.report.badge import badge as draw

    result = run(Request(paths=paths, packs=packs, stdin=_stdin(MAX_SIZE) if "-" in paths else b""))
    errors = list(result.errors)
    if not errors and not any(file.conformance for file in result.report.files):
        errors.append("badge: no file here is one that a specification is for")
    if not errors:
        save(draw(result.report), output, sys.stdout)
    ctx.exit(_complain(errors, 0))


@cli.command("rule")
@click.argument("code")
def rule(code: str) -> None:
    """Explain one rule."""
    from zr4lint.cli.explain import explain

    _print(f"{explain(code)}\n")


@cli.command("rules")
def rules() -> None:
    """List the rules of all packs."""
    from zr4lint.cli.explain import list_rules

    _print(f"{list_rules()}\n")


@cli.command("packs")
def packs() -> None:
    """List the packs."""
    from zr4lint.cli.explain import list_packs

    _print(f"{list_packs()}\n")


cli.add_command(config)
cli.add_command(diagnose)


def _error(message: str) -> None:
    from zr4lint.report.escaping import visible

    with suppress(OSError):
        click.echo(f"zr4lint: {visible(message)}", err=True)


def run() -> int:
    """Run the command line; whatever goes wrong is one line on stderr and exit code 2.

    A reader of our output that goes away ends us as SIGPIPE ends other programs, so that a pipeline tells of it.
    """
    try:
        code: int = cli.main(prog_name="zr4lint", standalone_mode=False) or 0
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.ClickException as error:
        _error(error.format_message().replace("\n", " "))
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:
        from zr4lint.app.run import UsageError
        from zr4lint.cli.output import ReaderGoneError
        from zr4lint.filesystem.sources import FileError

        if isinstance(error, ReaderGoneError):
            return 141
        known = isinstance(error, UsageError | FileError | OSError)
        _error(str(error) if known else f"internal error: {type(error).__name__}: {error}")
        return 2
    return code
