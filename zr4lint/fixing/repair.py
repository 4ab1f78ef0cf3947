"""Changes the files of a run: fixes, suppressions, new files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.filesystem import writing
from zr4lint.filesystem.sources import FileError
from zr4lint.fixing.fixpoint import Fixed, fill, fix, is_large
from zr4lint.fixing.proof import errors
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Linter
from zr4lint.linting.suppressions.insertion import add_suppressions
from zr4lint.model.finding import Applicability, FileReport
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack


class Repaired(Struct, frozen=True):
    """One file after fixing: its report, the number of removed findings, and why fixes were not applied."""

    report: FileReport
    fixed: int = 0
    refused: str | None = None

    @property
    def text(self) -> str:
        """Return the text after fixing."""
        return self.report.source.text


def repair(source: SourceFile, linter: Linter, level: Applicability) -> Repaired:
    """Apply the fixes of the selected rules to a text; nothing is written."""
    done = fix_each(source, linter, level)
    refused = str(done.refused) if done.refused else None
    return Repaired(linter.lint(done.source).report, done.fixed, refused)


def fix_each(source: SourceFile, linter: Linter, level: Applicability) -> Fixed:
    """Fix each finding separately; if errors are left, also try the fixes of merged findings.

    A baseline contains findings as they are reported, so with a baseline the merged findings are fixed.
    """
    lint = linter.of_every_rule(merges=linter.baseline is not None).lint
    done = fix(source, lint, level, linter.options.selects)
    if (left := errors(done.linted).total()) and not is_large(done.linted):
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
    """Write the new text to the file; on failure, the file is unchanged and FileError is raised."""
    try:
        writing.refuse_links(path, within=True)
        writing.replace(path, old.encode(old.text), new.encode(new.text))
    except writing.WriteError as error:
        raise FileError(str(error)) from None


def create(pack: Pack, path: str | None, *, amended: bool = False) -> str:
    """Return the text of a file that conforms to a pack: the fixer's result on an empty file.

    With `amended`, the text follows the pack's amendments. It is written to `path` if one is given; raises FileError if
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
