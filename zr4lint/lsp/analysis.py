"""What is known of one version of an open text."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from zr4lint.app.errors import UsageError
from zr4lint.checks import KINDS
from zr4lint.filesystem.limits import MAX_SIZE
from zr4lint.filesystem.paths import display
from zr4lint.filesystem.sources import FileError
from zr4lint.linting.pipeline import Linted, Linter
from zr4lint.lsp.buffers import Buffer, Language
from zr4lint.lsp.linters import Linters
from zr4lint.model.deadline import Deadline, TimeUpError
from zr4lint.model.finding import Finding, Rule, Witness
from zr4lint.model.source import SourceFile, Span
from zr4lint.packs.loading import read_text
from zr4lint.packs.model import Pack
from zr4lint.packs.own_rules import OWN_RULES
from zr4lint.packs.problems import PackError, line_numbers
from zr4lint.project import ConfigError
from zr4lint.project.settings import KEYS

log = logging.getLogger(__name__)


class Trouble(Struct, frozen=True):
    """A line of the text that something is wrong with, counted from 1, and what that is."""

    line: int
    message: str
    code: str = ""


class Analysis:
    """One version of a text, and what came of reading it.

    `linted` and `linter` are None for a text that is no Dockerfile, or that no pack matches. `troubles` are what
    stands in the way of a lint, or what is wrong with a pack. `files` are the files of the packs, by their names.
    """

    def __init__(
        self,
        buffer: Buffer,
        linted: Linted | None = None,
        linter: Linter | None = None,
        files: Mapping[str, str] | None = None,
        troubles: tuple[Trouble, ...] = (),
    ) -> None:
        self.buffer = buffer
        self.linted = linted
        self.linter = linter
        self.files = files or {}
        self.troubles = troubles

    @property
    def packs(self) -> tuple[Pack, ...]:
        """The packs that the text was linted with."""
        return tuple(self.linter.packs) if self.linter is not None else ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, in the order of the text."""
        return self.linted.report.findings if self.linted is not None else ()

    @property
    def witnesses(self) -> Iterator[Witness]:
        """The words that meet requirements."""
        for part in self.linted.report.conformance if self.linted is not None else ():
            yield from part.witnesses

    @cached_property
    def rules(self) -> Mapping[str, tuple[Pack | None, Rule]]:
        """The rules by their codes, with their packs."""
        own = {rule.code: (None, rule) for rule in OWN_RULES}
        return {**own, **{rule.rule.code: (pack, rule.rule) for pack in self.packs for rule in pack.rules}}

    def findings_at(self, span: Span) -> list[Finding]:
        """The findings on words that a span touches."""
        return [finding for finding in self.findings if touches(finding.span, span)]

    def witnesses_at(self, span: Span) -> list[Witness]:
        """The words that meet requirements and that a span touches, the fewest words first."""
        found = [witness for witness in self.witnesses if touches(witness.span, span)]
        return sorted(found, key=lambda witness: (witness.span.end - witness.span.start, witness.code))


def touches(one: Span, other: Span) -> bool:
    """Whether two spans have a character in common, or one ends where the other begins."""
    return one.start <= other.end and other.start <= one.end


def analyse(buffer: Buffer, linters: Linters, deadline: Deadline) -> Analysis:
    """Read a text; TimeUpError when the deadline passes, and nothing else for any text."""
    try:
        if buffer.language is Language.PACK:
            return Analysis(buffer, troubles=tuple(_pack_troubles(buffer)))
        if buffer.language is Language.DOCKERFILE:
            return _linted(buffer, linters, deadline)
        return Analysis(buffer)
    except TimeUpError:
        raise
    except (UsageError, ConfigError, PackError, FileError) as refused:
        lines = str(refused).split("\n")
        return Analysis(buffer, troubles=tuple(Trouble(1, line, "configuration") for line in lines))
    except Exception as error:  # a mistake of zr4lint must not end the server
        log.exception("internal error in %s", buffer.uri)
        message = f"internal error: {type(error).__name__}: {error}"
        return Analysis(buffer, troubles=(Trouble(1, message, "internal-error"),))


def _linted(buffer: Buffer, linters: Linters, deadline: Deadline) -> Analysis:
    chosen = linters.choose(buffer, deadline)
    if chosen is None:
        return Analysis(buffer)
    path = display(buffer.path) if buffer.path is not None else buffer.name
    if len(buffer.text) > MAX_SIZE:
        raise FileError(f"{path}: larger than {MAX_SIZE} bytes")
    if "\0" in buffer.text:
        raise FileError(f"{path}: a binary file, or text that is not UTF-8: it holds NUL bytes")
    source = SourceFile(buffer.text[buffer.shift :], path, bom=bool(buffer.shift))
    return Analysis(buffer, chosen.linter.lint(source), chosen.linter, chosen.files)


def _pack_troubles(buffer: Buffer) -> Iterator[Trouble]:
    """What is wrong with a pack, each problem at its line."""
    try:
        read_text(buffer.text, buffer.path or buffer.name, KINDS, KEYS)
    except PackError as error:
        lines = line_numbers(buffer.text)
        for problem in error.problems:
            yield Trouble(problem.line_in(lines) or 1, problem.sentence, "pack")
