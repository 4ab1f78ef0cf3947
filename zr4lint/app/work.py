"""The work on one file: read, lint, fix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.filesystem.limits import MAX_SIZE, MAX_TIME, TimeUpError, time_limit
from zr4lint.filesystem.sources import FileError, decode, read
from zr4lint.linting.engine import Config
from zr4lint.linting.suppressions import lint
from zr4lint.model.finding import Applicability, FileReport
from zr4lint.model.source import SourceFile
from zr4lint.packs.model import Pack
from zr4lint.project import Force
from zr4lint.project.discovery import Input

if TYPE_CHECKING:
    from zr4lint.linting.baseline import Baseline


class Orders(Struct, frozen=True):
    """What is to be done with every file.

    `level` is how far fixes have to be trusted, None where none are applied; `add_ignore` is the reason of the
    suppressions to be written. With `diff` either is only shown. `stdin` is what standard input holds, by the name
    `stdin_filename`. A file may have `max_size` bytes and take `max_time` seconds.
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
        """The name that a file goes by."""
        return file.shown if file.shown != "-" else self.stdin_filename or "-"

    def read(self, file: Input) -> SourceFile:
        """The text of a file; FileError if it can't be had."""
        if file.shown != "-":
            return read(file.file, file.shown, self.max_size)
        return decode(self.stdin, self.path(file), self.max_size)

    def lint(self, source: SourceFile, packs: Sequence[Pack], config: Config) -> FileReport:
        """Lint a text, and let pass what the baseline has."""
        report = lint(source, packs, config)
        return report if self.baseline is None else self.baseline.apply(report)


class Job(Struct, frozen=True):
    """A file to lint, what is in force for it, the packs that it is linted with, and the orders."""

    file: Input
    force: Force
    packs: tuple[Pack, ...]
    config: Config
    orders: Orders


class Outcome(Struct, frozen=True):
    """What came of a job: the report, or the error for which there is none.

    `fixed` counts the findings that are gone, `diff` is what would change, `stdin` what standard input was made to,
    and `note` says why fixes were thrown away.
    """

    report: FileReport | None
    error: str | None = None
    fixed: int = 0
    diff: str = ""
    stdin: bytes | None = None
    note: str | None = None


def do(job: Job) -> Outcome:
    """Do one job; a file that takes too long is given up."""
    orders = job.orders
    try:
        with time_limit(orders.max_time):
            source = orders.read(job.file)
            if orders.add_ignore is None and orders.level is None:
                return Outcome(orders.lint(source, job.packs, job.config))
            outcome, text = _changed(job, source)
        if text is not None:
            _write(job.file.file, source, text)
        return outcome
    except FileError as error:
        return Outcome(None, str(error))
    except TimeUpError:
        return Outcome(
            None, f"{job.file.shown}: given up after {orders.max_time} seconds; --max-time sets another limit"
        )
    except Exception as error:  # a mistake of zr4lint must not hide what is in the other files
        return Outcome(None, f"{job.file.shown}: internal error: {type(error).__name__}: {error}")


def _changed(job: Job, source: SourceFile) -> tuple[Outcome, SourceFile | None]:
    """Fix one file, or put suppressions in it: what comes of it, and the text to be written, None for none.

    The report is about what is then in the file.
    """
    from zr4lint.fixing.repair import annotate, difference, repair

    orders = job.orders
    if orders.level is None:
        done = annotate(source, job.packs, job.config, orders.add_ignore or "", orders.lint)
    else:
        done = repair(source, job.packs, job.config, orders.level, orders.lint)
    changed = done.source.text != source.text
    note = f"{job.file.shown}: {done.refused}" if done.refused else None
    if orders.diff:
        return Outcome(done.report, diff=difference(source, done.source) if changed else "", note=note), None
    stdin = done.source.encode(done.source.text) if job.file.shown == "-" else None
    outcome = Outcome(done.report, fixed=done.fixed, stdin=stdin, note=note)
    return outcome, done.source if changed and stdin is None else None


def _write(path: str, old: SourceFile, new: SourceFile) -> None:
    from zr4lint.fixing.repair import write

    write(path, old, new)
