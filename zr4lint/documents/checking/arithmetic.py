"""PD2: numbers in the text against what they count, sums, and ranges of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.dockerfile import parse
from zr4lint.documents.checking.found import found
from zr4lint.documents.checking.verification import packages_in
from zr4lint.documents.document import Fence, Heading, Table, Words
from zr4lint.documents.target import Target, fits, is_about_lines, joined
from zr4lint.facts import EnvSet, gather
from zr4lint.model.finding import Finding, Related
from zr4lint.model.source import SourceFile
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.document import Fence, Heading, Table, Words

_COUNTS = re.compile(r"\b(\d+)\s+(packages|env(?:ironment)?\s+variables)\b", re.IGNORECASE)
_ALL_LINES = re.compile(r"\ball (\d+) lines (?:are )?(?:mapped|covered|assigned)\b", re.IGNORECASE)
_AMOUNT = re.compile(
    r"(~|<)?\s*(\d+(?:\.\d+)?)(?:\s*[-\u2013]\s*(\d+(?:\.\d+)?))?\s*(min(?:utes)?|h(?:ours)?|s(?:ec(?:onds)?)?|[KMGT]i?B)?"
    r"\s*(?:max)?",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"\d+")
_MEASURED = re.compile(
    r"%|\b(?:[KMGT]i?B|min(?:ute)?s?|h(?:our)?s?|s(?:ec(?:ond)?)?s?|ms|percent|time|size)\b", re.IGNORECASE
)
"""Headers of columns whose numbers are rounded."""


def check_arithmetic(target: Target) -> Iterator[Finding]:
    """The findings on numbers."""
    for block in target.blocks:
        yield from _overflow(target, block)
    yield from _whole(target)
    for words in target.document.prose:
        yield from _counts(target, words)
        yield from _covered(target, words)
    for table in target.document.tables:
        yield from _sums(target, table)


def _overflow(target: Target, block: Fence) -> Iterator[Finding]:
    heading = next((heading for heading in reversed(block.path) if heading.lines is not None), None)
    if heading is None or heading.lines is None:
        return
    first, last = heading.lines
    count, room = len(block.body.text.splitlines()), last - first + 1
    if count > room:
        lines = f"lines {first} to {last} are {room}" if room > 1 else f"line {first} is one"
        related = (Related("the lines it has to fit", heading.span),)
        span = block.body.span(0, len(block.body.text.rstrip("\n")))
        yield found(target, rules.BLOCK_OVERFLOWS, span, f"this block has {count} lines; {lines}", related=related)


def _whole(target: Target) -> Iterator[Finding]:
    """The number of lines that the file is said to have."""
    wanted, count = target.line_count, target.whole.text.count("\n")
    if wanted is None or len(target.blocks) < 2 or wanted == count or _laid_out(target, wanted):
        return
    for words in target.document.prose:
        said = re.search(rf"\b{wanted}[- ]lines?\b", words.text)
        if said is not None and is_about_lines(words.text):
            span = words.at(said.start(), said.end())
            message = f"the target blocks have {count} lines with a blank line between them"
            notes = (f"The document says that the file has {wanted} lines, and not where the others are.",)
            yield found(target, rules.COUNT_DIFFERS, span, message, notes=notes, severity=rules.SUM_DIFFERS.severity)
            return


def _laid_out(target: Target, wanted: int) -> bool:
    """Whether the headings give each block enough lines, the last of them the last line of the file."""
    ranges = [block.lines for block in target.blocks]
    return all(map(fits, target.blocks)) and max(lines[1] for lines in ranges if lines is not None) == wanted


def _counts(target: Target, words: Words) -> Iterator[Finding]:
    for said in _COUNTS.finditer(words.text):
        blocks = _blocks_of(target, words)
        if not blocks:
            continue
        if said[2].lower() == "packages":
            count = len(packages_in(blocks))
        else:
            facts = gather(parse(SourceFile(f"FROM scratch\n{joined(blocks).text}")), {})
            count = len(facts.of(EnvSet, [0]))
        if count and count != int(said[1]):
            span = words.at(said.start(), said.end())
            related = (Related("the target text", blocks[0].body.span(0, len(blocks[0].body.text.rstrip()))),)
            yield found(
                target, rules.COUNT_DIFFERS, span, f"the target text has {count}, not {said[1]}", related=related
            )


def _blocks_of(target: Target, words: Words) -> Sequence[Fence]:
    """The target blocks that words speak of: those of their section, or of the one that their row begins with."""
    heading = _section_of(target, words)
    return [block for block in target.blocks if heading is not None and block.section is heading]


def _section_of(target: Target, words: Words) -> Heading | None:
    own = next((heading for heading in words.path if heading.number is not None), None)
    if own is not None or "|" not in words.text:
        return own
    first = words.text.strip().strip("|").partition("|")[0].split()
    fitting = [h for h in target.document.headings if h.number is not None and first and first[0] in h.title.split()]
    return fitting[0] if len(fitting) == 1 else None


def _covered(target: Target, words: Words) -> Iterator[Finding]:
    said = _ALL_LINES.search(words.text)
    ranges = [block.lines for block in target.blocks if block.lines is not None]
    if said is None or not ranges:
        return
    covered = {line for first, last in ranges for line in range(first, last + 1)}
    missing = [line for line in range(1, int(said[1]) + 1) if line not in covered]
    if missing:
        span = words.at(said.start(), said.end())
        message = f"{len(missing)} of these {said[1]} lines belong to no section"
        notes = (f"The first of them are {', '.join(map(str, missing[:5]))}.",)
        yield found(target, rules.LINES_NOT_COVERED, span, message, notes=notes)


def _sums(target: Target, table: Table) -> Iterator[Finding]:
    if len(table.rows) < 3 or "total" not in table.rows[-1][0].text.lower():
        return
    *rows, total = table.rows
    for column in range(1, min(len(total), len(table.header))):
        cells = [row[column].text for row in rows if len(row) > column]
        amounts = [_amount(cell) for cell in cells]
        said = _amount(total[column].text)
        if said is None or len(amounts) < len(rows) or any(amount is None for amount in amounts):
            continue
        low = sum(amount[0] for amount in amounts if amount is not None)
        high = sum(amount[1] for amount in amounts if amount is not None)
        plain = all(_PLAIN.fullmatch(cell.strip("* ")) for cell in (*cells, total[column].text))
        exact = plain and not _MEASURED.search(table.header[column].text)
        if (said[0] != low) if exact else not _agrees(said, low, high, len(rows) / 2 if plain else None):
            sums = f"{low:g} to {high:g}" if low != high else f"{low:g}"
            message = f"the rows add up to {sums}, not {total[column].text.strip('*~ ')}"
            yield found(target, rules.SUM_DIFFERS, total[column].span, message[:80])


def _amount(text: str) -> tuple[float, float] | None:
    """The least and the most that a cell says, None for a cell that is no amount."""
    match = _AMOUNT.fullmatch(text.strip().strip("*").strip())
    if match is None:
        return None
    low, high = float(match[2]), float(match[3] or match[2])
    return (0.0, high) if match[1] == "<" else (low, high)


def _agrees(said: tuple[float, float], low: float, high: float, rounding: float | None) -> bool:
    """Whether a total is that of the rows; one number may lie anywhere within them, and be a tenth off.

    Numbers that are neither ranges nor estimates may be off by `rounding`.
    """
    if rounding is not None:
        return abs(said[0] - low) <= rounding
    if said[0] == said[1]:
        return low * 0.9 <= said[0] <= high * 1.1
    return abs(said[0] - low) <= max(1.0, low * 0.1) and abs(said[1] - high) <= max(1.0, high * 0.05)
