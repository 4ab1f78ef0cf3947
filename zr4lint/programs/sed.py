"""Parses and applies sed commands that edit files in place: deletions and substitutions with simple patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

from zr4lint.model.grep import ANY, compile_pattern, grep
from zr4lint.model.source import MappedText
from zr4lint.programs.option_reading import Grammar, parse_options
from zr4lint.shell import Argument

_GRAMMAR = Grammar(
    {"e": "expression", "n": "quiet", "i": "in-place", "E": "regexp-extended", "r": "regexp-extended", "f": "file"},
    frozenset({"expression", "file", "line-length"}),
    frozenset({"in-place", "quiet", "regexp-extended", "separate", "null-data", "posix", "silent"}),
)
_ADDRESS = r"(?:(\d{1,9})|(\$)|/((?:[^/\\\n]|\\.)*)/)"
_COMMAND = rf"\s*(?:{_ADDRESS}(?:,{_ADDRESS})?)?\s*(d|s)"
_EXTENDED = frozenset("(){}|+?")
_EVERY = (None, ".", ".*", "^", "$")
"""Addresses that match every line, or every non-empty line."""
_LONGEST = 200_000
_CHARACTERS = frozenset("\\&\n")


class Step(Struct, frozen=True):
    """A command on the lines from `first` to `last`: a number, -1 for the last line, a pattern, or None for all.

    It replaces `found` in these lines, or deletes them if `found` is None. `every` tells that it replaces all matches.
    """

    first: int | str | None = None
    last: int | str | None = None
    found: str | None = None
    replacement: str = ""
    every: bool = False


class Sed(Struct, frozen=True):
    """A call of sed: the files it edits in place, and its commands, or None if they are not supported.

    `silent` tells that sed writes no lines, because of -n and commands that don't print.
    """

    files: tuple[Argument, ...]
    steps: tuple[Step, ...] | None
    silent: bool = False

    @property
    def empties(self) -> bool:
        """Return whether every file is empty afterwards."""
        steps = self.steps or ()
        return self.silent or any(
            s.found is None and (s.first in _EVERY or (s.first, s.last) == (1, -1)) for s in steps
        )


def parse_sed(arguments: Sequence[Argument]) -> Sed | None:
    """Parse a call of sed; return None if it doesn't edit files in place."""
    short = [argument for argument in arguments[1:] if re.match(r"-[a-zA-Z]*i", argument.value or "")]
    words = [Argument("-" + _letters(a.value or ""), a.span) if a in short else a for a in arguments[1:]]
    parsed = parse_options([word for word in words if word.value != "-"], _GRAMMAR)
    if not short and not parsed.has("in-place"):
        return None
    scripts = [option.value for option in parsed.all("expression")]
    operands = list(parsed.operands)
    if not scripts and operands:
        scripts = [operands.pop(0).value]
    plain, quiet = not parsed.has("file", "null-data"), parsed.has("quiet", "silent")
    steps = _steps(scripts, extended=parsed.has("regexp-extended")) if plain else None
    return Sed(tuple(operands), None if quiet else steps, quiet and steps is not None)


def _letters(word: str) -> str:
    """Return the option letters before `i`, which a suffix may follow."""
    return word[1:].partition("i")[0]


def _steps(scripts: Sequence[str | None], *, extended: bool) -> tuple[Step, ...] | None:
    found: list[Step] = []
    for script in scripts:
        text = script
        while text is not None and text.strip():
            read = _step(text, extended=extended)
            if read is None:
                return None
            step, text = read
            found.append(step)
        if text is None:
            return None
    return tuple(found)


