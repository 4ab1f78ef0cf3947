"""Decides whether grep matches if its pattern and text are known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zr4lint.model.grep import grep_any
from zr4lint.shell.commands import Command, Reach
from zr4lint.shell.conditions import truth
from zr4lint.shell.found_files import Kind
from zr4lint.shell.inputs import standard_input
from zr4lint.shell.status import Value
from zr4lint.shell.wrappers import program

if TYPE_CHECKING:
    from zr4lint.shell.tree import Frame
    from zr4lint.shell.walker import Walker

_OPTIONS = r"-(?P<letters>[a-zA-Z]+)|--(?P<name>quiet|silent|fixed-strings|ignore-case|extended-regexp)"
_LETTERS = frozenset("qsFEicnlovHh")
_EXTENDED = frozenset("(){}|+?")


def searched(walker: Walker, made: Command, frame: Frame) -> Value:
    """Return whether grep matches, or CONDITION if its pattern or text is unknown."""
    values = [walker.variables.value(word) for word in made.words]
    if None in values or any(word.glob for word in made.words) or frame.reach is Reach.NEVER:
        return Value.CONDITION
    letters, operands = _read(program(made.words[0]), [value or "" for value in values[1:]])
    if letters is None or not operands:
        return Value.CONDITION
    pattern, *paths = operands
    texts = [_searched_text(walker, path, frame) for path in paths] if paths else [_input(walker, made, frame)]
    found = [_has(letters, pattern, text) for text in texts]
    if None in found:
        return Value.TRUE if True in found and "s" not in letters else Value.CONDITION
    return truth(True in found)


def _read(name: str, words: Sequence[str]) -> tuple[set[str] | None, list[str]]:
    """Return the letters of grep's options, or None if one is not supported, and its operands."""
    letters = {"egrep": {"E"}, "fgrep": {"F"}}.get(name, set())
    names = {"quiet": "q", "silent": "q", "fixed-strings": "F", "ignore-case": "i", "extended-regexp": "E"}
    operands: list[str] = []
    for index, word in enumerate(words):
        if word == "--":
            return letters, [*operands, *words[index + 1 :]]
        if not word.startswith("-") or word == "-":
            operands.append(word)
            continue
        found = re.fullmatch(_OPTIONS, word)
        if found is None or (found["letters"] and not _LETTERS.issuperset(found["letters"])):
            return None, []
        letters |= {names.get(found["name"], "q")} if found["name"] else set(found["letters"])
    return letters, operands


def _searched_text(walker: Walker, path: str, frame: Frame) -> str | None:
    found = walker.look(path, frame)
    if found is None:
        return None
    if found.kind is Kind.NOTHING:
        return ""
    return None if found.text is None else found.text.text


def _input(walker: Walker, made: Command, frame: Frame) -> str | None:
    text = standard_input(walker, made, frame)
    return None if text is None else text.text


def _has(letters: set[str], pattern: str, text: str | None) -> bool | None:
    """Return whether grep with these options selects a line of a text, or None if that is unknown."""
    if text is None or "\n" in pattern:
        return None
    if "i" in letters:
        pattern, text = pattern.lower(), text.lower()
    if "v" in letters:
        lines = text.removesuffix("\n").split("\n") if text else []
        found = [_has(letters - {"v"}, pattern, line) for line in lines[:1000]]
        return None if None in found or len(lines) > len(found) else False in found
    if "F" in letters:
        return pattern in text
    if "E" in letters and not _EXTENDED.isdisjoint(pattern):
        return None
    try:
        return grep_any(pattern, text)
    except ValueError:
        return None
