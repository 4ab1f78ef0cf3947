"""The format for people: findings in their source lines, the conformance table, the score, the counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain

from zr4lint.model.finding import FileReport, Finding, Report, Rule, Severity
from zr4lint.report import Options
from zr4lint.report.changes import changes
from zr4lint.report.escaping import cells, wrap
from zr4lint.report.excerpt import Mark, Page, excerpt
from zr4lint.report.paint import Line, Piece, paint
from zr4lint.report.table import table
from zr4lint.report.wording import closing, conflicts, demand, fix_mark, headline, shown_findings, statistics

WIDTH = 80
INDENT = 4
BLANK: Line = ()


def render(report: Report, options: Options) -> str:
    """Write the report."""
    known = len(options.early) == len(report.files)
    parts = [*options.early] if known else [_findings(file, options, report.rules) for file in report.files]
    blocks: list[list[Line]] = []
    if not options.quiet:
        width = options.width or WIDTH
        blocks += (
            table(file.source.path, part, width, estimates=options.verbose)
            for file in report.files
            for part in file.conformance
        )
    if options.statistics:
        blocks.append(statistics(report))
    if not options.quiet:
        blocks.append([closing(report)])
    parts.append(_paint(blocks, options))
    return "\n".join(filter(None, parts))


def early(file: FileReport, options: Options) -> str:
    """What the report says of the findings of one file; not for `verbose`, which takes the rules."""
    return _findings(file, options, ())


def _findings(file: FileReport, options: Options, rules: Sequence[Rule]) -> str:
    why = {rule.code: rule.why for rule in rules} if options.verbose else {}
    page = Page.of(file.source, options.width or WIDTH)
    ordinary = (finding for finding in shown_findings(file) if not finding.conflict)
    blocks = [[*_finding(finding, file, page, options.width, why)] for finding in ordinary]
    return _paint([*blocks, [*_conflicts(file, options)]], options)


def _paint(blocks: Iterable[list[Line]], options: Options) -> str:
    """Blocks of lines as text, a blank line between them."""
    spaced = ((BLANK, *block) for block in blocks if block)
    return paint(list(chain.from_iterable(spaced))[1:], color=options.color)


def _finding(finding: Finding, file: FileReport, page: Page, width: int, why: dict[str, str]) -> Iterator[Line]:
    yield from _head(finding, file, width)
    yield page.gap
    expected = f"expected: {finding.expected}" if finding.expected else ""
    yield from excerpt(file.source, finding.span, Mark("^", finding.severity.label, expected), page)
    for related in finding.related:
        yield from excerpt(file.source, related.span, Mark("-", "info", related.message), page)
    if finding.requirement:
        yield from _note("required by", finding.requirement, page)
    if finding.source:
        yield from _note("source", finding.source, page)
    if finding.code in why:
        yield from _note("why", why[finding.code], page)
    if finding.fix:
        yield from _note(f"fix ({fix_mark(finding)})", finding.fix.title, page)
        yield from changes(file.source, finding.fix, page)


def _conflicts(file: FileReport, options: Options) -> Iterator[Line]:
    """The findings that are no mistake of the file, in short; those that are only told of are no news for --quiet."""
    found = [f for f in conflicts(file) if f.severity > Severity.INFO or not options.quiet]
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
    used = sum(cells(piece.text) for piece in head)
    first, *rest = wrap(finding.message, width - used, width - INDENT)
    yield (*head, Piece(first))
    for line in rest:
        yield (Piece(" " * INDENT + line),)


@lru_cache(maxsize=1024)
def _note(name: str, text: str, page: Page) -> tuple[Line, ...]:
    """Lines below an excerpt; in many files there are the same."""
    first, *rest = wrap(text, page.room - cells(name) - 2, page.room - 2)
    head = page.line(None, Piece(f"{name}:", "strong"), Piece(f" {first}"), sign="=")
    return (head, *(page.line(None, Piece(f"  {line}"), sign=" ") for line in rest))
