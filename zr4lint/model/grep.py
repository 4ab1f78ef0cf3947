"""Matches the basic regular expressions of verification commands, in time linear in the line.

A pattern is literal text in which "." matches one character and ".*" any number; "^" anchors it at the start and "$" at
the end of the line, and "\\" makes the following punctuation literal. Other syntax of grep is refused, so that a
pattern never differs in meaning from grep's.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

ANY = "\0"
_SPECIAL = frozenset("^$.*[\\\0\n")
_OPERATORS = frozenset("(){}|+?<>'`")
"""The punctuation that a backslash turns into an operator."""


class Pattern(Struct, frozen=True):
    """Pieces of text that follow one another, with anything between them; `ANY` in a piece matches any character.

    `literal` is the longest text that each matching line contains.
    """

    pieces: tuple[str, ...]
    at_start: bool
    at_end: bool
    literal: str


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Pattern:
    """Parse a pattern; raises ValueError for syntax that is not supported."""
    if _SPECIAL.isdisjoint(pattern):
        return Pattern((pattern,), False, False, pattern)
    at_start = pattern.startswith("^")
    body = pattern[1:] if at_start else pattern
    at_end = False
    pieces = [""]
    at = 0
    while at < len(body):
        character = body[at]
        if body.startswith(".*", at):
            pieces.append("")
            at += 2
        elif character == "\\" and at + 1 < len(body):
            pieces[-1] += _escaped(body[at + 1])
            at += 2
        elif character in "[*\\\0\n":
            hint = f"; write \\{character} for the character itself" if character in "[*\\" else ""
            raise ValueError(f"{character!r} is not understood in a verification command's pattern{hint}")
        elif character == "$" and at == len(body) - 1:
            at_end = True
            at += 1
        else:
            pieces[-1] += ANY if character == "." else character
            at += 1
    literal = max((part for piece in pieces for part in piece.split(ANY)), key=len)
    return Pattern(tuple(pieces), at_start, at_end, literal)


def _escaped(character: str) -> str:
    if not character.isascii() or not character.isprintable() or character.isalnum() or character in _OPERATORS:
        raise ValueError(f"'\\{character}' is not understood in a verification command's pattern")
    return character


def grep_any(pattern: str, text: str) -> bool:
    """Return whether any line of a text matches the pattern."""
    literal = compile_pattern(pattern).literal
    if literal and literal == pattern:
        return literal in text
    at = text.find(literal)
    while 0 <= at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if grep(pattern, text[text.rfind("\n", 0, at) + 1 : end]):
            return True
        at = text.find(literal, end + 1)
    return False


def grep(pattern: str, line: str) -> bool:
    """Return whether a line matches the pattern."""
    wanted = compile_pattern(pattern)
    at = 0
    for index, piece in enumerate(wanted.pieces):
        if index == 0 and wanted.at_start:
            if not _stands_at(piece, line, 0):
                return False
            at = len(piece)
            continue
        if index == len(wanted.pieces) - 1 and wanted.at_end:
            start = len(line) - len(piece)
            return start >= at and _stands_at(piece, line, start)
        found = _find(piece, line, at)
        if found < 0:
            return False
        at = found + len(piece)
    return not wanted.at_end or at == len(line)


def _find(piece: str, line: str, start: int) -> int:
    """Return the first index from `start` on at which a piece matches, or -1."""
    if ANY not in piece:
        return line.find(piece, start)
    anchor = max(piece.split(ANY), key=len)
    offset = piece.index(anchor)
    at = line.find(anchor, start + offset)
    while at >= 0:
        if _stands_at(piece, line, at - offset):
            return at - offset
        at = line.find(anchor, at + 1)
    return -1


def _stands_at(piece: str, line: str, start: int) -> bool:
    if start < 0 or start + len(piece) > len(line):
        return False
    if ANY not in piece:
        return line.startswith(piece, start)
    return all(wanted in (ANY, line[start + i]) for i, wanted in enumerate(piece))
