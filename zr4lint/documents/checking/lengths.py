"""PD101 and PD201: compare lengths that a document states twice: lines of the file or a section, steps of a script."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.documents import target as target_text
from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.checking.numbers import is_exact
from zr4lint.documents.demanding.statement import sentences_of
from zr4lint.model.finding import Related
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.document import Fence, Heading
    from zr4lint.documents.target import Target
    from zr4lint.model.finding import Finding
    from zr4lint.model.source import Span

_FILE = r"(?:dockerfile|containerfile|file|block)[\w.`/-]*"
_ITSELF = re.compile(
    r"(?:\b(?:the|this|whole|entire|new|final|target|finished|resulting)\s+|[^\w\s-]\s*|^\s*)(?:[\w.-]+/)*\Z",
    re.IGNORECASE,
)
"""Matches the text before `Dockerfile` unless it names another file, such as `CI Dockerfile`."""
_OF_FILE = re.compile(
    rf"\b{_FILE}(?:,? [^.\d]{{0,40}}?| \()\b(?P<has>\d{{1,4}}) lines\b|\b(?P<line>\d{{1,4}})-line {_FILE}\b"
    rf"|\ball (?P<all>\d{{1,4}}) lines\b|{_FILE}\W*\((?P<in>\d{{1,4}}) lines\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![\w./-])(?:[\w.-]+/)*(?:Dockerfile|Containerfile)[\w.-]*\w", re.IGNORECASE)
_CHANGE = re.compile(
    r"\b(?:adds?|added|removes?|saves?|shorter|longer|changes?|each|every|scripts?|per|if|least|most|example)\b|\+\d",
    re.IGNORECASE,
)
_ROLE = re.compile(r"\b(?:before|after|target|current|desired)\b", re.IGNORECASE)
_RANGE = re.compile(r"\blines?\s+(\d+)(?:\s*(?:-|\u2013|to)\s*(\d+))?", re.IGNORECASE)
_STEP = re.compile(r"\[(\d{1,3})/(\d{1,3})\]")
_PASSED = re.compile(r"\bpassed\b[^\n\"]{0,12}\((\d{1,3})/(\d{1,3})\)", re.IGNORECASE)
_FEW = 5


def check_lengths(target: Target) -> Iterator[Finding]:
    """Yield the findings on lengths."""
    yield from _lines(target)
    for fence in (*target.before, *target.blocks):
        yield from _of_section(target, fence)
    for fence in target.blocks:
        yield from _banners(target, fence)
    for fence in target.checks:
        yield from _steps(target, fence)


def _lines(target: Target) -> Iterator[Finding]:
    """Yield a finding for each stated length of the file that differs from its only block's or from the usual one."""
    every = [
        (int(said[said.lastgroup or 0]), words.at(*said.span(said.lastgroup or 0)))
        for words in target.document.prose
        for start, end in (sentences_of(words) if target.blocks and "line" in words.text else ())
        if target_text.is_about_lines(words.text[start:end]) and not _CHANGE.search(words.text, start, end)
        if all(target.path.lower().endswith(name.lower()) for name in _NAME.findall(words.text, start, end))
        for said in _OF_FILE.finditer(words.text, start, end)
        if is_exact(words.text, said.start(said.lastgroup or 0))
        if said.lastgroup in ("line", "all") or _ITSELF.search(words.text[max(start, said.start() - 80) : said.start()])
    ]
    every += [
        (heading.lines[1], heading.span)
        for heading in target.document.headings
        if heading.lines is not None and heading.lines[0] == 1 and re.search(_FILE, heading.title, re.IGNORECASE)
    ]
    counts = Counter(number for number, _ in every)
    alone = len(target.blocks) == 1 and target.is_whole and target.blocks[0].lines is None
    have = target.whole.text.count("\n") if alone else target.line_count
    for number, span in every if have and (alone or counts[have] > 1) else ():
        if number != have and number > _FEW:
            message = f"the target block has {have} lines, not {number}"
            message = message if alone else f"the file has {number} lines here, {have} elsewhere"
            rule = rules.COUNT_DIFFERS if alone else rules.STATEMENTS_DISAGREE
            yield found(target, rule, span, message)


def _of_section(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for a block whose heading, such as `After (Lines 3-9)`, differs from the lines of its section."""
    ranged = [heading for heading in fence.path if heading.lines is not None]
    if len(ranged) > 1 and _ROLE.search(ranged[-1].title) and ranged[-1].lines != ranged[-2].lines:
        yield _other_lines(target, ranged[-1].lines, ranged[-1].span, ranged[-2])


def _banners(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each comment in a block that states other lines than the block's heading."""
    heading = next((heading for heading in reversed(fence.path) if heading.lines is not None), None)
    for line in re.finditer(r"(?m)^#[^\n]*", fence.body.text) if heading is not None else ():
        said = _RANGE.search(line[0])
        lines = (int(said[1]), int(said[2] or said[1])) if said is not None else None
        if said is not None and heading is not None and lines != heading.lines and "layer" in line[0].lower():
            place = fence.body.span(line.start() + said.start(), line.start() + said.end())
            yield _other_lines(target, lines, place, heading)


def _other_lines(target: Target, lines: tuple[int, int] | None, span: Span, heading: Heading) -> Finding:
    (first, last), (start, end) = lines or (0, 0), heading.lines or (0, 0)
    message = f"these are lines {first} to {last} here, {start} to {end} in the section"
    related = (Related("the section", heading.span),)
    return found(target, rules.STATEMENTS_DISAGREE, span, message, related=related)


def _steps(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for steps such as `[3/10]` in a script with another number of steps."""
    said = [*_STEP.finditer(fence.body.text)]
    if len(said) < _FEW - 2 or [int(m[1]) for m in said] != [*range(1, len(said) + 1)]:
        return
    for one in (*said, *_PASSED.finditer(fence.body.text)):
        if int(one[2]) != len(said):
            message = f"the script has {len(said)} steps, not {one[2]}"
            span = fence.body.span(one.start(2), one.end(2))
            yield found(target, rules.COUNT_DIFFERS, span, message, severity=rules.SUM_DIFFERS.severity)
