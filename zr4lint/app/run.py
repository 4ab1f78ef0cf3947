"""A run: finds the files, loads the packs, lints each file, and determines the exit code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.app.aging import old_facts, overdue, rests_on_tables
from zr4lint.app.assignment import Assignment, lint_options, load_packs, options_of_build
from zr4lint.app.errors import UsageError
from zr4lint.app.spool import Spool
from zr4lint.app.task import Options, Task, performed
from zr4lint.app.verdict import fails, low_scores, open_baseline, stale_entries, write_baseline
from zr4lint.filesystem.limits import MAX_SIZE, MAX_TIME
from zr4lint.filesystem.paths import display
from zr4lint.filesystem.sources import FileError
from zr4lint.model.finding import Applicability, FileReport, Report
from zr4lint.model.quoting import code
from zr4lint.packs.own_rules import OWN_RULES
from zr4lint.packs.rulebook import Rulebook, hint
from zr4lint.project import ConfigError, Finder, Layer
from zr4lint.project.configuration import NAMES
from zr4lint.project.discovery import Choice, Input, describes_builds, find, is_leftover
from zr4lint.project.pack_files import PackFiles
from zr4lint.project.patterns import words_for
from zr4lint.project.settings import COMMAND_LINE, SETTINGS

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack


class Request(Struct, frozen=True, kw_only=True):
    """The options of a run from the command line.

    `given` are its settings. "-" among `paths` is standard input, whose bytes are `stdin`. `fix` writes fixes to the
    files, `add_ignore` is the reason for new suppression comments, and `diff` shows the changes instead. `config` is
    the only configuration to use; with `isolated` none is used. `inline` are settings in TOML that override it. Without
    `suppressions`, comments suppress nothing. With `exit_zero`, findings don't make the exit code 1. `jobs` is the
    number of processes. Files with more than `max_size` bytes are refused, and files that take more than `max_time`
    seconds are skipped.
    """

    paths: tuple[str, ...] = ()
    given: Layer = Layer(COMMAND_LINE)
    stdin: bytes = b""
    stdin_filename: str | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    config: str | None = None
    inline: tuple[str, ...] = ()
    isolated: bool = False
    suppressions: bool = True
    baseline: str | None = None
    write_baseline: str | None = None
    add_ignore: str | None = None
    exit_zero: bool = False
    jobs: int | None = None
    max_size: int = MAX_SIZE
    max_time: int = MAX_TIME

    @property
    def packs(self) -> tuple[str, ...]:
        """Return the packs that the command line names."""
        return words_for("-", self.given.values.get("packs", ()))


class Result(Struct, frozen=True):
    """The result of a run: the report, the paths that could not be linted, and the exit code.

    `diff` contains the changes of fixes, `fixed_stdin` the fixed text of standard input. `notes` list rejected fixes
    with reasons, scores that are too low, stale entries of a baseline, and old facts. `early` is the text of each file
    that was written as soon as it was linted.
    """

    report: Report
    errors: tuple[str, ...]
    exit_code: int
    diff: str = ""
    fixed_stdin: bytes | None = None
    notes: tuple[str, ...] = ()
    early: Sequence[str] = ()


def inputs(request: Request) -> tuple[list[Input], list[str]]:
    """Return the files that a request names, and the errors for the other paths."""
    packs = load_packs(request.packs)
    with _refusals():
        files = PackFiles()
        found, errors = _inputs(request, packs, _finder(request, packs, files), files, [])
        return [*{file.shown: file for file in found}.values()], errors


def watched(request: Request) -> set[str]:
    """Return the files that a report depends on: inputs, packs, and existing or possible configurations."""
    named = {name for name in request.packs if os.path.isfile(name)} | set(filter(None, [request.config]))
    named |= {path for path in request.paths if describes_builds(path)}
    try:
        files = {file.file for file in inputs(request)[0]}
    except UsageError:
        files = set()
    folders = {"", *map(os.path.dirname, files)}
    return named | files | {os.path.join(folder, name) for folder in folders for name in NAMES}


def _finder(request: Request, packs: Sequence[Pack], files: PackFiles) -> Finder:
    return Finder(packs, request.given, only=request.config, off=request.isolated, files=files, inline=request.inline)


def _inputs(
    request: Request, packs: Sequence[Pack], finder: Finder, pack_files: PackFiles, notes: list[str]
) -> tuple[list[Input], list[str]]:
    """Return the files to lint and the errors on the others; add to `notes` the builds that are skipped."""

    def claimed(path: str) -> bool:
        entries = finder.pack_entries(path)
        if any(entry.names(path) for entry in entries):
            return True
        listed = [name for entry in entries if entry.pattern is None for name in entry.words]
        used = load_packs(listed, pack_files) if listed and not request.packs else packs
        return not is_leftover(path) and any(pack.claims(path) for pack in used)

    def excluded(path: str) -> bool:
        return finder.settings(path).excludes(path)

    def dropped(path: str) -> bool:
        settings = finder.settings(path)
        return settings.force_exclude and settings.excludes(path)

    files: list[Input] = []
    errors: list[str] = []
    for found in find(request.paths or (".",), Choice(claimed, excluded, dropped)):
        if isinstance(found, FileError):
            errors.append(str(found))
        elif found.shown != "-" and describes_builds(found.shown) and not claimed(found.shown):
            files += _built(found, errors, notes)
        else:
            files.append(found)
    return files, errors


def _built(file: Input, errors: list[str], notes: list[str]) -> Iterator[Input]:
    """Yield the Dockerfiles that a compose file or a bake file builds, once for each build."""
    from zr4lint.project.builds.build_file import builds_of  # few runs are given such a file

    try:
        builds, skipped = builds_of(file.shown)
    except FileError as error:
        errors += str(error).split("\n")
        return
    notes += skipped
    for build in builds:
        path = build.file or file.file
        yield Input(path, display(path), build)


def run(
    request: Request,
    early: Callable[[FileReport], str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Lint the files of a request; raises UsageError for a request that makes no sense.

    `early` writes the findings of each file while the next files are linted, in the worker processes if there are
    several. `progress` is called with the number of finished files and the number of all files.
    """
    with _refusals():
        return _Run(request, early, progress).result()


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        raise UsageError(str(error)) from None


