"""The conformance table: the requirements that a file meets in each part of a pack, and its score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.model.estimate import Estimate, in_words, total
from zr4lint.report.escaping import cells, visible, wrap
from zr4lint.report.paint import Line, Piece
from zr4lint.report.wording import points

if TYPE_CHECKING:
    from zr4lint.model.finding import Conformance, Row


def table(path: str, conformance: Conformance, width: int, *, estimates: bool = False) -> list[Line]:
    """Return the table of one file and pack; `estimates` adds the estimates of the specification and their sums."""
    met = f" (pack {conformance.pack}): {conformance.met} of {conformance.total} requirements met"
    lines: list[Line] = [(Piece(path, "strong"), Piece(met))]
    if conformance.rows:
        lines += _rows(conformance.rows, width)
    if estimates and any(row.build or row.size for row in conformance.rows):
        lines += _estimates(conformance.rows, conformance.build)
    if conformance.criteria:
        lines += _score(conformance, width)
    return lines


def _rows(rows: tuple[Row, ...], width: int) -> list[Line]:
    cells_of = [
        ("part", "met", "lines", "required"),
        *((visible(r.title), f"{r.met}/{r.total}", line_range(r.found), line_range(r.required)) for r in rows),
    ]
    widths = [max(cells(row[column]) for row in cells_of) for column in range(4)]
    widths[0] = min(widths[0], max(width - sum(widths[1:]) - 12, 12))
    head, *body = ["  ".join(map(_padded, row, widths)) for row in cells_of]
    lines: list[Line] = [(Piece(f"        {head}", "faint"),)]
    for row, words in zip(rows, body, strict=True):
        lines.append((Piece("  ok    ", "good"), Piece(words)) if fits(row) else (Piece(f"  fail  {words}", "bad"),))
    return lines


def _estimates(rows: tuple[Row, ...], whole: str | None) -> list[Line]:
    """Return the specification's estimates of time and size for each part, and their sums."""
    given = [row for row in rows if row.build or row.size]
    times = total(Estimate.parse(row.build) for row in given if row.build)
    sizes = total(Estimate.parse(row.size) for row in given if row.size)
    cells_of = [("estimated", "build", "size")]
    cells_of += [(visible(row.title), row.build or "-", row.size or "-") for row in given]
    cells_of.append(("sum", in_words(times, "min"), in_words(sizes, "GB")))
    widths = [max(cells(row[column]) for row in cells_of) for column in range(3)]
    head, *body = ["  ".join(map(_padded, row, widths)) for row in cells_of]
    lines: list[Line] = [(Piece(f"        {head}", "faint"),), *((Piece(f"        {words}"),) for words in body)]
    if whole is not None and Estimate.parse(whole) != times:
        lines.append((Piece(f"        the specification says {whole} for the whole build", "bad"),))
    return lines


def fits(row: Row) -> bool:
    """Return whether all requirements of a row are met, by lines within the required range."""
    if row.met < row.total:
        return False
    return not (row.found and row.required) or (row.required[0] <= row.found[0] and row.found[1] <= row.required[1])


def line_range(lines: tuple[int, int] | None) -> str:
    """Return the first and the last line as text, or "-" if there are none."""
    if lines is None:
        return "-"
    return f"{lines[0]}" if lines[0] == lines[1] else f"{lines[0]}-{lines[1]}"


def _padded(text: str, width: int) -> str:
    while cells(text) > width:
        text = text[:-1]
    return text + " " * (width - cells(text))


def _score(conformance: Conformance, width: int) -> list[Line]:
    score = f"Score {points(conformance.points)}/{points(conformance.of)}"
    criteria = ", ".join(f"{c.name} {points(c.points)}/{points(c.of)}" for c in conformance.criteria)
    first, *rest = wrap(criteria, width - cells(score) - 2, width - 2)
    return [(Piece(score, "strong"), Piece(f": {first}")), *((Piece(f"  {line}"),) for line in rest)]
