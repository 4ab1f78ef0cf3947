"""Changing the files of a run: fixes, suppressions, new files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.filesystem import writing
from zr4lint.filesystem.sources import FileError
from zr4lint.fixing.fixpoint import Fixed, fill, fix
from zr4lint.fixing.proof import errors
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Linter
from zr4lint.linting.suppressions.insertion import add_suppressions
from zr4lint.model.finding import Applicability, FileReport
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack


class Repaired(Struct, frozen=True):
    """One file after fixing: its report, the number of findings that are gone, and why fixes were not applied."""

    report: FileReport
    fixed: int = 0
    refused: str | None = None

    @property
    def text(self) -> str:
        """The text after fixing."""
        return self.report.source.text


def repair(source: SourceFile, linter: Linter, level: Applicability) -> Repaired:
    """Fix a text with the fixes of the rules that are selected; nothing is written."""
    done = fix_each(source, linter, level)
    refused = str(done.refused) if done.refused else None
    return Repaired(linter.lint(done.source).report, done.fixed, refused)


def fix_each(source: SourceFile, linter: Linter, level: Applicability) -> Fixed:
    """Fix each finding by itself; where errors are left, try the fixes of causes that are reported once as well.

    A baseline knows findings as they are reported, so with one they are fixed as they are reported.
    """
    lint = linter.of_every_rule(merges=linter.baseline is not None).lint
    done = fix(source, lint, level, linter.options.selects)
    if left := errors(done.linted).total():
        causes = fix(source, linter.of_every_rule().lint, level, linter.options.selects)
        if causes.source.text != done.source.text and errors(lint(causes.source)).total() < left:
            return causes
    return done


def annotate(source: SourceFile, linter: Linter, reason: str) -> Repaired:
    """Suppress the findings by comments above their instructions; nothing is written."""
    linted = linter.lint(source)
    annotated = add_suppressions(linted.dockerfile, linted.report, reason)
    return Repaired(linter.lint(annotated).report)


def write(path: str, old: SourceFile, new: SourceFile) -> None:
    """Write the new text to the file; FileError if that can't be done, and then nothing has changed."""
    try:
        writing.refuse_links(path, within=True)
        writing.replace(path, old.encode(old.text), new.encode(new.text))
    except writing.WriteError as error:
        raise FileError(str(error)) from None


def create(pack: Pack, path: str | None, *, amended: bool = False) -> str:
    """The text of a file that conforms to a pack: the fixer's result on an empty file.

    With `amended` it is what the pack's amendments ask for. It is written to `path` if one is given; FileError if
    that file exists.
    """
    name = path if path is not None else "Dockerfile"
    done = fill(SourceFile("", name), Linter([pack], LintOptions(amended=amended), merges=False).lint)
    text = done.source.text
    if done.refused or not text:
        raise FileError(f"{name}: can't be written from pack {pack.name}: {done.refused or 'its rules have no fixes'}")
    if path is not None:
        try:
            writing.refuse_links(path, within=True)
            writing.write_new(path, text.encode())
        except FileExistsError:
            raise FileError(f"{name}: file exists, not overwritten") from None
        except writing.WriteError as error:
            raise FileError(str(error)) from None
    return text
