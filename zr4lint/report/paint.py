"""Lines made of pieces, and their rendering as plain text or in terminal colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter

from msgspec import Struct

from zr4lint.report.escaping import no_command, visible


class Piece(Struct, frozen=True):
    """Words of one colour: `role` is a key of ROLES, or "" for none; `link` is the target of the words."""

    text: str
    role: str = ""
    link: str = ""


Line = tuple[Piece, ...]
_words = attrgetter("text")

# Use only the sixteen colours of the terminal's theme, and of these only the ones that are legible on dark and on light
# backgrounds: no white, no black.
ROLES = {
    "error": "bold red",
    "warning": "bold magenta",
    "info": "bold cyan",
    "strong": "bold",
    "faint": "dim",
    "good": "green",
    "caution": "yellow",
    "bad": "red",
}


def paint(lines: Iterable[Line], *, color: bool, links: bool = False) -> str:
    """Join lines into text; escapes in the pieces never reach the terminal, only the requested colours and links."""
    if color:
        written = [_colored(line, links=links) for line in lines]
    else:
        written = ["".join(map(_words, line)) for line in lines]
        whole = "".join(written)
        if not (whole.isascii() and whole.isprintable()):
            written = [visible(text) for text in written]
    text = "\n".join([*(text.rstrip(" ") for text in written), ""])
    return "\n".join(map(no_command, text.split("\n"))) if "::" in text or "##" in text else text


def _colored(line: Line, *, links: bool) -> str:
    painted = ((visible(piece.text), piece.role, piece.link if links else "") for piece in line)
    return "".join(_brush(role, link)(text) if role else text for text, role, link in painted)


@cache
def _brush(role: str, link: str) -> Callable[[str], str]:
    from rich.color import ColorSystem
    from rich.style import Style

    style = Style.parse(ROLES[role]) + Style(link=link or None)
    return lambda text: style.render(text, color_system=ColorSystem.STANDARD)
