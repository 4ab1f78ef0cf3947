"""Fixes, put together from edits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.model.finding import Applicability, Edit, Fix

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.facts import At
    from zr4lint.model.source import SourceFile, Span

_BLANK = r"(?:[ \t]|\\[ \t]*\r?\n)*"
_JOINED_BEFORE = _BLANK + r"(?:&&|;)" + _BLANK + r"\Z"
_JOINED_AFTER = _BLANK + r"(?:&&|;)" + _BLANK
_CLOSES = r"(?:done|fi|esac|elif|else)\b|[})]"
"""What ends a list of commands, which must not be empty."""
_NEXT = _BLANK + r"(?:;(?!;)|\r?\n)"
_NOT = r"(?:\A|[\s;&|({])!"
_SUDO = r"(?:\w+=[^\s\"']*[ \t]+)*(sudo(?:[ \t]+-[EHkn]+)*)(?:[ \t]+\w+=[^\s\"']*)*[ \t]+"
_USERS = frozenset({"sudo", "doas", "gosu", "su-exec", "su", "runuser", "setpriv", "chroot", "fakeroot"})
"""Programs that run another one as another user, or elsewhere."""
_NEAR = 1_000
"""Characters before a word in which the blanks before it are looked for: a search of the whole file takes long."""

SAFE, UNSAFE, DISPLAY = Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY


def replace(span: Span, text: str, title: str, applicability: Applicability = SAFE) -> Fix:
    """Put other words in the place of those at `span`."""
    return Fix(title, applicability, (Edit.of(span, text),))


def insert(offset: int, text: str, title: str, applicability: Applicability = SAFE) -> Fix:
    """Put words at `offset`."""
    return Fix(title, applicability, (Edit(offset, offset, text),))


def add_words(
    instruction: Instruction, offset: int, words: str, title: str, applicability: Applicability = SAFE
) -> Fix | None:
    """Put words into a command line; None in an exec form, where a word is a JSON string."""
    return None if instruction.json is not None else insert(offset, f" {words}", title, applicability)


def add_line(source: SourceFile, after: Instruction, line: str, applicability: Applicability = UNSAFE) -> Fix:
    """Put an instruction on a line of its own below another."""
    return insert(after.span.end, source.newline + line, f"Add `{line}`", applicability)


def remove_lines(
    source: SourceFile, instruction: Instruction, title: str, applicability: Applicability = UNSAFE
) -> Fix:
    """Take an instruction out, its lines and all."""
    start = source.line_starts[instruction.line - 1]
    last = source.line_span(instruction.end_line).end
    end = source.text.find("\n", last)
    return Fix(title, applicability, (Edit(start, end + 1 if end >= 0 else len(source.text), ""),))


def take_out(source: SourceFile, at: At, title: str) -> Fix:
    """Take a command out: with its instruction where it is the only one there, else with the "&&" that joins it."""
    return take_out_words(source, at.instruction, at.span, title)


def take_out_words(source: SourceFile, instruction: Instruction, span: Span, title: str) -> Fix:
    """Take the command at a span out of an instruction."""
    text = source.text
    arguments = instruction.arguments
    whole = arguments.span(0, len(arguments.text)) if arguments.text else instruction.span
    if span.start <= whole.start and span.end >= whole.end:
        return remove_lines(source, instruction, title)
    start = max(instruction.span.start, span.start - _NEAR)
    before = re.search(_JOINED_BEFORE, text[start : span.start])
    if before is not None:
        return Fix(title, UNSAFE, (Edit(start + before.start(), span.end, ""),))
    after = re.match(_JOINED_AFTER, text[span.end : instruction.span.end])
    if after is not None and not re.match(_CLOSES, text[span.end + after.end() : instruction.span.end]):
        return Fix(title, UNSAFE, (Edit(span.start, span.end + after.end(), ""),))
    return Fix(title, UNSAFE, (Edit.of(span, "true"),))


def take_out_word(source: SourceFile, word: Span, title: str) -> Fix:
    """Take a word out, with the blanks and the line breaks before it."""
    start = max(0, word.start - _NEAR)
    kept = re.sub(_BLANK + r"\Z", "", source.text[start : word.start])
    return Fix(title, UNSAFE, (Edit(start + len(kept), word.end, ""),))


def join_behind(source: SourceFile, at: At, end: int) -> str:
    """What joins a command that is put behind another one, at `end`.

    On the left of `&&` a failure does not end a shell with the option -e, which would go on with the next line.
    """
    rest = source.text[end : at.instruction.span.end]
    following = re.match(_NEXT, rest)
    goes_on = following is not None and rest[following.end() :].strip(" \t\r\n;\\") != ""
    return "; " if at.exits and not at.tested and goes_on else " && "


def is_negated(source: SourceFile, at: At) -> bool:
    """Whether `!` stands before a command, or may stand before its pipeline; it then goes for that command only."""
    start = max(at.instruction.span.start, at.span.start - _NEAR)
    pattern = _NOT + (r"\s" if at.operator == "|" else _BLANK + r"\Z")
    return re.search(pattern, source.text[start : at.span.start]) is not None


def join_before(at: At) -> str:
    """What joins a command that is put before another one, whose failure ends the script as that of the other does."""
    return "; " if at.exits and not at.tested and at.operator in ("", ";") else " && "


def takes_one_before(source: SourceFile, at: At) -> bool:
    """Whether what is put before a command, with `&&`, runs where the command does."""
    return at.operator not in ("|", "||") and not is_negated(source, at)


def rights(source: SourceFile, at: At, words: Span) -> str | None:
    """The call of sudo before the `words` of a command, for another one to be put beside it; None if it is not known.

    It is "" where nothing gives the command another user.
    """
    if not at.span.start <= words.start <= at.span.end:
        return ""
    before = source.text[at.span.start : words.start]
    if (sudo := re.fullmatch(_SUDO, before)) is not None:
        return sudo[1] + " "
    return None if _USERS & set(before.split()) else ""


def move_below(source: SourceFile, at: At, target: Instruction, title: str, words: str = "") -> Fix | None:
    """Put a command below another instruction, or behind the other commands of its own; None where it can't be.

    It is written as it stands, or in other `words`.
    """
    own = at.instruction
    if own.index > target.index or own.json is not None or own.heredocs or target.heredocs:
        return None
    words = words or source.slice(at.span)
    added = f" && {words}" if own.index == target.index else f"{source.newline}RUN {words}"
    behind = Edit(target.span.end, target.span.end, added)
    gone = take_out(source, at, title).edits
    if any(edit.end > behind.start for edit in gone):
        return None
    return Fix(title, UNSAFE, (*gone, behind))


def to_the_end(source: SourceFile, instruction: Instruction) -> Fix | None:
    """Put an instruction below everything else; None if it is there."""
    start = source.line_starts[instruction.line - 1]
    after = source.text.find("\n", instruction.span.end) + 1 or len(source.text)
    end = len(source.text.rstrip())
    if after >= end:
        return None
    words = source.newline + source.text[start:after].rstrip()
    return Fix(f"Put {instruction.keyword} last", UNSAFE, (Edit(start, after, ""), Edit(end, end, words)))
