"""PD5: finds references to sections, lines, stages, commands and paths that do not exist."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from zr4lint.dockerfile import parse
from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.deriving.demand import Demand
from zr4lint.documents.deriving.derivation import unmet_by
from zr4lint.documents.document import Words
from zr4lint.model.finding import Finding, Related, Severity
from zr4lint.model.quoting import code, is_typo
from zr4lint.model.source import SourceFile, Span
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.target import Target

_SECTIONS = re.compile(
    r"\bsee sections?\s+(\d+)(?![\d.]*\s+(?:of|in)\b|\.\d|\d)(?:\s*[-\u2013]\s*(\d+))?", re.IGNORECASE
)
_LINES = re.compile(
    r"\blines?\s+\d+\s*[-\u2013]\s*(\d+)|\b(?:edit|see|change|confirm|fix|on|at)\s+line\s+(\d+)\b"
    r"(?!\s*(?:of|in)\b)"
    r"|(?:\A|(?<=[.!]\s))line\s+(\d+)\s+(?:is|has|sets|holds|starts|runs|copies|exposes|installs)\b",
    re.IGNORECASE,
)
_OTHER_FILE = re.compile(r"[\w-]\.(?:sh|py|md|txt|ya?ml|toml|json|cfg|ini|js|ts|go|rs|c|h)\b")
_LABEL = re.compile(r"\bverification\s+(\d+(?:\.\d+)+)\s*:\s*`([^`]+)`", re.IGNORECASE)
_STAGE = re.compile(r"\bdocker\s+(?:buildx\s+)?build\b[^\n`]*\s--target[ =]([\w.-]+)")
_SAID_STAGE = re.compile(r"`([a-z][\w-]*)`\s+stage\b|\bstage\s+`([a-z][\w-]*)`")
_NO_STAGE = re.compile(
    r"\b(?:not?|never|without|new|adds?|old|former(?:ly)?|later|future|removed?|instead|if|was|were|example)\b",
    re.IGNORECASE,
)
_PRINTS_LINE = r"\bsed\s+-n\s+([\"']?)(\d+)(?:,\d+)?p\1\s+[\"']?(?:\./)?"
_NEAR_FILE = re.compile(r"(?<![\w./-])(?:[\w.-]+/)*(?:Dockerfile|Containerfile)(?:[\w.-]*\w)?")
_SHORTEST, _MOST_LETTERS = 4, 2
"""The least length of a word that may be misspelt, and the most letters in which it may differ."""
_HOME = re.compile(r"(?<![\w.$}:])/(?:home|Users)/(?!user\b|username\b|you\b|dir\b)[\w.-]+(?:/[\w.-]+)*")


_OWNER = re.compile(r"https://github\.com/([^\s/'\"`)]+)/[^\s'\"`)]+")
_PART = re.compile(
    r"^#[^\n]*\b(?:layers?|individual|partial)\b[^\n]*\n(docker\s+(?:buildx\s+)?build\b[^\n]*)", re.I | re.M
)


def check_references(target: Target) -> Iterator[Finding]:
    """Yield the findings on references."""
    document = target.document
    numbers = {heading.number for heading in document.headings if heading.number is not None}
    titles = [Words(heading.title, heading.span) for heading in document.headings]
    places = [block.path for block in target.blocks]
    for words in (*document.prose, *titles, *_commented(target)):
        for said in _SECTIONS.finditer(words.text):
            for number in {said[1], said[2] or said[1]} - numbers:
                if numbers or int(number) > len(document.headings):
                    message = f"there is no section {number}"
                    yield found(target, rules.NO_SUCH_SECTION, words.at(*said.span()), message)
        elsewhere = _OTHER_FILE.search(words.text)
        beside = words.path in places
        for said in _LINES.finditer(words.text) if target.length and elsewhere is None else ():
            line = said[1] or said[2] or (said[3] if beside else None) or "0"
            if int(line) > (target.length or 0):
                message = f"the file has {target.length} lines; there is no line {line}"
                yield found(target, rules.NO_SUCH_LINE, words.at(*said.span()), message)
    for words in document.prose:
        yield from _labels(target, words)
    yield from _overlapping(target)
    yield from _printed_lines(target)
    yield from _other_files(target)
    yield from _sources(target)
    yield from _stages(target)
    yield from _homes(target)
    yield from _owners(target)


def _commented(target: Target) -> Iterator[Words]:
    """Yield the comments in the scripts and Dockerfiles of the document."""
    for fence in target.document.fences:
        for said in re.finditer(r"#[^\n]*", fence.body.text) if fence.is_shell or fence.is_dockerfile else ():
            span = fence.body.span(*said.span())
            if span.end - span.start == len(said[0]):
                yield Words(said[0], span)


def _overlapping(target: Target) -> Iterator[Finding]:
    """Yield a finding for each section that has lines of another section."""
    sections = {
        block.section.span.start: block.section
        for block in target.blocks
        if block.section is not None and block.section.lines is not None
    }
    for first, then in pairwise(sections.values()):
        if (
            first.lines is None
            or then.lines is None
            or then.lines[0] > first.lines[1]
            or then.lines[0] < first.lines[0]
        ):
            continue
        last = min(first.lines[1], then.lines[1])
        lines = f"line {last} belongs" if last == then.lines[0] else f"lines {then.lines[0]} to {last} belong"
        message = f"{lines} to two sections"
        related = (Related("the other section", first.span),)
        yield found(target, rules.STATEMENTS_DISAGREE, then.span, message, related=related)


def _labels(target: Target, words: Words) -> Iterator[Finding]:
    """Yield a finding for each labelled command that the verification of that number does not run."""
    for said in _LABEL.finditer(words.text):
        number = re.compile(rf"\b{re.escape(said[1])}\b")
        fence = next((f for f in target.checks if f.path and number.search(f.path[-1].title)), None)
        if fence is not None and said[2] not in fence.body.text:
            heading = fence.path[-1]
            message = f"verification {said[1]} runs a different command"
            related = (Related(f"verification {said[1]} is here", heading.span),)
            span = words.at(said.start(2), said.end(2))
            yield found(target, rules.LABEL_DIFFERS, span, message, related=related)


def _printed_lines(target: Target) -> Iterator[Finding]:
    """Yield a finding for each script that prints lines after the file's last line."""
    of_target = re.compile(rf"{_PRINTS_LINE}{re.escape(target.path)}(?![\w./-])")
    for fence in target.checks if target.length else ():
        for said in of_target.finditer(fence.body.text):
            if int(said[2]) > (target.length or 0):
                message = f"the file has {target.length} lines; there is no line {said[2]}"
                yield found(target, rules.NO_SUCH_LINE, fence.body.span(*said.span()), message)