def _step(text: str, *, extended: bool) -> tuple[Step, str] | None:
    """Return the first command of a script and the rest of the script, or None if it is not supported."""
    head = re.match(_COMMAND, text)
    if head is None:
        return None
    first, last = (_address(head.groups()[at : at + 3]) for at in (0, 3))
    rest = text[head.end() :]
    step = Step(first, last)
    if head[7] == "s":
        body = _substitution(rest)
        if body is None:
            return None
        found, replacement, flags, rest = body
        step = Step(first, last, found, replacement, flags == "g")
    patterns = [p for p in (first, last, step.found) if isinstance(p, str)]
    if not all(_plain(pattern, extended=extended) for pattern in patterns):
        return None
    if step.found is not None and len(compile_pattern(step.found).pieces) > 1:
        return None
    rest = rest.lstrip(" \t")
    return (step, rest[1:]) if rest[:1] in ("", ";", "\n") else None


def _address(groups: Sequence[str | None]) -> int | str | None:
    number, last, pattern = groups
    return int(number) if number else -1 if last else pattern


def _substitution(text: str) -> tuple[str, str, str, str] | None:
    """Return pattern, replacement, flags and the rest of `s/a/b/g`, from the first delimiter on."""
    sign = text[:1]
    if not sign or sign.isalnum() or sign in "\\\n":
        return None
    parts = text[1:].split(sign, 2)
    if len(parts) < 3 or any("\\" in part and part.endswith("\\") for part in parts[:2]):
        return None
    flags = re.match(r"g?", parts[2])
    end = flags.end() if flags is not None else 0
    if not _CHARACTERS.isdisjoint(parts[1]):
        return None
    return parts[0], parts[1], parts[2][:end], parts[2][end:]


@lru_cache(maxsize=64)
def _expression(pattern: str) -> str:
    """Return a pattern in Python's syntax; it is one that `grep` accepts, without `.*`."""
    wanted = compile_pattern(pattern)
    body = "".join("." if character == ANY else re.escape(character) for character in wanted.pieces[0])
    return f"{'^' if wanted.at_start else ''}{body}{'$' if wanted.at_end else ''}"


def _plain(pattern: str, *, extended: bool) -> bool:
    if extended and not _EXTENDED.isdisjoint(pattern):
        return False
    try:
        return bool(compile_pattern(pattern).pieces)
    except ValueError:
        return False


def edited(text: MappedText, steps: Sequence[Step]) -> MappedText | None:
    """Return a text after some commands, or None if it is too long."""
    if len(text.text) > _LONGEST:
        return None
    pieces: list[tuple[str, int]] = []
    lines = text.text.splitlines(keepends=True)
    inside = [False] * len(steps)
    start = 0
    for number, line in enumerate(lines, start=1):
        part: MappedText | None = text.slice(start, start + len(line))
        start += len(line)
        for index, step in enumerate(steps):
            if part is None:
                break
            if _applies(step, inside, index, number, part.text.rstrip("\n"), last=number == len(lines)):
                part = None if step.found is None else _replaced(part, step)
        pieces += part.pieces() if part is not None else ()
    return MappedText.join(pieces)


def _applies(step: Step, inside: list[bool], index: int, number: int, line: str, *, last: bool) -> bool:
    def fits(address: int | str) -> bool:
        if isinstance(address, str):
            return grep(address, line)
        return last if address == -1 else number == address

    if step.first is None:
        return True
    if step.last is None:
        return fits(step.first)
    if inside[index]:
        inside[index] = not (fits(step.last) or (isinstance(step.last, int) and 0 <= step.last <= number))
        return True
    if not fits(step.first):
        return False
    inside[index] = isinstance(step.last, str) or (step.last == -1 and not last) or step.last > number
    return True


def _replaced(text: MappedText, step: Step) -> MappedText:
    pieces: list[tuple[str, int]] = []
    at = 0
    line = text.text.removesuffix("\n")
    for found in re.finditer(_expression(step.found or ""), line):
        pieces += text.slice(at, found.start()).pieces()
        pieces += ((character, text.offset(found.start())) for character in step.replacement)
        at = found.end()
        if not step.every:
            break
    return MappedText.join([*pieces, *text.slice(at, len(text.text)).pieces()])
