"""Reads, lints and fixes one file of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import TypeVar

from msgspec import Struct

from zr4lint.app.parallel import in_order, processes
from zr4lint.dockerfile import Dockerfile, values
from zr4lint.filesystem.limits import MAX_SIZE, MAX_TIME, time_limit
from zr4lint.filesystem.sources import FileError, decode, read
from zr4lint.linting.ahead import ask_shellcheck, asks_shellcheck
from zr4lint.linting.baseline import Baseline
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Gathered, Linter
from zr4lint.model.budgets import TRIALS_OF_BUILDS
from zr4lint.model.deadline import Deadline, TimeUpError
from zr4lint.model.finding import Applicability, FileReport
from zr4lint.model.source import SourceFile
from zr4lint.packs.model import Pack
from zr4lint.project.discovery import Input
from zr4lint.project.settings import Settings

_R = TypeVar("_R")


class Options(Struct, frozen=True, kw_only=True):
    """The work to do on each file.

    `level` is the lowest applicability of fixes to apply, or None to apply none. `add_ignore` is the reason for new
    suppression comments. With `diff`, the changes are only shown. `stdin` is the content of standard input, and
    `stdin_filename` its name. `max_size` is the size limit of a file in bytes, `max_time` the time limit in seconds.
    """

    level: Applicability | None = None
    add_ignore: str | None = None
    diff: bool = False
    baseline: Baseline | None = None
    stdin: bytes = b""
    stdin_filename: str | None = None
    max_size: int = MAX_SIZE
    max_time: int = MAX_TIME

    def path(self, file: Input) -> str:
        """Return the name under which a file is reported."""
        return file.shown if file.shown != "-" else self.stdin_filename or "-"

    def read(self, file: Input) -> SourceFile:
        """Read a file; raises FileError if it cannot be read."""
        if file.build is not None and file.build.inline is not None:
            return SourceFile(file.build.inline.text, file.shown)
        if file.shown != "-":
            return read(file.file, file.shown, self.max_size)
        return decode(self.stdin, self.path(file), self.max_size)


class Task(Struct, frozen=True):
    """A file to lint, its settings, and its packs and options."""

    file: Input
    settings: Settings
    packs: tuple[Pack, ...]
    lint_options: LintOptions
    options: Options

    @property
    def origin(self) -> str | None:
        """Return the compose or bake file that describes the build of the file, or None."""
        return self.file.build.origin if self.file.build is not None else None

    def linter(self, deadline: Deadline | None = None) -> Linter:
        """Return a linter for the file; without a deadline, its time limit starts now."""
        deadline = deadline or Deadline(self.options.max_time)
        return Linter(self.packs, self.lint_options, self.options.baseline, deadline)


class Result(Struct, frozen=True):
    """The report on a file, or the error that prevented it.

    `fixed` counts the removed findings, `diff` contains the changes, `stdin` the new text of standard input. `note`
    tells why fixes were rejected. `stages` are the stages of the file if targets are requested.
    """

    report: FileReport | None
    error: str | None = None
    fixed: int = 0
    diff: str = ""
    stdin: bytes | None = None
    note: str | None = None
    stages: tuple[str, ...] = ()


def performed(tasks: Sequence[Task], jobs: int | None) -> Iterator[Result]:
    """Yield the results of tasks in order, from several processes; the builds of one file share its limits."""
    for origin, some in groupby(tasks, lambda task: task.origin):
        group = [*some]
        if origin is None:
            yield from in_order(perform, lost, group, processes(jobs, len(group)))
        else:
            yield from perform(group, Deadline(group[0].options.max_time, TRIALS_OF_BUILDS))


def perform(tasks: Sequence[Task], deadline: Deadline | None = None) -> Iterator[Result]:
    """Lint or fix the files of tasks; a file that takes too long is skipped.

    Without a common deadline, each file has its own time limit. One ShellCheck process checks the scripts of all files.
    """
    if len(tasks) < 2 or not any(asks_shellcheck(task.packs, task.lint_options) for task in tasks):
        yield from (_guarded(task, partial(_performed, task, deadline)) for task in tasks)
        return
    ready: list[Gathered | Result | None] = [_guarded(task, partial(_gathered, task, deadline)) for task in tasks]
    both = zip(ready, tasks, strict=True)
    ask_shellcheck((one.facts, task.packs, task.lint_options) for one, task in both if isinstance(one, Gathered))
    for at, task in enumerate(tasks):
        one, ready[at] = ready[at], None  # free the facts of a finished file
        yield one if isinstance(one, Result) else _guarded(task, partial(_performed, task, deadline, one))


def _performed(task: Task, deadline: Deadline | None, gathered: Gathered | None = None) -> Result:
    options = task.options
    with time_limit(_seconds(task, deadline)):
        linter = task.linter(deadline)
        if options.add_ignore is None and options.level is None:
            linted = linter.judge(gathered) if gathered is not None else linter.lint(options.read(task.file))
            stages = _stage_names(linted.dockerfile) if task.lint_options.targets else ()
            return Result(_where_it_stands(task, linted.report), stages=stages)
        source = options.read(task.file)
        result, text = _changed(task, source)
    if text is not None:
        _write(task.file.file, source, text)
    return result


def _seconds(task: Task, deadline: Deadline | None) -> float:
    return task.options.max_time if deadline is None else deadline.left


def _where_it_stands(task: Task, report: FileReport) -> FileReport:
    """Move the report of an inline Dockerfile to the places in the file that contains it."""
    build = task.file.build
    if build is None or build.inline is None:
        return report
    from zr4lint.app.relocation import relocated

    return relocated(report, build.inline, read(task.file.file, task.file.shown, task.options.max_size))


def _gathered(task: Task, deadline: Deadline | None) -> Gathered | None:
    """Return the facts of a file before its rules run, or None for a file that will be changed."""
    options = task.options
    if options.add_ignore is not None or options.level is not None:
        return None
    with time_limit(_seconds(task, deadline)):
        return task.linter(deadline).gather(options.read(task.file))


def _guarded(task: Task, work: Callable[[], _R]) -> _R | Result:
    """Return the result of work on a task's file, or a result with the error if it fails."""
    options = task.options
    try:
        return work()
    except FileError as error:
        return Result(None, str(error))
    except TimeUpError:
        what = f"{task.file.shown}: skipped: takes" if task.origin is None else f"{task.origin}: the builds take"
        return Result(None, f"{what} more than {options.max_time} seconds (--max-time)")
    except Exception as error:  # a bug of zr4lint must not hide the findings of the other files
        return Result(None, f"{task.file.shown}: internal error: {type(error).__name__}: {error}")


