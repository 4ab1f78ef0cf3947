"""Text from anywhere, made fit to be shown: nothing in it can steer a terminal or break an encoding."""

from __future__ import annotations

from unicodedata import category, east_asian_width

TAB = "    "


def visible(text: str) -> str:
    """Write every character that has no shape of its own as an escape such as "\\x1b".

    That is what `str.isprintable` refuses: control characters, line and paragraph separators, marks of direction,
    blanks other than the space, characters of no width, lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def source_character(character: str) -> str:
    """Show one character of a source line: as `visible` does, but a tab as blanks."""
    return TAB if character == "\t" else visible(character)


def well_formed(text: str) -> str:
    """Write lone surrogates as escapes such as "\\udcff", so that the text can be encoded."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def cells(text: str) -> int:
    """The number of terminal columns that visible text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if category(c) in ("Mn", "Me") else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, first: int, rest: int) -> list[str]:
    """Break prose between words into lines of at most `first`, then `rest` columns; longer words stay whole."""
    lines: list[str] = []
    line, used, room = "", 0, first
    for word in visible(text).split(" "):
        need = cells(word)
        if line and used + 1 + need > room:
            lines.append(line)
            line, used, room = word, need, rest
        else:
            line, used = (f"{line} {word}", used + 1 + need) if line else (word, need)
    lines.append(line)
    return lines
