"""PD2: compares numbers in the text with what they count, totals with sums, and line ranges with the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.dockerfile import parse
from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.checking.numbers import NUMBER, is_exact, value_of
from zr4lint.documents.checking.verification import packages_in
from zr4lint.documents.demanding.statement import sentences_of
from zr4lint.documents.document import Fence, Heading, Table, Words, section_in
from zr4lint.documents.target import Target, fits, is_about_lines, joined
from zr4lint.facts import EnvSet, gather
from zr4lint.model.finding import Finding, Related
from zr4lint.model.source import SourceFile
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.document import Fence, Heading, Table, Words

_COUNTS = re.compile(
    rf"\b({NUMBER})\s+(?:(?:apt|apk|system|debian|ubuntu|os|alpine)[ -])?(packages|env(?:ironment)?\s+variables)\b",
    re.IGNORECASE,
)
_ALL_LINES = re.compile(r"\ball (\d+) lines (?:are )?(?:mapped|covered|assigned)\b", re.IGNORECASE)
_AMOUNT = re.compile(
    r"(~|<)?\s*(\d+(?:\.\d+)?)(?:\s*[-\u2013]\s*(\d+(?:\.\d+)?))?\s*(min(?:utes)?|h(?:ours)?|s(?:ec(?:onds)?)?|[KMGT]i?B|%)?"
    r"\s*(?:max)?",
    re.IGNORECASE,
)
_NO_SUM = re.compile(
    r"%|\b(?:cumulative|cumulated|accumulated|running|percent|rate|coverage|average|scores?)\b", re.IGNORECASE
)
"""Matches headers of columns whose last row need not be the sum of the others."""
_BESIDE = re.compile(
    r"\b(?:parallel|concurrent(?:ly)?|overlap(?:s|ping)?|optional|included|of which|thereof)\b", re.IGNORECASE
)
"""Matches words of a row that the total may leave out."""
_TOTAL = re.compile(r"(?:grand |sub)?(?:total|sum|together|in total|overall|summe|gesamt)\b.*", re.IGNORECASE)
_RANGE = re.compile(r"(\d{1,6})(?:\s*(?:-|\u2013|to)\s*(\d{1,6}))?")
_LAYERED = re.compile(r"\blayers?\b|\bsections?\b|\bblocks?\b", re.IGNORECASE)
_INSTALLED = re.compile(r"\binstall|\badds?\b", re.IGNORECASE)
_FROM = re.compile(r"^FROM\s", re.IGNORECASE | re.MULTILINE)
_PART = re.compile(r"\b(?:build|builder|runtime|stages?)\b", re.IGNORECASE)
"""Matches words for a stage; a sentence with them may count the packages of that stage only."""
_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_FEW, _TINY = 100, 1e-6
_MEASURED = re.compile(
    r"%|\b(?:[KMGT]i?B|min(?:ute)?s?|h(?:our)?s?|s(?:ec(?:ond)?)?s?|ms|percent|time|size)\b", re.IGNORECASE
)
"""Matches headers of columns with measured values, which authors round."""


def check_arithmetic(target: Target) -> Iterator[Finding]:
    """Yield the findings on numbers."""
    for block in target.blocks:
        yield from _overflow(target, block)
    yield from _whole(target)
    for words in target.document.prose:
        yield from _counts(target, words)
        yield from _covered(target, words)
    for table in target.document.tables:
        yield from _sums(target, table)
        yield from _ranges(target, table)


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
    """Yield a finding if the target blocks together do not have the number of lines that the document states."""
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
    """Return whether the headings give each block enough lines, and the last block the last line of the file."""
    ranges = [block.lines for block in target.blocks]
    return all(map(fits, target.blocks)) and max(lines[1] for lines in ranges if lines is not None) == wanted


def _counts(target: Target, words: Words) -> Iterator[Finding]:
    for said in _COUNTS.finditer(words.text):
        whole = (0, len(words.text))
        start, end = next((part for part in sentences_of(words) if part[0] <= said.start() < part[1]), whole)
        sentence = words.text[start:end]
        blocks = _blocks_of(target, words, sentence)
        if not blocks or (_PART.search(sentence) and len(_FROM.findall(target.whole.text)) > 1):
            continue
        if said[2].lower() == "packages":
            count = len(packages_in(blocks))
        else:
            facts = gather(parse(SourceFile(f"FROM scratch\n{joined(blocks).text}")), {})
            count = len(facts.of(EnvSet, range(len(facts.stages))))
        if count and count != value_of(said[1]) and is_exact(words.text, said.start()):
            span = words.at(said.start(), said.end())
            related = (Related("the target text", blocks[0].body.span(0, len(blocks[0].body.text.rstrip()))),)
            yield found(
                target, rules.COUNT_DIFFERS, span, f"the target text has {count}, not {said[1]}", related=related
            )


def _blocks_of(target: Target, words: Words, sentence: str) -> Sequence[Fence]:
    """Return the target blocks that words are about: those of their section, or of the section that their row names."""
    heading = _section_of(target, words)
    own = [block for block in target.blocks if heading is not None and block.section is heading]
    return own or (target.blocks if target.is_whole and len(target.blocks) == 1 and _INSTALLED.search(sentence) else [])


def _section_of(target: Target, words: Words) -> Heading | None:
    own = section_in(words.path)
    if "|" not in words.text or (own is not None and own.number is not None):
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
    if len(table.rows) < 3 or not any(_TOTAL.fullmatch(cell.text.strip("*_: ")) for cell in table.rows[-1]):
        return
    *rows, total = table.rows
    if any(_BESIDE.search(cell.text) for row in rows for cell in row):
        return
    empty = len(table.header) - len(total)
    for column in range(1, len(table.header)):
        cells = [row[column].text for row in rows if len(row) > column]
        amounts = [_amount(cell) for cell in cells]
        at = column - max(empty, 0)
        said = _amount(total[at].text) if 0 < at < len(total) else None
        if said is None or len(amounts) < len(rows) or any(amount is None for amount in amounts):
            continue
        low = sum(amount[0] for amount in amounts if amount is not None)
        high = sum(amount[1] for amount in amounts if amount is not None)
        every = (*cells, total[at].text)
        units = {_unit(cell) for cell in every}
        if _NO_SUM.search(table.header[column].text) or len(units - {""}) > 1 or units == {"", "%"}:
            continue
        whole = all(cell.strip("* ").isdigit() for cell in every)
        exact = (whole and not _MEASURED.search(table.header[column].text)) or _planned(table, every)
        rough = any(re.search(r"[~<\u2248]|\bmax\b|\d\s*[-\u2013]\s*\d", cell) for cell in every)
        if (abs(said[0] - low) > _TINY) if exact else not _agrees(said, low, high, None if rough else len(rows) / 2):
            sums = f"{low:g} to {high:g}" if low != high else f"{low:g}"
            message = f"the rows add up to {sums}, not {total[at].text.strip('*~ ')}"
            yield found(target, rules.SUM_DIFFERS, total[at].span, message)


def _planned(table: Table, cells: Sequence[str]) -> bool:
    """Return whether a column holds small plain numbers of hours, days or weeks; a plan adds these up exactly."""
    units = " ".join(cell.text for cell in table.header)
    small = all(_PLAIN.fullmatch(cell.strip("* ")) and float(cell.strip("* ")) < _FEW for cell in cells)
    return small and re.search(r"\b(?:hour|day|week|minute)s?\b", units, re.IGNORECASE) is not None


def _ranges(target: Target, table: Table) -> Iterator[Finding]:
    """Yield a finding for each row with lines of the row above, or with lines after the file's last line."""
    column = next(
        (i for i, cell in enumerate(table.header) if re.fullmatch(r"lines?", cell.text.strip("* "), re.I)), None
    )
    if column is None or not table.rows or not any(_LAYERED.search(cell.text) for cell in table.header):
        return
    last, had = target.lines_said, None
    for row in table.rows:
        said = _RANGE.fullmatch(row[column].text.strip("*`~ ")) if column < len(row) else None
        if said is None:
            had = None
            continue
        lines = (int(said[1]), int(said[2] or said[1]))
        if had is not None and had[0] <= lines[0] <= had[1]:
            message = f"line {lines[0]} belongs to the row above as well"
            yield found(target, rules.STATEMENTS_DISAGREE, row[column].span, message)
        if last is not None and lines[1] > last:
            message = f"the file has {last} lines; there is no line {lines[1]}"
            yield found(target, rules.NO_SUCH_LINE, row[column].span, message)
        had = lines


def _amount(text: str) -> tuple[float, float] | None:
    """Return the least and the greatest value of a cell; None if the cell is not an amount."""
    match = _AMOUNT.fullmatch(text.strip().strip("*").strip())
    if match is None:
        return None
    low, high = float(match[2]), float(match[3] or match[2])
    return (0.0, high) if match[1] == "<" else (low, high)


def _unit(text: str) -> str:
    """Return the first three letters of a cell's unit, such as `min`; empty if it has none."""
    match = _AMOUNT.fullmatch(text.strip().strip("*").strip())
    return (match[4] or "")[:3].lower() if match is not None else ""


def _agrees(said: tuple[float, float], low: float, high: float, rounding: float | None) -> bool:
    """Return whether a total matches the sums `low` and `high` of the rows.

    A single number may be up to 10 % outside of the range. If `rounding` is given, no number is a range or an estimate,
    and the total may differ by `rounding`.
    """
    if rounding is not None:
        return abs(said[0] - low) <= rounding
    if said[0] == said[1]:
        return low * 0.9 <= said[0] <= high * 1.1
    return abs(said[0] - low) <= max(1.0, low * 0.1) and abs(said[1] - high) <= max(1.0, high * 0.05)