def _stage_names(dockerfile: Dockerfile) -> tuple[str, ...]:
    """Return the names and numbers of the stages."""
    stages = [values.split(i.arguments) for i in dockerfile.instructions if i.keyword == "FROM"]
    names = (words[2].raw for words in stages if len(words) > 2 and words[1].raw.lower() == "as")
    return (*names, *map(str, range(len(stages))))


def lost(task: Task) -> Result:
    """Return the result for a file whose process died twice."""
    return Result(None, f"{task.file.shown}: not linted: its process was killed")


def _changed(task: Task, source: SourceFile) -> tuple[Result, SourceFile | None]:
    """Fix a file or add suppressions to it; return the result and the text to write, or None for no change.

    The report describes the changed text.
    """
    from zr4lint.fixing.difference import difference
    from zr4lint.fixing.repair import annotate, repair

    options = task.options
    if options.level is None:
        done = annotate(source, task.linter(), options.add_ignore or "")
    else:
        done = repair(source, task.linter(), options.level)
    new = done.report.source
    changed = new.text != source.text
    note = f"{task.file.shown}: {done.refused}" if done.refused else None
    if options.diff:
        return Result(done.report, diff=difference(source, new) if changed else "", note=note), None
    stdin = new.encode(new.text) if task.file.shown == "-" else None
    result = Result(done.report, fixed=done.fixed, stdin=stdin, note=note)
    return result, new if changed and stdin is None else None


def _write(path: str, old: SourceFile, new: SourceFile) -> None:
    from zr4lint.fixing.repair import write

    write(path, old, new)
