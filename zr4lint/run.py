"""A run: files found, packs loaded, each file linted, exit code worked out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from zr4lint.checks import KINDS
from zr4lint.discovery import FileError, Input, decode, find, read
from zr4lint.engine import Config, lint
from zr4lint.finding import Applicability, FileReport, Report, Severity
from zr4lint.packs import Pack, PackError, load_pack, pack_names
from zr4lint.source import SourceFile


class UsageError(Exception):
    """A run that can't start; the message says why in one line."""


class Request(NamedTuple):
    """What is asked for on the command line.

    `packs` are names or files, none for those that claim a file. "-" among `paths` is standard input, whose bytes
    are `stdin`. `fail_on` is None for never. `fix` writes what fixes change, `diff` shows it instead.
    """

    paths: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    context: Path | None = None
    stdin: bytes = b""
    stdin_filename: str | None = None
    fail_on: Severity | None = Severity.ERROR
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False


class Result(NamedTuple):
    """What came of it: the report, the paths that could not be linted, and the exit code.

    `diff` is what fixes would change, `fixed_stdin` the fixed text of standard input, `notes` say which fixes were
    thrown away and why.
    """

    report: Report
    errors: tuple[str, ...]
    exit_code: int
    diff: str = ""
    fixed_stdin: bytes | None = None
    notes: tuple[str, ...] = ()


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
    repaired = _Repairs()
    for file in files:
        try:
            source = _read(file, request)
            fitting = _fitting(source, file, request, packs)
            config = Config(request.select, request.ignore, _context(file, request))
            if request.fix or request.diff:
                reports.append(repaired.add(source, file, request, fitting, config))
            else:
                reports.append(lint(source, fitting, config))
        except FileError as error:
            errors.append(str(error))
    report = Report(tuple(reports), tuple(rule.rule for pack in packs for rule in pack.rules), repaired.fixed)
    code = int(bool(repaired.diff)) if request.diff else exit_code(report, request.fail_on)
    notes = tuple(repaired.notes)
    return Result(report, tuple(errors), 2 if errors else code, repaired.diff, repaired.stdin, notes)


class _Repairs:
    """What fixing has done so far."""

    def __init__(self) -> None:
        self.fixed = 0
        self.diff = ""
        self.stdin: bytes | None = None
        self.notes: list[str] = []

    def add(
        self, source: SourceFile, file: Input, request: Request, packs: Sequence[Pack], config: Config
    ) -> FileReport:
        """Fix one file; the report is about what is then in it."""
        from zr4lint.repair import difference, repair, write

        level = Applicability.UNSAFE if request.unsafe_fixes else Applicability.SAFE
        done = repair(source, list(packs), config, level)
        if done.refused:
            self.notes.append(f"{file.shown}: {done.refused}")
        changed = done.source.text != source.text
        if request.diff:
            self.diff += difference(source, done.source) if changed else ""
            return done.report
        if file.shown == "-":
            self.stdin = done.source.encode(done.source.text)
        elif changed:
            write(file.file, source, done.source)
        self.fixed += done.fixed
        return done.report


def _read(file: Input, request: Request) -> SourceFile:
    if file.shown != "-":
        return read(file)
    return decode(request.stdin, request.stdin_filename or "-")


def _fitting(source: SourceFile, file: Input, request: Request, packs: Sequence[Pack]) -> Sequence[Pack]:
    """The packs that a file is linted with."""
    fitting = packs if request.packs else [pack for pack in packs if pack.claims(source.path)]
    if not fitting:
        names = ", ".join(pack.name for pack in packs)
        raise FileError(f"{file.shown}: no pack is for a file of this name; choose one with --pack ({names})")
    return fitting


def _context(file: Input, request: Request) -> Path | None:
    if request.context is not None:
        return request.context
    return file.file.parent if file.shown != "-" else None


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
