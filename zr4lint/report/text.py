"""The format for people: findings with their source lines, the conformance table, the score, the counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from zr4lint.model.finding import FileReport, Finding, Report, Rule, Severity
from zr4lint.report.changes import changes
from zr4lint.report.conformance_table import table
from zr4lint.report.escaping import cells, visible, wrap
from zr4lint.report.excerpt import Mark, Page, excerpt
from zr4lint.report.paint import Line, Piece, paint
from zr4lint.report.wording import (
    closing,
    conflict_notice,
    conflicts,
    demand,
    fix_mark,
    headline,
    judged,
    listed,
    shown_findings,
    statistics,
)

if TYPE_CHECKING:
    from zr4lint.report import Options

WIDTH = 80
INDENT = 4
BLANK: Line = ()


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the text of the report in pieces."""
    if options.statistics:
        yield _statistics(report, options)
        return
    before = ""
    for part in filter(None, _parts(report, options)):
        yield before + part
        before = "\n"


def _parts(report: Report, options: Options) -> Iterator[str]:
    """Yield the findings of each file, then the tables, then the totals."""
    if len(options.early) == len(report.files):
        yield from options.early
    else:
        yield from (_findings(file, options, report.rules) for file in report.files)
    if options.quiet:
        return
    if options.table and report.tally.parts:
        width = options.width or WIDTH
        for file in report.files:
            for part in file.conformance:
                yield _paint([table(file.source.path, part, width, estimates=options.verbose)], options)
    yield _paint([_last(report, options)], options)


def _statistics(report: Report, options: Options) -> str:
    """Return the findings counted by rule, which replace the findings."""
    blocks = [statistics(report)]
    if not options.quiet:
        blocks.append(_last(report, options))
    return _paint([block for block in blocks if block], options)


def _last(report: Report, options: Options) -> list[Line]:
    """Return the number of linted files and the totals of findings."""
    lines = [judged(report), conflict_notice(report), closing(report)]
    return [piece for line in lines if line for piece in _wrapped(line, options.width)]


def early(file: FileReport, options: Options) -> str:
    """Return the findings of one file as text; not for `verbose`, which needs the rules."""
    return _findings(file, options, ())


def _findings(file: FileReport, options: Options, rules: Sequence[Rule]) -> str:
    why = {rule.code: rule.why for rule in rules} if options.verbose else {}
    page = Page.of(file.source, options.width or WIDTH)
    ordinary = (finding for finding in shown_findings(file) if not finding.conflict)
    blocks = [[*_finding(finding, file, page, options.width, why)] for finding in ordinary]
    return _paint([*blocks, [*_conflicts(file, options)]], options)


def _paint(blocks: Iterable[list[Line]], options: Options) -> str:
    """Return blocks of lines as text, with a blank line between blocks."""
    spaced = ((BLANK, *block) for block in blocks if block)
    return paint(list(chain.from_iterable(spaced))[1:], color=bool(options.color), links=options.links)


def _finding(finding: Finding, file: FileReport, page: Page, width: int, why: dict[str, str]) -> Iterator[Line]:
    yield from _head(finding, file, width)
    yield page.gap
    changed = changes(file.source, finding.fix, page) if finding.fix else []
    expected = f"expected: {finding.expected}" if finding.expected and not finding.help and not changed else ""
    yield from excerpt(file.source, finding.span, Mark("^", finding.severity.label, expected), page)
    for related in finding.related:
        if related.source is not None:
            line, column = related.source.position(related.span.start)
            yield page.line(None, Piece(visible(f"{related.source.path}:{line}:{column}")), sign="-->")
        yield from excerpt(related.source or file.source, related.span, Mark("-", "info", related.message), page)
    for note in finding.notes:
        yield from _note("note", note, page)
    if finding.requirement:
        yield from _note("required by", finding.requirement, page)
    if finding.code in why:
        yield from _note("why", why[finding.code], page)
        for reference in dict.fromkeys((*finding.references, *filter(None, [finding.source]))):
            yield from _note("reference", reference, page)
    if finding.fix:
        yield from _note(f"fix ({fix_mark(finding)})", finding.help or finding.fix.title, page)
        yield from changed
    elif finding.help:
        yield from _note("help", finding.help, page)


def _conflicts(file: FileReport, options: Options) -> Iterator[Line]:
    """Yield the listed conflicts in short form; with --quiet, those of severity info are left out."""
    found = [f for f in conflicts(file) if listed(f, file) and (f.severity > Severity.INFO or not options.quiet)]
    if found:
        yield (Piece("Conflicts: the specification requires what these rules warn of", "strong"),)
    for finding in found:
        yield from _head(finding, file, options.width)
        yield (Piece(f"{' ' * INDENT}{demand(finding)}", "faint"),)


def _head(finding: Finding, file: FileReport, width: int) -> Iterator[Line]:
    head = headline(finding, file.source)
    if not width:
        yield (*head, Piece(finding.message))
        return
    *place, name = head
    used = sum(cells(piece.text) for piece in place) + 1
    first, *rest = wrap(f"{name.text.strip()} {finding.message}", width - used, width - INDENT)
    yield (*place, Piece(f" {first}".rstrip()))
    for line in rest:
        yield (Piece(" " * INDENT + line),)


def _wrapped(line: Line, width: int) -> list[Line]:
    """Wrap a line that is longer than the terminal; a `width` of 0 wraps nothing."""
    if not width or sum(cells(piece.text) for piece in line) <= width:
        return [line]
    lines: list[list[Piece]] = [[]]
    used = 0
    for piece in line:
        for number, word in enumerate(piece.text.split(" ")):
            blank = " " if number else ""
            if blank and used + 1 + cells(word) > width:
                lines.append([Piece("  ")])
                used, blank = 2, ""
            lines[-1].append(Piece(blank + word, piece.role))
            used += cells(blank + word)
    return [tuple(pieces) for pieces in lines]


@lru_cache(maxsize=1024)
def _note(name: str, text: str, page: Page) -> tuple[Line, ...]:
    """Return the lines of a note below an excerpt, cached because many files have the same notes."""
    first, *rest = wrap(text, page.room - cells(name) - 2, page.room - 2)
    head = page.line(None, Piece(f"{name}:", "strong"), Piece(f" {first}"), sign="=")
    return (head, *(page.line(None, Piece(f"  {line}"), sign=" ") for line in rest))
