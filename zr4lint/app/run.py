"""A run: files found, packs loaded, each file linted, exit code worked out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from zr4lint.app.parallel import in_order, processes
from zr4lint.app.verdict import GateError, Judged, fails, low_scores, open_baseline, stale_entries, write_baseline
from zr4lint.app.work import Job, Orders, do
from zr4lint.filesystem.limits import MAX_SIZE, MAX_TIME
from zr4lint.filesystem.sources import FileError
from zr4lint.linting.engine import Config
from zr4lint.model.finding import Applicability, FileReport, Report
from zr4lint.packs.loading import pack_names
from zr4lint.packs.model import Pack
from zr4lint.packs.problems import PackError
from zr4lint.packs.rulebook import OWN_RULES, Rulebook, load
from zr4lint.project import ConfigError, Finder, Force, Given, in_force
from zr4lint.project.discovery import Input, find
from zr4lint.project.settings import excluded, has_packs


class UsageError(Exception):
    """A run that can't start; the message says why in one line."""


class Request(Struct, frozen=True):
    """What is asked for on the command line.

    `packs` are names or files, none for those that claim a file. "-" among `paths` is standard input, whose bytes
    are `stdin`. `fail_on` and `conflicts` are words of the options, None where they are not given. `fix` writes what
    fixes change, `add_ignore` is the reason of the suppressions to be written, and `diff` shows either instead.
    `config` is the one configuration to go by, with `no_config` there is none. `jobs` is the number of processes.
    Files with more bytes than `max_size` are refused, those that take more seconds than `max_time` are given up.
    """

    paths: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    context: str | None = None
    stdin: bytes = b""
    stdin_filename: str | None = None
    fail_on: str | None = None
    min_score: float | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    config: str | None = None
    no_config: bool = False
    baseline: str | None = None
    write_baseline: str | None = None
    add_ignore: str | None = None
    conflicts: str | None = None
    amended: bool = False
    jobs: int | None = None
    max_size: int = MAX_SIZE
    max_time: int = MAX_TIME

    @property
    def given(self) -> Given:
        """What wins over configurations."""
        return Given(
            self.packs,
            self.select,
            self.ignore,
            self.fail_on,
            self.min_score,
            self.context,
            self.conflicts,
            self.amended,
        )


class Result(Struct, frozen=True):
    """What came of it: the report, the paths that could not be linted, and the exit code.

    `diff` is what fixes would change, `fixed_stdin` the fixed text of standard input, `notes` say which fixes were
    thrown away and why, which scores are too low, and what of a baseline is stale. `early` is what was written of each
    file of the report as soon as it was linted.
    """

    report: Report
    errors: tuple[str, ...]
    exit_code: int
    diff: str = ""
    fixed_stdin: bytes | None = None
    notes: tuple[str, ...] = ()
    early: tuple[str, ...] = ()


def load_packs(names: Sequence[str]) -> tuple[Pack, ...]:
    """The packs of these names, all that come with zr4lint if there are none; UsageError for a broken one."""
    try:
        return tuple(load(name) for name in dict.fromkeys(names or pack_names()))
    except PackError as error:
        raise UsageError(str(error)) from None


def inputs(request: Request, packs: Sequence[Pack], finder: Finder | None = None) -> tuple[list[Input], list[str]]:
    """The files that a request names, and what is wrong with the other paths."""
    files: list[Input] = []
    errors: list[str] = []
    with _refusals():
        seen = finder or Finder(packs, request.config, off=request.no_config)

        def claimed(path: str) -> bool:
            config = seen.of(path)
            if not (has_packs(config, path) or any(pack.claims(path) for pack in packs)):
                return False
            return not excluded(config, path)

        for found in find(request.paths or (".",), claimed):
            if isinstance(found, FileError):
                errors.append(str(found))
            else:
                files.append(found)
    return files, errors


def run(request: Request, early: Callable[[FileReport], str] | None = None) -> Result:
    """Lint what a request names; UsageError for one that makes no sense.

    `early` writes of each file while the next ones are linted, in other processes where there are several.
    """
    with _refusals():
        return _Run(request, early).result()


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (ConfigError, GateError) as error:
        raise UsageError(str(error)) from None


