"""What a command reads: its standard input, the script that it runs, the text that it searches."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct, structs

from zr4lint.model.grep import grep_any
from zr4lint.model.source import MappedText
from zr4lint.shell.commands import Command, Reach, Word
from zr4lint.shell.conditions import truth
from zr4lint.shell.expansion import OUTPUT, written_out
from zr4lint.shell.files import Kind
from zr4lint.shell.status import Value
from zr4lint.shell.tree import Frame
from zr4lint.shell.walker import Walker
from zr4lint.shell.wrappers import SHELLS, exits_on_failure, nested_script, program, reads_input, script_file

_SHEBANG = r"#![ \t]*(?:/usr/bin/env[ \t]+)?(?P<program>[^ \t\n]+)[ \t]*(?P<options>[^\n]*)"
_OPTIONS = r"-(?P<letters>[a-zA-Z]+)|--(?P<name>quiet|silent|fixed-strings|ignore-case|extended-regexp)"
_LETTERS = frozenset("qsFEicnlovHh")
_EXTENDED = frozenset("(){}|+?")
IN_PLACE = "eval"
"""The name under which a script runs in the shell that reads it."""


class Handed(Struct, frozen=True):
    """A script that a command has a shell read.

    `shell` is the shell's name, or `IN_PLACE`; `arguments` are its `$1` and on, None where they can't be known.
    `file` tells that it comes from a file.
    """

    script: MappedText
    shell: str
    exits: bool = False
    arguments: tuple[Word, ...] | None = None
    file: bool = False


def standard_input(walker: Walker, made: Command, frame: Frame) -> MappedText | None:
    """What a command reads from its standard input; None where that can't be known."""
    if made.stdin is not None or any(r.operator.startswith("<") for r in made.redirections):
        return walker.fed(made.redirections, made.stdin, frame)
    return walker.piped(frame) if frame.operator == "|" else frame.stdin


def script_of(walker: Walker, made: Command, frame: Frame) -> Handed | None:
    """The script that a command has a shell read; None for any other command, and where it can't be known."""
    if not made.words:
        return None
    printed = any(e.operator == OUTPUT for word in made.words for e in word.expansions)
    literal = structs.replace(made, words=tuple(_literal(walker, w) for w in made.words)) if printed else made
    name = program(literal.words[0])
    if name in SHELLS or name == IN_PLACE or nested_script(literal) is not None:
        exits = name in SHELLS and exits_on_failure([word.literal for word in made.words[1:]])
        found = nested_script(literal)
        if found is None and name in SHELLS:
            at = script_file(literal)
            if at is not None:
                text = _text(walker, made.words[at], frame)
                return None if text is None else Handed(text, name, exits, made.words[at + 1 :], file=True)
            found = standard_input(walker, made, frame) if found is None and reads_input(made) else found
        return None if found is None else Handed(found, name, exits)
    if name in (".", "source") and len(made.words) > 1:
        text = _text(walker, made.words[1], frame)
        return None if text is None else Handed(text, IN_PLACE, file=True)
    value = walker.variables.value(made.words[0])
    return _executed(walker, made, value, frame) if value is not None and "/" in value else None


def not_executable(walker: Walker, made: Command, frame: Frame) -> bool:
    """Whether a command calls a file that is surely not there, or may not be executed."""
    value = walker.variables.value(made.words[0]) if made.words else None
    if value is None or "/" not in value:
        return False
    found = walker.look(value, frame)
    return found is not None and (found.kind in (Kind.NOTHING, Kind.FOLDER) or found.executable is False)


def _literal(walker: Walker, word: Word) -> Word:
    text = written_out(word, walker.variables) if word.expansions else None
    return word if text is None else structs.replace(word, text=text, expansions=())


def _text(walker: Walker, word: Word, frame: Frame) -> MappedText | None:
    value = walker.variables.value(word)
    return None if value is None else walker.text_of(value, frame)


def _executed(walker: Walker, made: Command, path: str, frame: Frame) -> Handed | None:
    """The script in a file that is called by its path, as its first line tells."""
    found = walker.look(path, frame)
    if found is None or found.text is None or found.executable is False:
        return None
    first = re.match(_SHEBANG, found.text.text)
    name = first["program"].rpartition("/")[2] if first is not None else "sh"
    if name not in SHELLS:
        return None
    options = first["options"].split() if first is not None else []
    return Handed(found.text, name, exits_on_failure(options), made.words[1:], file=True)


# grep


def searched(walker: Walker, made: Command, frame: Frame) -> Value:
    """Whether grep finds something, where pattern and text are known."""
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
    """The letters of grep's options, None where they aren't understood, and its operands."""
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
    """Whether grep with these options selects a line of a text; None where that isn't worked out."""
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
