"""Finds a command's input: its standard input, and the script that it runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.model.source import MappedText
from zr4lint.shell.commands import Command, Expansion, Word
from zr4lint.shell.expansion import OUTPUT, written_out
from zr4lint.shell.feeding import argument_file, xargs
from zr4lint.shell.found_files import Kind
from zr4lint.shell.wrappers import (
    SHELLS,
    nested_script,
    options_of,
    program,
    reads_input,
    script_file,
)

if TYPE_CHECKING:
    from zr4lint.shell.tree import Frame
    from zr4lint.shell.walker import Walker

_SHEBANG = r"#![ \t]*(?:/usr/bin/env[ \t]+)?(?P<program>[^ \t\n]+)[ \t]*(?P<options>[^\n]*)"
_C = r"-[a-z]*c"
_F = r"-[a-z]*f"
IN_PLACE = "eval"
"""The shell name of a script that runs in the current shell."""


class Handed(Struct, frozen=True):
    """A script that a command passes to a shell.

    `shell` is the shell's name or `IN_PLACE`. `options` has "a" and "e" if the shell has -a and -e. `arguments` are the
    script's `$1` and on, or None if they are unknown, and `zeroth` is its `$0`. `file` tells that the script comes from
    a file, and `literal_stars` that the shell has the option -f.
    """

    script: MappedText
    shell: str
    options: frozenset[str] = frozenset()
    arguments: tuple[Word, ...] | None = None
    zeroth: Word | None = None
    file: bool = False
    literal_stars: bool = False

    @property
    def in_place(self) -> bool:
        """Return whether the current shell runs the script itself."""
        return self.shell == IN_PLACE


def standard_input(walker: Walker, made: Command, frame: Frame) -> MappedText | None:
    """Return the standard input of a command, or None if it is unknown."""
    if made.stdin is not None or any(r.operator.startswith("<") for r in made.redirections):
        return walker.fed(made.redirections, made.stdin, frame)
    return walker.piped(frame) if frame.operator == "|" else frame.stdin


def by_xargs(walker: Walker, made: Command, frame: Frame) -> list[Command] | None:
    """Return the commands that xargs runs on its standard input or the file of -a, or None if it runs none."""
    path = argument_file(made)
    if path is not None:
        value = walker.variables.value(path)
        return xargs(made, None if value is None else walker.text_of(value, frame))
    fed = standard_input(walker, made, frame)
    if fed is not None or frame.operator != "|":
        return xargs(made, fed)
    from zr4lint.shell.listed_files import listed  # few scripts list files

    return xargs(made, None, listed(walker, frame))


def script_of(walker: Walker, name: str, made: Command, frame: Frame) -> Handed | None:
    """Return the script that a command passes to a shell, or None if there is none or it is unknown.

    `name` is the value of the command's first word, or "" if it is unknown.
    """
    printed = name == IN_PLACE or any(_gives_words(walker, e) for word in made.words for e in word.expansions)
    literal = structs.replace(made, words=tuple(_literal(walker, w) for w in made.words)) if printed else made
    given, name = name, program(literal.words[0])
    if name in SHELLS or name == IN_PLACE or nested_script(literal) is not None:
        options = options_of([word.literal for word in made.words[1:]]) if name in SHELLS else frozenset()
        stars = name in SHELLS and any(re.match(_F, word.literal or "") for word in made.words[1:2])
        found = nested_script(literal)
        if found is None and name in SHELLS:
            at = script_file(literal)
            if at is not None:
                text = _text(walker, made.words[at], frame)
                return (
                    None
                    if text is None
                    else Handed(text, name, options, made.words[at + 1 :], file=True, literal_stars=stars)
                )
            found = standard_input(walker, made, frame) if found is None and reads_input(made) else found
        if found is None:
            return None
        return Handed(found, name, options, _behind_script(literal), _name_of_script(literal), literal_stars=stars)
    if name in (".", "source") and len(made.words) > 1:
        text = _text(walker, made.words[1], frame)
        return None if text is None else Handed(text, IN_PLACE, file=True)
    return _executed(walker, made, given, frame) if "/" in given else None


def not_executable(walker: Walker, path: str, frame: Frame) -> bool:
    """Return whether the program at a path is certainly missing or not executable."""
    found = walker.look(path, frame)
    return found is not None and (found.kind in (Kind.NOTHING, Kind.FOLDER) or found.executable is False)


def _behind_script(command: Command) -> tuple[Word, ...] | None:
    """Return the WORDS that `sh -c SCRIPT NAME WORDS...` passes to the script, or None for another command."""
    at = next((i for i, word in enumerate(command.words) if re.fullmatch(_C, word.literal or "")), None)
    return command.words[at + 3 :] if at is not None and at + 2 <= len(command.words) else None


def _name_of_script(command: Command) -> Word | None:
    """Return the NAME of `sh -c SCRIPT NAME`, which the script sees as `$0`, or None if it is not given."""
    at = next((i for i, word in enumerate(command.words) if re.fullmatch(_C, word.literal or "")), None)
    return command.words[at + 2] if at is not None and at + 2 < len(command.words) else None


def _gives_words(walker: Walker, expansion: Expansion) -> bool:
    """Return whether an expansion may give several words of a script, not only one."""
    value = walker.variables.get(expansion.name) if expansion.name and not expansion.operator else None
    return expansion.operator == OUTPUT or (value is not None and " " in value)


def _literal(walker: Walker, word: Word) -> Word:
    text = written_out(word, walker.variables) if word.expansions else None
    return word if text is None else structs.replace(word, text=text, expansions=())


def _text(walker: Walker, word: Word, frame: Frame) -> MappedText | None:
    value = walker.variables.value(word)
    return None if value is None else walker.text_of(value, frame)


def _executed(walker: Walker, made: Command, path: str, frame: Frame) -> Handed | None:
    """Return the script in a file that is called by its path, if its first line names a shell."""
    found = walker.look(path, frame)
    if found is None or found.text is None or found.executable is False:
        return None
    first = re.match(_SHEBANG, found.text.text)
    name = first["program"].rpartition("/")[2] if first is not None else "sh"
    if name not in SHELLS:
        return None
    options = first["options"].split() if first is not None else []
    return Handed(found.text, name, options_of(options), made.words[1:], file=True)