class _Run:
    """One run."""

    def __init__(self, request: Request, early: Callable[[FileReport], str] | None) -> None:
        self.request = request
        self.early = None if request.diff or request.write_baseline is not None else early
        self.written: list[str] = []
        self.packs = load_packs(request.packs)
        self.finder = Finder(self.packs, request.config, off=request.no_config)
        self.baseline = None if request.baseline is None else open_baseline(request.baseline)
        self.loaded = {request.packs: self.packs}
        self.orders = Orders(
            _level(request),
            request.add_ignore,
            request.diff,
            self.baseline,
            request.stdin,
            request.stdin_filename,
            request.max_size,
            request.max_time,
        )
        self.errors: list[str] = []
        self.notes: list[str] = []
        self.fixed = 0
        self.diff = ""
        self.stdin: bytes | None = None

    def result(self) -> Result:
        """Do it all."""
        request = self.request
        jobs = self._jobs()
        used = tuple({id(pack): pack for packs in self.loaded.values() for pack in packs}.values())
        _check_request(request, used)
        done = list(self._do(jobs))
        if request.write_baseline is not None and not self.errors:
            done = self._written(request.write_baseline, done)
        elif self.baseline is not None:
            judged = [Judged(report, job.packs, job.config) for job, report in done]
            self.notes += stale_entries(self.baseline, judged)
        code = 0
        for job, report in done:
            low = low_scores(report, job.force.min_score.value)
            self.notes += low
            code = max(code, int(bool(low) or fails(report, job.force.fail_on.value)))
        if request.diff:
            code = int(bool(self.diff))
        code = 2 if self.errors else code
        rules = (*(rule.rule for pack in used for rule in pack.rules), *OWN_RULES)
        whole = Report(tuple(report for _, report in done), rules, self.fixed)
        return Result(whole, tuple(self.errors), code, self.diff, self.stdin, tuple(self.notes), tuple(self.written))

    def _jobs(self) -> list[Job]:
        files, errors = inputs(self.request, self.packs, self.finder)
        self.errors += errors
        jobs: list[Job] = []
        for file in files:
            path = self.orders.path(file)
            force = in_force(self.request.given, self.finder.of(path), path)
            packs = self._fitting(path, force)
            if not packs:
                self.errors.append(self._unclaimed(file))
                continue
            context = force.context.value
            if context is None and file.shown != "-":
                context = os.path.dirname(file.file) or "."
            ignore = (*force.ignore.value, *force.per_file_ignores.value)
            config = Config(
                force.select.value,
                ignore,
                context,
                force.severity.value,
                force.conflicts.value,
                force.amended.value,
            )
            jobs.append(Job(file, force, packs, config, self.orders))
        return jobs

    def _fitting(self, path: str, force: Force) -> tuple[Pack, ...]:
        """The packs that a file is linted with."""
        if self.request.packs:
            return self.packs
        if force.packs.value:
            if force.packs.value not in self.loaded:
                self.loaded[force.packs.value] = load_packs(force.packs.value)
            return self.loaded[force.packs.value]
        return tuple(pack for pack in self.packs if pack.claims(path))

    def _unclaimed(self, file: Input) -> str:
        """Why a file that no pack is for can't be linted."""
        try:
            self.orders.read(file)
        except FileError as error:
            return str(error)
        names = ", ".join(pack.name for pack in self.packs)
        return f"{file.shown}: no pack is for a file of this name; choose one with --pack ({names})"

    def _do(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, FileReport]]:
        """Do the jobs, and give the reports of those that could be done."""
        count = processes(self.request.jobs, len(jobs))
        for job, done in zip(jobs, in_order(do, jobs, count), strict=True):
            self.errors += filter(None, [done.error])
            self.notes += filter(None, [done.note])
            self.fixed += done.fixed
            self.diff += done.diff
            self.stdin = done.stdin if done.stdin is not None else self.stdin
            if done.report is not None:
                if self.early is not None:
                    self.written.append(self.early(done.report))
                yield job, done.report

    def _written(self, path: str, done: list[tuple[Job, FileReport]]) -> list[tuple[Job, FileReport]]:
        """Write the findings to a baseline, by which they are then suppressed."""
        written = write_baseline(path, [report for _, report in done])
        return [(job, written.apply(report)) for job, report in done]


def _level(request: Request) -> Applicability | None:
    """How far fixes have to be trusted to be applied, None where none are."""
    if request.add_ignore is not None or not (request.fix or request.diff):
        return None
    return Applicability.UNSAFE if request.unsafe_fixes else Applicability.SAFE


def _check_request(request: Request, packs: Sequence[Pack]) -> None:
    rules = Rulebook(packs)
    for option, values in (("--select", request.select), ("--ignore", request.ignore)):
        for value in values:
            if not rules.uses(value):
                raise UsageError(f"{option}: no rule has the code or the name {value!r}{rules.nearest(value)}")
    reason = request.add_ignore
    if reason is None:
        return
    if request.fix or request.unsafe_fixes:
        raise UsageError("--add-ignore and --fix can't be used together; fix first, then see what is left")
    if not reason.isprintable():
        raise UsageError("--add-ignore: the reason has characters that can't stand in a comment's line")
