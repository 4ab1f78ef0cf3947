"""The analysis of one version of an open text."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.app.errors import UsageError
from zr4lint.checks import KINDS
from zr4lint.filesystem.limits import MAX_SIZE
from zr4lint.filesystem.paths import display
from zr4lint.filesystem.sources import FileError
from zr4lint.lsp.buffers import Buffer, Language
from zr4lint.model.deadline import Deadline, TimeUpError
from zr4lint.model.source import SourceFile, Span
from zr4lint.packs.document_rules import DOCUMENT_RULES, NOT_COMPILED
from zr4lint.packs.loading import read_text
from zr4lint.packs.own_rules import OWN_RULES
from zr4lint.packs.problems import PackError, line_numbers
from zr4lint.project import ConfigError
from zr4lint.project.settings import KEYS

if TYPE_CHECKING:
    from zr4lint.linting.pipeline import Linted, Linter
    from zr4lint.lsp.linters import Linters
    from zr4lint.model.finding import FileReport, Finding, Rule, Witness
    from zr4lint.packs.model import Pack

log = logging.getLogger(__name__)


class Trouble(Struct, frozen=True):
    """A problem in a line of the text, counted from 1."""

    line: int
    message: str
    code: str = ""


class Analysis:
    """One version of a text, and the results of reading it.

    `linted` and `linter` are None if the text is not a Dockerfile or no pack matches it. `report` is the report on a
    Dockerfile or on a document that specifies one. `troubles` are errors that prevent a lint, or the problems of a pack
    or a configuration. `files` are the files of the packs, by their names.
    """

    def __init__(
        self,
        buffer: Buffer,
        linted: Linted | None = None,
        linter: Linter | None = None,
        files: Mapping[str, str] | None = None,
        troubles: tuple[Trouble, ...] = (),
        report: FileReport | None = None,
    ) -> None:
        self.buffer = buffer
        self.linted = linted
        self.report = linted.report if linted is not None else report
        self.linter = linter
        self.files = files or {}
        self.troubles = troubles

    @property
    def packs(self) -> tuple[Pack, ...]:
        """Return the packs that the text was linted with."""
        return tuple(self.linter.packs) if self.linter is not None else ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings, in the order of the text."""
        return self.report.findings if self.report is not None else ()

    @property
    def witnesses(self) -> Iterator[Witness]:
        """Yield the words that meet requirements."""
        for part in self.report.conformance if self.report is not None else ():
            yield from part.witnesses

    @cached_property
    def rules(self) -> Mapping[str, tuple[Pack | None, Rule]]:
        """Return the rules by their codes, with their packs."""
        own = {rule.code: (None, rule) for rule in (*OWN_RULES, *DOCUMENT_RULES)}
        return {**own, **{rule.rule.code: (pack, rule.rule) for pack in self.packs for rule in pack.rules}}

    def findings_at(self, span: Span) -> list[Finding]:
        """Return the findings whose words touch a span."""
        return [finding for finding in self.findings if touches(finding.span, span)]

    def witnesses_at(self, span: Span) -> list[Witness]:
        """Return the witnesses whose words touch a span, the shortest first."""
        found = [witness for witness in self.witnesses if touches(witness.span, span)]
        return sorted(found, key=lambda witness: (witness.span.end - witness.span.start, witness.code))


def touches(one: Span, other: Span) -> bool:
    """Return whether two spans overlap, or one ends where the other begins."""
    return one.start <= other.end and other.start <= one.end


def analyse(buffer: Buffer, linters: Linters, deadline: Deadline) -> Analysis:
    """Analyse a text; raises TimeUpError when the deadline passes, and no other error for any text."""
    try:
        if buffer.language is Language.PACK:
            return Analysis(buffer, troubles=tuple(_pack_troubles(buffer)))
        if buffer.language is Language.CONFIGURATION:
            return Analysis(buffer, troubles=tuple(_configuration_troubles(buffer, linters)))
        if buffer.language is Language.DOCUMENT:
            return _read_document(buffer)
        if buffer.language is Language.DOCKERFILE:
            return _linted(buffer, linters, deadline)
        return Analysis(buffer)
    except TimeUpError:
        raise
    except (UsageError, ConfigError, PackError, FileError) as refused:
        lines = str(refused).split("\n")
        return Analysis(buffer, troubles=tuple(Trouble(1, line, "configuration") for line in lines))
    except Exception as error:  # a bug of zr4lint must not end the server
        log.exception("internal error in %s", buffer.uri)
        message = f"internal error: {type(error).__name__}: {error}"
        return Analysis(buffer, troubles=(Trouble(1, message, "internal-error"),))


def _linted(buffer: Buffer, linters: Linters, deadline: Deadline) -> Analysis:
    chosen = linters.choose(buffer, deadline)
    if chosen is None:
        return Analysis(buffer)
    return Analysis(buffer, chosen.linter.lint(_source(buffer)), chosen.linter, chosen.files)


def _source(buffer: Buffer) -> SourceFile:
    """Return the text for the linter; raises FileError if the linter refuses it."""
    path = display(buffer.path) if buffer.path is not None else buffer.name
    if len(buffer.text) > MAX_SIZE:
        raise FileError(f"{path}: larger than {MAX_SIZE} bytes")
    if "\0" in buffer.text:
        raise FileError(f"{path}: a binary file, or text that is not UTF-8: it holds NUL bytes")
    return SourceFile(buffer.text[buffer.shift :], path, bom=bool(buffer.shift))


def _read_document(buffer: Buffer) -> Analysis:
    """Check a document that specifies a Dockerfile, as its name says or its sections that name lines of a file."""
    from zr4lint.documents.check import check
    from zr4lint.documents.document import Document

    source = _source(buffer)
    if not buffer.is_prd and not Document(source).sections:
        return Analysis(buffer)
    report = check(source)
    told = tuple(finding for finding in report.findings if finding.code != NOT_COMPILED.code)
    return Analysis(buffer, report=structs.replace(report, findings=told))


def _pack_troubles(buffer: Buffer) -> Iterator[Trouble]:
    """Yield the problems of a pack, each at its line."""
    try:
        read_text(buffer.text, buffer.path or buffer.name, KINDS, KEYS)
    except PackError as error:
        lines = line_numbers(buffer.text)
        for problem in error.problems:
            yield Trouble(problem.line_in(lines) or 1, problem.sentence, "pack")


def _configuration_troubles(buffer: Buffer, linters: Linters) -> Iterator[Trouble]:
    """Yield the problems of a configuration, each at its line."""
    try:
        linters.check_configuration(buffer)
    except ConfigError as error:
        for line, message in error.problems:
            yield Trouble(line or 1, message, "configuration")