def _other_files(target: Target) -> Iterator[Finding]:
    """Yield a finding for each file name in a script that occurs once and nearly matches the target's name."""
    names = Counter(m[0] for m in _NEAR_FILE.finditer(target.document.source.text))
    path = target.path
    for fence in target.checks if target.blocks and names[path] > 2 else ():
        for said in _NEAR_FILE.finditer(fence.body.text):
            name = said[0]
            if names[name] == 1 and _is_misspelt(name, path):
                message, help_ = f"no other line names {code(name, 58)}", f"Did you mean {code(path, 80)}?"
                yield found(target, rules.NO_SUCH_PATH, fence.body.span(*said.span()), message, help=help_)


def _is_misspelt(name: str, path: str) -> bool:
    """Return whether two paths differ in one or two letters of one word; `gpu` and `cpu` are different names."""
    words, known = re.split(r"[./_-]", name), re.split(r"[./_-]", path)
    differing = [pair for pair in zip(words, known, strict=False) if pair[0] != pair[1]]
    if len(words) != len(known) or len(differing) != 1:
        return False
    word, other = differing[0]
    if max(len(word), len(other)) < _SHORTEST or word[:1] != other[:1] or not (word + other).isalpha():
        return False
    return is_typo(word, other, _MOST_LETTERS)


def _sources(target: Target) -> Iterator[Finding]:
    """Yield a finding for each stage that COPY reads from and the target text lacks or spells differently."""
    if not target.is_whole or parse(SourceFile(target.whole.text)).errors:
        return
    demand = Demand("stage-source", {"known": True}, Span(0, 0), "", stages="all")
    unmet = unmet_by(SourceFile(target.whole.text), [demand])[0]
    if unmet is None or unmet.span is None or (unmet.severity is None and unmet.fix is None):
        return  # a plain name unlike any stage is probably an image
    span = target.whole.span(unmet.span.start, unmet.span.end)
    severity = unmet.severity or Severity.WARNING
    yield found(target, rules.NO_SUCH_STAGE, span, unmet.message, notes=unmet.notes, help=unmet.help, severity=severity)


def _stages(target: Target) -> Iterator[Finding]:
    facts = target.facts
    names = {stage.name.lower() for stage in facts.stages if stage.name is not None}
    if not names:
        return
    if len(facts.stages) == 1:
        yield from _whole_stage(target, names)
    for said in _STAGE.finditer(target.document.source.text):
        if said[1].lower() not in names:
            span = Span(said.start(1), said.end(1))
            yield found(target, rules.NO_SUCH_STAGE, span, f"the target text has no stage {code(said[1])}")
    if len(names) < 2 or len(names) < len(facts.stages) or not target.is_whole:
        return
    for words in target.document.prose:
        for said in _SAID_STAGE.finditer(words.text) if not _NO_STAGE.search(words.text) else ():
            name = said[1] or said[2]
            if name.lower() not in names:
                message = f"the target text has no stage {code(name, 40)}"
                yield found(target, rules.NO_SUCH_STAGE, words.at(*said.span()), message)


def _whole_stage(target: Target, names: set[str]) -> Iterator[Finding]:
    """Yield a finding for each command that is to build a part of the file but names the file's only stage."""
    for fence in target.document.fences:
        for said in _PART.finditer(fence.body.text) if fence.is_shell else ():
            stage = _STAGE.search(said[1])
            if stage is not None and stage[1].lower() in names:
                span = fence.body.span(said.start(1) + stage.start(1), said.start(1) + stage.end(1))
                message = f"{code(stage[1])} is the only stage; this builds the whole file"
                yield found(target, rules.LABEL_DIFFERS, span, message)


def _owners(target: Target) -> Iterator[Finding]:
    """Yield a finding for each repository owner with characters that the host does not allow."""
    for said in _OWNER.finditer(target.document.source.text) if target.blocks else ():
        if not said[1].isascii():
            message = f"{code(said[1])} can't be the name of an owner on github.com"
            yield found(target, rules.NO_SUCH_REPOSITORY, Span(said.start(), said.end()), message)


def _homes(target: Target) -> Iterator[Finding]:
    """Yield a finding for each path in a home folder, once per path."""
    seen: set[str] = set()
    if not target.blocks and not target.checks:
        return
    for fence in target.document.fences:
        for said in _HOME.finditer(fence.body.text) if fence.is_shell else ():
            if said[0] in seen:
                continue
            seen.add(said[0])
            message = f"{code(said[0], 40)} is a path of one machine"
            yield found(target, rules.NO_SUCH_PATH, fence.body.span(said.start(), said.end()), message)
