"""The trials of an input: parse, lint, fix and report on it, and check the results."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from tests.fuzz.inputs import ROOT
from zr4lint.app.assignment import load_packs
from zr4lint.diagnose import diagnosis_text, json_report
from zr4lint.diagnose.catalogue import shipped
from zr4lint.diagnose.cleaning import NoLogError
from zr4lint.diagnose.diagnosis import diagnose
from zr4lint.dockerfile import parse, values
from zr4lint.documents.check import check
from zr4lint.facts import gather
from zr4lint.filesystem.limits import time_limit
from zr4lint.filesystem.sources import FileError
from zr4lint.fixing.difference import difference
from zr4lint.fixing.fixpoint import fix
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Linter
from zr4lint.linting.suppressions.insertion import add_suppressions
from zr4lint.model.finding import Applicability, FileReport, Report
from zr4lint.model.source import MappedText, SourceFile, Span
from zr4lint.packs.own_rules import OWN_RULES
from zr4lint.report import FORMATS, Options
from zr4lint.shell import Dialect, parse_script
from zr4lint.shellcheck import program

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack

MOST_OF_A_MESSAGE = 80
_MERGED = 16
"""One in this many lengths of an input has its findings merged by cause."""

SECONDS = 10.0
"""Limit for the time of an input of this size."""

APART = ("parser", "shell", "facts", "checks", "documents", "logs")
"""Trials of one room, for many inputs a second. `shell` reads the whole input as a script."""

DEPTHS = (*APART, "parse", "lint", "report", "fix")
"""Parse and follow the shell text; lint with one report; lint with every report; fix with every report."""

STEERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
COMMANDS = re.compile(r"^[ ]*::|##\[", re.MULTILINE)


class WrongError(Exception):
    """A result is wrong."""


def stand(data: bytes, depth: str) -> None:
    """Run a trial on an input; raises if a result is wrong."""
    if depth not in DEPTHS:
        raise ValueError(f"unknown depth {depth!r}")
    if depth in APART:
        with time_limit(SECONDS):
            _APART[depth](SourceFile.decode(data, "Dockerfile.zr4"))
        return
    with time_limit(SECONDS):
        source = SourceFile.decode(data, "Dockerfile.zr4")
        if source.encode(source.text) != data:
            raise WrongError("encoding does not give back what was decoded")
        gather(parse(source), {})
        if depth == "parse":
            return
        report = _linter(merges=depth != "lint" or len(data) % _MERGED == 0).lint(source).report
        formats = [*FORMATS]
        _reports(report, formats if depth != "lint" else [formats[len(data) % len(formats)]])
        if depth == "fix":
            _fixes(source)


@cache
def _packs() -> tuple[Pack, ...]:
    return load_packs(("zr4", "ml"))


@cache
def _linter(*, merges: bool = True) -> Linter:
    return Linter(_packs(), LintOptions(context=str(ROOT / "docker")), merges=merges)


def _parser(source: SourceFile) -> None:
    """The pieces of a file make up its text, and every span is inside it."""
    parsed = parse(source)
    if "".join(source.slice(piece.span) for piece in parsed.pieces) != source.text:
        raise WrongError("the pieces joined are not the text")
    spans = [error.span for error in parsed.errors]
    for instruction in parsed.instructions:
        spans += [instruction.span, instruction.keyword_span, *(flag.span for flag in instruction.flags)]
        spans += [span for heredoc in instruction.heredocs for span in (heredoc.marker, heredoc.body)]
        spans += [string.span for string in instruction.json or ()]
        spans += [word.span for word in values.split(instruction.arguments)]
    _inside(spans, source.text)


def _shell(source: SourceFile) -> None:
    """Every command of a script is inside it, for every shell."""
    text = source.text
    dialect = (*Dialect,)[len(text) % len(Dialect)]
    script = parse_script(MappedText(text, (0,), (0,)), dialect=dialect)
    _inside([command.span for command in script.commands], text)
    _inside([word.span for command in script.commands for word in command.words], text)
    _inside([remark.span for remark in script.remarks], text)


def _facts(source: SourceFile) -> None:
    """Every fact is inside the file."""
    facts = gather(parse(source), {})
    _inside([fact.at.span for fact in facts.facts], source.text)
    _inside([remark.span for remark in facts.remarks], source.text)


def _checks(source: SourceFile) -> None:
    """Every finding of every pack is inside the file, and its message fits in a line."""
    linter = _all_rules(merges=len(source.text) % _MERGED == 0)  # this lints a text up to 24 more times
    for finding in linter.lint(source).report.findings:
        _inside([finding.span], source.text)
        if not 0 < len(finding.message) <= MOST_OF_A_MESSAGE:
            raise WrongError(f"{finding.code}: a message of {len(finding.message)} characters: {finding.message}")


def _documents(source: SourceFile) -> None:
    """Every finding on a document is inside it."""
    try:
        report = check(source)
    except FileError:
        return
    _inside([finding.span for finding in report.findings], source.text)
    for finding in report.findings:
        if not 0 < len(finding.message) <= MOST_OF_A_MESSAGE:
            raise WrongError(f"{finding.code}: a message of {len(finding.message)} characters: {finding.message}")


def _logs(source: SourceFile) -> None:
    """diagnose explains a log or says that the text is no log."""
    try:
        diagnosis = diagnose(io.BytesIO(source.encode(source.text)), "x.log", shipped())
    except NoLogError:
        return
    json.loads(json_report.render(diagnosis))
    shown = diagnosis_text.render(diagnosis, verbose=True)
    if steers := STEERS.search(shown):
        raise WrongError(f"diagnose: {steers[0]!r} is written as it is")
    if COMMANDS.search(shown):
        raise WrongError("diagnose: a line is a command of a workflow")


def _inside(spans: Sequence[Span], text: str) -> None:
    for span in spans:
        if not 0 <= span.start <= span.end <= len(text):
            raise WrongError(f"{span} does not lie in {len(text)} characters")


_APART: Mapping[str, Callable[[SourceFile], None]] = {
    "parser": _parser,
    "shell": _shell,
    "facts": _facts,
    "checks": _checks,
    "documents": _documents,
    "logs": _logs,
}


@cache
def _all_rules(*, merges: bool) -> Linter:
    program.switched_off = True  # a process for each input would take most of the time
    return Linter(load_packs(("zr4", "ml", "core")), LintOptions(), merges=merges)


def _reports(file: FileReport, formats: Sequence[str]) -> None:
    size = len(file.source.text)
    for finding in file.findings:
        spans = [finding.span, *(related.span for related in finding.related)]
        if not all(0 <= span.start <= span.end <= size for span in spans):
            raise WrongError(f"{finding.code}: {spans} does not lie in {size} characters")
        edits = finding.fix.edits if finding.fix else ()
        if not all(0 <= edit.start <= edit.end <= size for edit in edits):
            raise WrongError(f"{finding.code}: {edits} do not lie in {size} characters")
    report = Report((file,), (*(rule.rule for pack in _packs() for rule in pack.rules), *OWN_RULES), 0)
    for name in formats:
        text = FORMATS[name].render(report, Options(verbose=True, statistics=True, width=80 if size % 2 else 0))
        _well_formed(name, text)


def _well_formed(name: str, text: str) -> None:
    text.encode("utf-8")
    shown = text.replace("\t", " ") if name == "html" else text  # a tab of the file does not control a browser
    if steers := STEERS.search(shown):
        raise WrongError(f"{name}: {steers[0]!r} is written as it is")
    if name != "github" and COMMANDS.search(text):
        raise WrongError(f"{name}: a line is a command of a workflow")
    if name in ("json", "sarif", "gitlab"):
        json.loads(text)
    elif name == "jsonl":
        [json.loads(line) for line in text.splitlines()]
    elif name == "junit":
        ElementTree.fromstring(text)
    elif name == "github" and not all(line.startswith("::") for line in text.split("\n") if line):
        raise WrongError("github: a line is no command")


def _fixes(source: SourceFile) -> None:
    lint = _linter().lint
    for level in (Applicability.SAFE, Applicability.UNSAFE):
        done = fix(source, lint, level)
        if done.source.encode(done.source.text) and fix(done.source, lint, level).source.text != done.source.text:
            raise WrongError(f"{level.label}: fixing again changes more")
        difference(source, done.source)
    linted = lint(source)
    add_suppressions(linted.dockerfile, linted.report, "a reason")
