"""Builds fixes from edits."""

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
"""Matches the words that end a list of commands, which must not be empty."""
_NEXT = _BLANK + r"(?:;(?!;)|\r?\n)"
_NOT = r"(?:\A|[\s;&|({])!"
_SUDO = r"(?:\w+=[^\s\"']*[ \t]+)*(sudo(?:[ \t]+-[EHkn]+)*)(?:[ \t]+\w+=[^\s\"']*)*[ \t]+"
_USERS = frozenset({"sudo", "doas", "gosu", "su-exec", "su", "runuser", "setpriv", "chroot", "fakeroot"})
"""Programs that run another program as another user or in another root folder."""
_NEAR = 1_000
"""The most characters before a word that are searched for blanks; searching the whole file is slow."""

SAFE, UNSAFE, DISPLAY = Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY


def replace(span: Span, text: str, title: str, applicability: Applicability = SAFE) -> Fix:
    """Return a fix that replaces the words at `span` with `text`."""
    return Fix(title, applicability, (Edit.of(span, text),))


def insert(offset: int, text: str, title: str, applicability: Applicability = SAFE) -> Fix:
    """Return a fix that inserts `text` at `offset`."""
    return Fix(title, applicability, (Edit(offset, offset, text),))


def add_words(
    instruction: Instruction, offset: int, words: str, title: str, applicability: Applicability
) -> Fix | None:
    """Return a fix that inserts words into a command line; None for an exec form, where a word is a JSON string."""
    return None if instruction.json is not None else insert(offset, f" {words}", title, applicability)


def add_line(source: SourceFile, after: Instruction, line: str) -> Fix:
    """Return a fix that adds `line` below the instruction `after`."""
    return insert(after.span.end, source.newline + line, f"Add `{line}`", UNSAFE)


def remove_lines(
    source: SourceFile, instruction: Instruction, title: str, applicability: Applicability = UNSAFE
) -> Fix:
    """Return a fix that removes an instruction with its lines."""
    start = source.line_starts[instruction.line - 1]
    last = source.line_span(instruction.end_line).end
    end = source.text.find("\n", last)
    return Fix(title, applicability, (Edit(start, end + 1 if end >= 0 else len(source.text), ""),))


def take_out(source: SourceFile, at: At, title: str) -> Fix:
    """Return a fix that removes a command. The fix removes the instruction if it holds no other command."""
    return take_out_words(source, at.instruction, at.span, title)


def take_out_words(source: SourceFile, instruction: Instruction, span: Span, title: str) -> Fix:
    """Return a fix that removes the command at `span` together with the `&&` or `;` that joins it.

    Where removing the command would leave the shell nothing to run, `true` replaces it.
    """
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
    """Return a fix that removes a word with the blanks and line breaks before it."""
    start = max(0, word.start - _NEAR)
    kept = re.sub(_BLANK + r"\Z", "", source.text[start : word.start])
    return Fix(title, UNSAFE, (Edit(start + len(kept), word.end, ""),))


def join_behind(source: SourceFile, at: At, end: int) -> str:
    """Return the operator that joins a new command to the one that ends at `end`.

    With `set -e`, a failing command on the left of `&&` does not end the script. The operator is "; " if more lines
    follow.
    """
    rest = source.text[end : at.instruction.span.end]
    following = re.match(_NEXT, rest)
    goes_on = following is not None and rest[following.end() :].strip(" \t\r\n;\\") != ""
    return "; " if at.exits and not at.tested and goes_on else " && "


def is_negated(source: SourceFile, at: At) -> bool:
    """Return whether `!` negates a command or may negate its pipeline.

    A command inserted after `!` would be the only one that it negates.
    """
    start = max(at.instruction.span.start, at.span.start - _NEAR)
    pattern = _NOT + (r"\s" if at.operator == "|" else _BLANK + r"\Z")
    return re.search(pattern, source.text[start : at.span.start]) is not None


def join_before(at: At) -> str:
    """Return the operator that joins a new command to the one after it, so that a failure of either ends the script."""
    return "; " if at.exits and not at.tested and at.operator in ("", ";") else " && "


def takes_one_before(source: SourceFile, at: At) -> bool:
    """Return whether a command inserted before this one with `&&` runs where this one does."""
    return at.operator not in ("|", "||") and not is_negated(source, at)


def rights(source: SourceFile, at: At, words: Span) -> str | None:
    """Return the sudo call before the `words` of a command, or None if the command's user is not known.

    Return "" if nothing changes the user. A command inserted beside this one needs the same sudo call.
    """
    if not at.span.start <= words.start <= at.span.end:
        return ""
    before = source.text[at.span.start : words.start]
    if (sudo := re.fullmatch(_SUDO, before)) is not None:
        return sudo[1] + " "
    return None if _USERS & set(before.split()) else ""


def move_below(source: SourceFile, at: At, target: Instruction, title: str, words: str = "") -> Fix | None:
    """Return a fix that moves a command below the instruction `target`; None if that is not possible.

    If `target` holds the command, it moves behind the other commands. `words` replaces the command's text.
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
    """Return a fix that moves an instruction to the end of the file; None if it is there already."""
    start = source.line_starts[instruction.line - 1]
    after = source.text.find("\n", instruction.span.end) + 1 or len(source.text)
    end = len(source.text.rstrip())
    if after >= end:
        return None
    words = source.newline + source.text[start:after].rstrip()
    return Fix(f"Put {instruction.keyword} last", UNSAFE, (Edit(start, after, ""), Edit(end, end, words)))
