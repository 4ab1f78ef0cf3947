"""Lists and pages of the explaining commands, as columns of text or as tables for a terminal."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from zr4lint.report.escaping import cells, no_command, visible, wrap

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

Rows = Sequence[Sequence[str]]

FILLED = 80
"""The width to which the prose of pages is wrapped."""

LEAST = 20
"""The fewest columns that the last column of a table needs; with fewer, no table is drawn."""

_INDENT = "    "
_LEVELS = ("level", "severity")
_COLORS = {"error": "bold red", "warning": "bold magenta", "info": "bold cyan"}


def columns(rows: Rows) -> str:
    """Return rows as text in aligned columns, with two blanks between them."""
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(len(rows[0]) if rows else 0)]
    lines = ("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{no_command(visible(line.rstrip()))}\n" for line in lines)


def drawn(heads: Sequence[str], rows: Rows, width: int, *, color: bool, numbers: Container[str] = ()) -> str:
    """Return rows as a table with heads, `width` columns wide; the last column is wrapped.

    `numbers` names the heads of columns that are aligned to the right. If the last column would be too narrow, the
    cells that do not fit on the line of a row are written below it.
    """
    widths = [max(map(cells, column)) for column in zip(heads, *map(_visible, rows), strict=True)]
    if sum(widths[:-1]) + 2 * len(widths[:-1]) + min(LEAST, widths[-1]) > width:
        return _captured(*_stacked(heads, rows, widths, width, numbers), width=width, color=color)
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, head in enumerate(heads):
        last = number == len(heads) - 1
        table.add_column(
            head,
            justify="right" if head in numbers else "left",
            no_wrap=not last,
            overflow="fold" if last else "ellipsis",
        )
    for row in rows:
        table.add_row(*(_cell(cell, colored=head.lower() in _LEVELS) for head, cell in zip(heads, row, strict=True)))
    return _captured(table, width=width, color=color)


def _stacked(
    heads: Sequence[str], rows: Rows, widths: Sequence[int], width: int, numbers: Container[str]
) -> Iterator[Text]:
    """Yield each row with its first cells in columns; the other cells follow on the line, or indented below it."""
    from rich.text import Text

    ends = [sum(widths[: at + 1]) + 2 * at for at in range(len(widths))]
    first = max(sum(end <= width for end in ends), 1)
    for row in (heads, *map(_visible, rows)):
        line = Text(style="bold" if row is heads else "")
        for head, cell, wide in zip(heads[:first], row, widths, strict=False):
            blanks = " " * (wide - cells(cell))
            text = _cell(cell, colored=head.lower() in _LEVELS)
            line.append_text(Text(blanks) + text if head in numbers else text + blanks).append("  ")
        rest = "  ".join(cell for cell in row[first:] if cell)
        if ends[first - 1] + 2 + cells(rest) <= width:
            yield line.append(rest)
        else:
            yield line
            yield from (Text(f"{_INDENT}{words}") for words in _filled(row[first:], width - len(_INDENT)))


def _filled(row: Sequence[str], width: int) -> Iterator[str]:
    """Yield cells as lines of prose; a cell that fits on the current line continues it."""
    line = ""
    for cell in filter(None, row):
        if line and cells(line) + 2 + cells(cell) <= width:
            line += f"  {cell}"
        else:
            yield from wrap(line, width, width) if line else ()
            line = cell
    yield from wrap(line, width, width)


def _visible(row: Sequence[str]) -> list[str]:
    return [visible(cell) for cell in row]


def page(lines: Sequence[str], width: int, *, color: bool) -> str:
    """Return a page for a terminal: the first line is the title, and lines that end in a colon are heads.

    Indented lines are meant to be copied, so they are not wrapped.
    """
    from rich.text import Text

    found: list[Text] = []
    for number, line in enumerate(_unfilled(lines) if width < FILLED else lines):
        strong = not number or (line.endswith(":") and not line.startswith(" "))
        copied = line.startswith(_INDENT)
        text = Text(visible(line), "bold" if strong else "cyan" if copied else "")
        found += [text] if copied else text.wrap(_console(width, color=color), width)
    return _captured(*found, width=width, color=color)


def _unfilled(lines: Sequence[str]) -> list[str]:
    """Join lines of prose that were wrapped, so that a narrow terminal can wrap them anew."""
    found: list[str] = []
    last = ""
    for line in lines:
        word = line.split(" ", 1)[0]
        if word and last[:1].strip() and len(last) + 1 + len(word) > FILLED:
            found[-1] += f" {line}"
        else:
            found.append(line)
        last = line
    return found


def _cell(words: str, *, colored: bool) -> Text:
    from rich.text import Text

    return Text(visible(words), _COLORS.get(words, "") if colored else "")


def _captured(*renderables: RenderableType, width: int, color: bool) -> str:
    """Return the text that rich writes to a terminal of `width` columns; it wraps nothing further."""
    from rich.text import Text

    console = _console(width, color=color)
    with console.capture() as captured:
        for one in renderables:
            console.print(one, end="\n", soft_wrap=isinstance(one, Text))
    return "".join(f"{no_command(line.rstrip())}\n" for line in captured.get().splitlines())


def _console(width: int, *, color: bool) -> Console:
    from io import StringIO

    from rich.console import Console

    system: Literal["standard"] | None = "standard" if color else None
    return Console(file=StringIO(), width=width, force_terminal=color, color_system=system, highlight=False)
