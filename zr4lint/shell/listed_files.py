"""Finds the files that `ls`, `find` and `echo` print for a pipeline or a substitution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.model.source import MappedText
from zr4lint.shell.commands import ANY_DEPTH, Command, Word
from zr4lint.shell.wrappers import program

if TYPE_CHECKING:
    from zr4lint.shell.tree import Frame
    from zr4lint.shell.walker import Walker

_KEEP = frozenset({"sort", "uniq", "tac"})
_NARROW = frozenset({"awk", "egrep", "fgrep", "grep", "head", "sed", "tail"})
_OF_LS = frozenset({"-1", "-d", "-1d", "-d1", "-a", "-A", "-1a", "-r", "-t"})
_MOST_FILTERS = 6


class Listed(Struct, frozen=True):
    """Patterns of the files that a pipeline prints; `sure` tells that it prints all of them."""

    patterns: tuple[Word, ...]
    sure: bool


def listed(walker: Walker, frame: Frame) -> Listed | None:
    """Return the files that the last command prints, or None if it prints something else or unknown text."""
    sure = True
    for command in reversed(walker.commands[-_MOST_FILTERS:]):
        others = (redirection for redirection in command.redirections if redirection.operator[:1] != "2")
        if command.reach is not frame.reach or not command.words or next(others, None) is not None:
            return None
        name = program(command.words[0])
        if name == "echo" and len(command.words) == 2 and command.words[1].glob and not command.words[1].expansions:
            return Listed((command.words[1],), sure)
        if name in ("ls", "find"):
            patterns = _of_ls(command) if name == "ls" else _of_find(command)
            return Listed(patterns, sure) if patterns else None
        if command.operator != "|" or not (name in _NARROW or (name in _KEEP and _has_no_file(command))):
            return None
        sure = sure and name in _KEEP
    return None


def _has_no_file(command: Command) -> bool:
    return all((word.literal or "").startswith("-") for word in command.words[1:])


def _of_ls(command: Command) -> tuple[Word, ...]:
    """Return patterns for the output of ls: its operands, or all names in the one folder given."""
    options = {word.literal for word in command.words[1:] if (word.literal or "").startswith("-")}
    operands = [word for word in command.words[1:] if word.literal not in options]
    if not options <= _OF_LS or any(word.expansions for word in operands):
        return ()
    if options & {"-d", "-1d", "-d1"} or (operands and all("." in _last(word) for word in operands)):
        return tuple(operands)
    if len(operands) > 1 or any(word.glob for word in operands):
        return ()
    return (_pattern("*", command),)


def _last(word: Word) -> str:
    return word.text.text.rpartition("/")[2].strip(".")


def _of_find(command: Command) -> tuple[Word, ...]:
    """Return patterns for the output of find if it tests only names, types and depths."""
    values = [word.literal for word in command.words[1:]]
    start = next((i for i, value in enumerate(values) if (value or "-").startswith(("-", "(", "!"))), len(values))
    roots = [word for word in command.words[1 : start + 1] if not word.glob]
    name, least, most = "*", "0", ""
    rest = iter(values[start:])
    for test in rest:
        if test in ("-name", "-type", "-maxdepth", "-mindepth"):
            value = next(rest, None)
            if value is None or (test == "-type" and value != "f") or (test == "-name" and name != "*"):
                return ()
            name = value if test == "-name" else name
            most = value if test == "-maxdepth" else most
            least = value if test == "-mindepth" else least
        elif test not in ("-print", "-print0", "-xdev"):
            return ()
    if len(roots) != start or not roots or most == "0" or least not in ("0", "1"):
        return ()
    between = "/" if most == "1" else f"/{ANY_DEPTH}/"
    return tuple(_pattern(f"{root.text.text.rstrip('/')}{between}{name}", command) for root in roots)


def _pattern(text: str, command: Command) -> Word:
    return Word(MappedText.at_one_place(text, command.span.start), (), command.span, False, True)
