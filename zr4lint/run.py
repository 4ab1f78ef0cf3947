"""A run: files found, packs loaded, each file linted, exit code worked out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from zr4lint.checks import KINDS
from zr4lint.discovery import FileError, Input, decode, find, read
from zr4lint.engine import Config, lint
from zr4lint.finding import FileReport, Report, Severity
from zr4lint.packs import Pack, PackError, load_pack, pack_names
from zr4lint.source import SourceFile


class UsageError(Exception):
    """A run that can't start; the message says why in one line."""


class Request(NamedTuple):
    """What is asked for on the command line.

    `packs` are names or files, none for those that claim a file. "-" among `paths` is standard input, whose bytes
    are `stdin`. `fail_on` is None for never.
    """

    paths: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    context: Path | None = None
    stdin: bytes = b""
    stdin_filename: str | None = None
    fail_on: Severity | None = Severity.ERROR


class Result(NamedTuple):
    """What came of it: the report, the paths that could not be linted, and the exit code."""

    report: Report
    errors: tuple[str, ...]
    exit_code: int


def load_packs(names: Sequence[str]) -> tuple[Pack, ...]:
    """The packs of these names, those used by default if there are none; UsageError for a broken one."""
    try:
        packs = tuple(load_pack(name, KINDS) for name in dict.fromkeys(names or pack_names()))
    except PackError as error:
        raise UsageError(str(error)) from None
    return packs if names else tuple(pack for pack in packs if pack.default)


def inputs(request: Request, packs: Sequence[Pack]) -> tuple[list[Input], list[str]]:
    """The files that a request names, and what is wrong with the other paths."""
    files: list[Input] = []
    errors: list[str] = []
    for found in find(request.paths or (".",), lambda path: any(pack.claims(path) for pack in packs)):
        if isinstance(found, FileError):
            errors.append(str(found))
        else:
            files.append(found)
    return files, errors


def run(request: Request) -> Result:
    """Lint what a request names; UsageError for one that makes no sense."""
    packs = load_packs(request.packs)
    _check_codes(request, packs)
    files, errors = inputs(request, packs)
    reports: list[FileReport] = []
    for file in files:
        try:
            source = _read(file, request)
            reports.append(_lint(source, file, request, packs))
        except FileError as error:
            errors.append(str(error))
    report = Report(tuple(reports), tuple(rule.rule for pack in packs for rule in pack.rules))
    return Result(report, tuple(errors), 2 if errors else exit_code(report, request.fail_on))


def _read(file: Input, request: Request) -> SourceFile:
    if file.shown != "-":
        return read(file)
    return decode(request.stdin, request.stdin_filename or "-")


def _lint(source: SourceFile, file: Input, request: Request, packs: Sequence[Pack]) -> FileReport:
    fitting = packs if request.packs else [pack for pack in packs if pack.claims(source.path)]
    if not fitting:
        names = ", ".join(pack.name for pack in packs)
        raise FileError(f"{file.shown}: no pack is for a file of this name; choose one with --pack ({names})")
    context = request.context
    if context is None:
        context = file.file.parent if file.shown != "-" else None
    return lint(source, fitting, Config(request.select, request.ignore, context))


def _check_codes(request: Request, packs: Sequence[Pack]) -> None:
    rules = [rule.rule for pack in packs for rule in pack.rules]
    for option, values in (("--select", request.select), ("--ignore", request.ignore)):
        for value in values:
            if not any(rule.name == value or rule.code.startswith(value.upper()) for rule in rules):
                from difflib import get_close_matches

                near = get_close_matches(value, [name for rule in rules for name in (rule.code, rule.name)], n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise UsageError(f"{option}: no rule has the code or the name {value!r}{hint}")


def exit_code(report: Report, fail_on: Severity | None) -> int:
    """1 if a finding is at least as severe as `fail_on`, else 0."""
    if fail_on is None:
        return 0
    return int(any(f.severity >= fail_on and not f.suppressed for file in report.files for f in file.findings))
