"""Fixing the files of a run: what is written, what is shown instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import unified_diff

from msgspec import Struct, structs

from zr4lint.filesystem import writing
from zr4lint.filesystem.sources import FileError
from zr4lint.fixing.fixpoint import fix
from zr4lint.linting.engine import Config
from zr4lint.linting.suppressions import add, lint
from zr4lint.model.finding import Applicability, FileReport
from zr4lint.model.source import SourceFile
from zr4lint.packs.model import Pack

Lint = Callable[[SourceFile, Sequence[Pack], Config], FileReport]


class Repaired(Struct, frozen=True):
    """One file after fixing: its text and report, what changed, and why a change was thrown away."""

    source: SourceFile
    report: FileReport
    fixed: int
    refused: str | None


def repair(
    source: SourceFile, packs: Sequence[Pack], config: Config, level: Applicability, lint: Lint = lint
) -> Repaired:
    """Fix a text with the fixes of the rules that are selected; nothing is written."""
    everything = structs.replace(config, select=("",), ignore=())
    fixed = fix(source, lambda text: lint(text, packs, everything), level, config.selects)
    report = structs.replace(fixed.report, findings=tuple(filter(config.selects, fixed.report.findings)))
    return Repaired(fixed.source, report, fixed.fixed, str(fixed.refused) if fixed.refused else None)


def annotate(source: SourceFile, packs: Sequence[Pack], config: Config, reason: str, lint: Lint = lint) -> Repaired:
    """Put comments above the instructions of the findings, which suppress them; nothing is written."""
    annotated = add(lint(source, packs, config), reason)
    return Repaired(annotated, lint(annotated, packs, config), 0, None)


def write(path: str, old: SourceFile, new: SourceFile) -> None:
    """Put the new text in the file; FileError if that can't be done, and then nothing has changed."""
    try:
        writing.refuse_links(path, within=True)
        writing.replace(path, old.encode(old.text), new.encode(new.text))
    except writing.WriteError as error:
        raise FileError(str(error)) from None


def difference(old: SourceFile, new: SourceFile) -> str:
    """What changed, as a unified diff that git can apply; only "\\n" ends a line in it."""
    path = old.path.lstrip("/")
    lines = unified_diff(_lines(old.whole_text), _lines(new.whole_text), _name(f"a/{path}"), _name(f"b/{path}"))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines


def _name(path: str) -> str:
    """A path as git writes it: between quotation marks where characters of it have to be escaped."""
    if path.isprintable() and not set(path) & {'"', "\\"}:
        return path
    data = path.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in data) + '"'


def create(pack: Pack, path: str | None, *, amended: bool = False) -> str:
    """The text of a file that conforms to a pack: what the fixer makes of an empty one.

    With `amended` it is what the pack's amendments ask for. It is written to `path`, if that is given; FileError if
    there is a file already.
    """
    name = path if path is not None else "Dockerfile"
    done = repair(SourceFile("", name), [pack], Config(amended=amended), Applicability.UNSAFE)
    if done.refused or not done.source.text:
        raise FileError(f"{name}: pack {pack.name} can't write it: {done.refused or 'its rules have no fixes'}")
    if path is not None:
        try:
            writing.refuse_links(path, within=True)
            writing.write_new(path, done.source.text.encode())
        except FileExistsError:
            raise FileError(f"{name}: is there already; nothing is written") from None
        except writing.WriteError as error:
            raise FileError(str(error)) from None
    return done.source.text