def _build_name(task: Task) -> str:
    return task.file.build.name if task.file.build is not None else ""


def _missing_target(task: Task, stages: Sequence[str]) -> Iterator[str]:
    """Yield the target of a build if its Dockerfile has no such stage."""
    build = task.file.build
    if build is None or build.target is None or not stages or task.lint_options.targets != (build.target,):
        return
    if build.target.lower() not in {name.lower() for name in stages}:
        near = hint(build.target, sorted(stages))
        yield f"{build.origin}: {build.name}: no stage is named {code(build.target)}{near}"


class _Run:
    """A single run."""

    def __init__(
        self,
        request: Request,
        early: Callable[[FileReport], str] | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.request = request
        self.progress = progress
        self.early = None if request.diff else early
        self.written: Spool[str] = Spool()
        self.pack_files = PackFiles()
        self.assignment = Assignment(request.packs, self.pack_files)
        self.packs = self.assignment.packs
        self.finder = _finder(request, self.packs, self.pack_files)
        self.baseline = None if request.baseline is None else open_baseline(request.baseline)
        self.options = Options(
            level=_level(request),
            add_ignore=request.add_ignore,
            diff=request.diff,
            baseline=self.baseline,
            stdin=request.stdin,
            stdin_filename=request.stdin_filename,
            max_size=request.max_size,
            max_time=request.max_time,
        )
        self.errors: list[str] = []
        self.notes: list[str] = []
        self.stages: set[str] = set()
        self.low: list[str] = []
        self.failed = False
        self.overdue, self.aged = overdue(), False
        self.fixed = 0
        self.diff = ""
        self.stdin: bytes | None = None

    def result(self) -> Result:
        """Run everything and return the result."""
        request = self.request
        tasks = self._tasks()
        self.notes += self.finder.notes(task.options.path(task.file) for task in tasks)
        used = self.assignment.used
        check_request(request, used)
        if any(task.file.build is not None for task in tasks) and self._writes:
            raise UsageError("can't change a Dockerfile through a compose or bake file; pass the Dockerfile")
        reports = self._reports(tasks)
        rules = (*(rule.rule for pack in used for rule in pack.rules), *OWN_RULES)
        whole = Report(reports, rules, self.fixed)
        self.notes += () if self.errors else self.low
        self.notes += old_facts() if self.aged else ()
        status = 2 if self.errors else self._code()
        return Result(whole, tuple(self.errors), status, self.diff, self.stdin, tuple(self.notes), self.written)

    @property
    def _writes(self) -> bool:
        """Return whether files are changed, or their changes shown."""
        return self.options.level is not None or self.options.add_ignore is not None

    def _reports(self, tasks: Sequence[Task]) -> Spool[FileReport]:
        """Return the judged reports on the files; with a baseline or builds, after all files are linted."""
        reports: Spool[FileReport] = Spool()
        path = self.request.write_baseline
        builds = any(task.file.build is not None for task in tasks)
        owners: list[Task] = []
        held: Spool[FileReport] = Spool()
        if builds or path is not None or self.baseline is not None:
            for task, report in self._perform(tasks):
                owners.append(task)
                held.append(report)
        else:
            for task, report in self._once(self._perform(tasks)):
                if self.early is not None:
                    self.written.append(self.early(report))
                self._judge(task, report)
                reports.append(report)
        last: Sequence[FileReport] = held
        if len({report.source.path for report in held}) < len(held):
            from zr4lint.app.merging import merged  # few runs have several reports on one file

            pairs = merged([*zip(owners, held, strict=True)], _build_name)
            owners, last = [task for task, _ in pairs], [report for _, report in pairs]
        if reports or last:
            self.errors += self._missing_targets()
        accepted = None
        if path is not None and not self.errors:
            accepted = write_baseline(path, last)
        elif self.baseline is not None:
            self.notes += stale_entries(self.baseline, owners, last)
        for task, report in zip(owners, last, strict=True):
            shown = report if accepted is None else accepted.apply(report)
            self._judge(task, shown)
            reports.append(shown)
        return reports

    @staticmethod
    def _once(done: Iterable[tuple[Task, FileReport]]) -> Iterator[tuple[Task, FileReport]]:
        """Yield each report without findings in shared files of the context that an earlier report already has."""
        known: dict[str, set[tuple[object, ...]]] = {}
        for task, report in done:
            if report.source.path != task.options.path(task.file):
                told = known.setdefault(report.source.path, set())
                new = {(f.code, f.span, f.message): f for f in report.findings}
                report = structs.replace(report, findings=tuple(f for key, f in new.items() if key not in told))
                told.update(new)
                if not report.findings:
                    continue
            yield task, report

    def _judge(self, task: Task, report: FileReport) -> None:
        """Record what makes the exit code 1, and whether findings rely on old facts."""
        low = low_scores(report, task.settings.min_score)
        self.low += low
        self.aged = self.aged or (self.overdue and rests_on_tables(report, task.packs))
        self.failed = self.failed or bool(low) or fails(report, task.settings.fail_on)

    def _code(self) -> int:
        """Return the exit code for the case that all files were linted."""
        failed = bool(self.diff) if self.request.diff else self.failed
        return 0 if self.request.exit_zero else int(failed)

    def _tasks(self) -> list[Task]:
        files, errors = _inputs(self.request, self.packs, self.finder, self.pack_files, self.notes)
        self.errors += errors
        tasks: list[Task] = []
        for file in files:
            path = self.options.path(file)
            settings = self.finder.settings(path)
            named = path if file.build is None else os.path.join(os.path.dirname(path), "Dockerfile")
            packs = self.assignment.packs_for(path, settings) or self.assignment.packs_for(named, settings)
            if packs:
                folder = os.path.dirname(file.file) or "." if file.shown != "-" else None
                options = lint_options(path, settings, folder, suppressions=self.request.suppressions)
                options = options_of_build(options, file.build, settings) if file.build is not None else options
                tasks.append(Task(file, settings, packs, options, self.options))
            else:
                self.errors.append(self._unclaimed(file))
        return tasks

    def _unclaimed(self, file: Input) -> str:
        """Return why a file that no pack matches cannot be linted."""
        try:
            self.options.read(file)
        except FileError as error:
            return str(error)
        names = ", ".join(pack.name for pack in self.packs)
        return f"no pack matches {file.shown}; pass --pack ({names})"

    def _perform(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, FileReport]]:
        """Perform the tasks, and yield the reports of those that succeeded."""
        for number, (task, done) in enumerate(zip(tasks, performed(tasks, self.request.jobs), strict=True), 1):
            if self.progress is not None:
                self.progress(number, len(tasks))
            self.errors += [done.error] if done.error is not None and [done.error] != self.errors[-1:] else []
            self.notes += filter(None, [done.note])
            self.fixed += done.fixed
            self.diff += done.diff
            self.stdin = done.stdin if done.stdin is not None else self.stdin
            self.stages.update(done.stages)
            self.errors += _missing_target(task, done.stages)
            if done.report is not None:
                yield task, structs.replace(done.report, others=())
                for report in done.report.others:
                    yield task, report

    def _missing_targets(self) -> Iterator[str]:
        """Yield the targets of the command line that are a stage in no linted file."""
        if self.options.level is not None or self.options.add_ignore is not None:
            return
        known = {name.lower() for name in self.stages}
        for target in self.request.given.values.get("targets", ()):
            if target.lower() not in known:
                yield f"--target: no stage is named {code(target)}{hint(target, sorted(self.stages))}"


def _level(request: Request) -> Applicability | None:
    """Return the lowest applicability of fixes to apply, or None to apply none."""
    if request.add_ignore is not None or not (request.fix or request.diff):
        return None
    return Applicability.UNSAFE if request.unsafe_fixes else Applicability.SAFE


def check_request(request: Request, packs: Sequence[Pack]) -> None:
    """Raise UsageError if a request names unknown rules or incompatible options."""
    rules = Rulebook(packs)
    for name, value in request.given.values.items():
        setting = SETTINGS[name]
        for word in setting.kind.rules(value):
            if not rules.uses(word):
                raise UsageError(f"{setting.option}: {rules.unknown(word)}")
    reason = request.add_ignore
    if reason is None:
        return
    if request.fix or request.unsafe_fixes:
        raise UsageError("--add-ignore can't be used with --fix")
    if not request.suppressions:
        raise UsageError("--add-ignore can't be used with --no-suppressions")
    if not reason.strip():
        raise UsageError("--add-ignore: the reason is empty")
    if not reason.isprintable():
        raise UsageError("--add-ignore: the reason has characters that can't stand in a comment's line")
