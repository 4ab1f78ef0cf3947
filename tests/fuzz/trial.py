"""What an input has to stand: it is parsed, linted, fixed and reported on, and what comes out is as it should be."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from xml.etree import ElementTree

from tests.fuzz.inputs import ROOT
from zr4lint.app.assignment import load_packs
from zr4lint.dockerfile import parse
from zr4lint.facts import gather
from zr4lint.filesystem.limits import time_limit
from zr4lint.fixing.difference import difference
from zr4lint.fixing.fixpoint import fix
from zr4lint.linting.options import LintOptions
from zr4lint.linting.pipeline import Linter
from zr4lint.linting.suppressions.insertion import add_suppressions
from zr4lint.model.finding import Applicability, FileReport, Report
from zr4lint.model.source import SourceFile
from zr4lint.packs.model import Pack
from zr4lint.packs.own_rules import OWN_RULES
from zr4lint.report import FORMATS, Options

SECONDS = 10.0
"""No input of this size may take longer."""

DEPTHS = ("parse", "lint", "report", "fix")
"""Parsed, with what its shell text does; linted, with one report; with every report; fixed, with every report."""

STEERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
COMMANDS = re.compile(r"^[ ]*::|##\[", re.MULTILINE)


class WrongError(Exception):
    """What came out is not as it should be."""


def stand(data: bytes, depth: str) -> None:
    """Put an input through; whatever is wrong raises."""
    if depth not in DEPTHS:
        raise ValueError(f"unknown depth {depth!r}")
    with time_limit(SECONDS):
        source = SourceFile.decode(data, "Dockerfile.zr4")
        if source.encode(source.text) != data:
            raise WrongError("encoding does not give back what was decoded")
        gather(parse(source), {})
        if depth == "parse":
            return
        report = _linter().lint(source).report
        formats = [*FORMATS]
        _reports(report, formats if depth != "lint" else [formats[len(data) % len(formats)]])
        if depth == "fix":
            _fixes(source)


@cache
def _packs() -> tuple[Pack, ...]:
    return load_packs(("zr4", "ml"))


@cache
def _linter() -> Linter:
    return Linter(_packs(), LintOptions(context=str(ROOT / "docker")))


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
    shown = text.replace("\t", " ") if name == "html" else text  # a tab of the file steers no browser
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
