"""Lists and pages of the commands that explain: columns of text, or drawn for a terminal."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from zr4lint.report.escaping import no_command, visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

Rows = Sequence[Sequence[str]]

FILLED = 80
"""The width that the prose of pages is filled to."""

_LEVELS = ("level", "severity")
_COLORS = {"error": "bold red", "warning": "bold magenta", "info": "bold cyan"}


def columns(rows: Rows) -> str:
    """Rows as text: columns of one width, two blanks between them."""
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(len(rows[0]) if rows else 0)]
    lines = ("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{no_command(visible(line.rstrip()))}\n" for line in lines)


def drawn(heads: Sequence[str], rows: Rows, width: int, *, color: bool, numbers: Container[str] = ()) -> str:
    """Rows as a table with heads for a terminal of this width; the last column is broken into lines.

    `numbers` are the heads of columns that are aligned to the right.
    """
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
    return _captured(table, width, color=color)


def page(lines: Sequence[str], width: int, *, color: bool) -> str:
    """A page for a terminal: the first line is its title, and lines that end with a colon are heads."""
    from rich.text import Text

    text = Text()
    for number, line in enumerate(_unfilled(lines) if width < FILLED else lines):
        strong = not number or (line.endswith(":") and not line.startswith(" "))
        text.append(f"{visible(line)}\n", "bold" if strong else "cyan" if line.startswith("    ") else "")
    return _captured(text, width, color=color)


def _unfilled(lines: Sequence[str]) -> list[str]:
    """Lines of prose in one again, where the next word did not fit, so that a narrow terminal breaks them anew."""
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


def _captured(renderable: RenderableType, width: int, *, color: bool) -> str:
    from io import StringIO

    from rich.console import Console

    stream = StringIO()
    Console(
        file=stream, width=width, force_terminal=color, color_system="standard" if color else None, highlight=False
    ).print(renderable, end="")
    return "".join(f"{no_command(line.rstrip())}\n" for line in stream.getvalue().splitlines())
