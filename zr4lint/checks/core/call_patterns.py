"""Patterns of commands, such as `apt-get install` and `ln * /bin/sh`, and the commands that match them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.facts import Ran
from zr4lint.filesystem.globs import matches
from zr4lint.model.source import Span
from zr4lint.programs.image_paths import absolute
from zr4lint.programs.option_reading import Option, Parsed
from zr4lint.programs.option_tables import is_known, parse_call, parse_words
from zr4lint.shell import Argument

if TYPE_CHECKING:
    from zr4lint.checks.outcome import Subject

_CONFIGURED: Mapping[tuple[str, str], str] = {
    ("option", "apt::get::assume-yes"): "yes",
    ("option", "apt::install-recommends"): "install-recommends",
    ("option", "apt::get::install-recommends"): "install-recommends",
    ("setopt", "assumeyes"): "assumeyes",
}
"""The options that settings of apt or dnf stand for, by the option that sets them and the setting in lower case."""
_ASSIGNMENT = r"[A-Za-z_]\w*=.+"


class CallPattern(Struct, frozen=True):
    """A parsed pattern. Each word is a tuple of alternatives.

    - `variables`: must be set for the command.
    - `options`: must be given to the command.
    - `words`: the command's first operands, in order. A `*` stands for any operands; the words then match all operands.
    """

    text: str
    programs: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    options: tuple[tuple[str, ...], ...]
    variables: tuple[tuple[str, str], ...]


class Called(Struct, frozen=True):
    """A command that matches a pattern. `words` are the program and the operands that the pattern names.

    `span` covers these words, and `options` are those that the pattern requires. If a wrapper such as `sudo` matches,
    both are about the wrapper's word.
    """

    ran: Ran
    parsed: Parsed
    pattern: CallPattern
    words: tuple[Argument, ...]
    span: Span
    options: tuple[Option, ...] = ()
    wrapper: bool = False

    @property
    def name(self) -> str:
        """The program and the matched words as they run: "apt-get install"."""
        if self.wrapper:
            return self.words[0].value or ""
        first, *others = self.words
        return " ".join([(first.value or "").rpartition("/")[2], *(word.value or "" for word in others)])

    @property
    def end(self) -> int:
        """The offset after the matched words, where options may follow."""
        return self.words[-1].span.end


@lru_cache(maxsize=512)
def read_pattern(text: str) -> CallPattern:
    """Return the parsed pattern."""
    words = text.split()
    variables: list[tuple[str, str]] = []
    while words and re.fullmatch(_ASSIGNMENT, words[0]):
        name, _, value = words.pop(0).partition("=")
        variables.append((name, value))
    programs = tuple(words[0].split("|")) if words else ()
    rest = [tuple(word.split("|")) for word in words[1:]]
    options = tuple(word for word in rest if word[0].startswith("-"))
    operands = tuple(word for word in rest if not word[0].startswith("-"))
    return CallPattern(text, programs, operands, options, tuple(variables))


def called(subject: Subject, patterns: Iterable[str]) -> Iterator[Called]:
    """Yield the commands in the checked stages that match a pattern, each place once."""
    commands = by_program(subject)
    if not commands:
        return
    seen: set[tuple[Span, int]] = set()
    for pattern in map(read_pattern, patterns):
        for program in pattern.programs:
            for ran in commands.get(program, ()):
                found = _fitting(subject, ran, pattern, program)
                if found is not None and (found.span, ran.at.instruction.index) not in seen:
                    seen.add((found.span, ran.at.instruction.index))
                    yield found


def by_program(subject: Subject) -> Mapping[str, Sequence[Ran]]:
    """Return the commands of the checked stages by program, and by the wrappers that run them."""
    return subject.memo.get(("commands", subject.lineage), lambda: _sorted(subject))


def _sorted(subject: Subject) -> dict[str, list[Ran]]:
    found: dict[str, list[Ran]] = {}
    for ran in subject.facts.of(Ran, subject.lineage, triggers=True):
        if ran.program.startswith("python") and [a.value for a in ran.arguments[1:3]] == ["-m", "pip"]:
            ran = structs.replace(ran, program="pip", arguments=ran.arguments[2:])
        names = {ran.program, ran.program.rstrip("0123456789.")} if ran.program else set()
        for name in names | {wrapper.name for wrapper in ran.wrappers}:
            found.setdefault(name, []).append(ran)
    return found


def _fitting(subject: Subject, ran: Ran, pattern: CallPattern, program: str) -> Called | None:
    """Return a command that matches a pattern as `program`, or as its wrapper; None if it does not match."""
    if program not in (ran.program, ran.program.rstrip("0123456789.")):
        wrapper = next(w for w in ran.wrappers if w.name == program)
        if pattern.words or pattern.options:
            return None
        word = Argument(program, wrapper.span)
        return Called(ran, Parsed((), (), False), pattern, (word,), wrapper.span, wrapper=True)
    if not all(matches(ran.variables.get(name) or "", value) for name, value in pattern.variables):
        return None
    parsed = subject.memo.get(("parsed", ran.at.order), lambda: parse_call(ran.program, ran.arguments))
    words = _operands(pattern, parsed.operands, ran.folder)
    if words is None and not is_known(ran.program):
        found = (_operands(pattern, rest, ran.folder) for rest in _behind_values(ran.arguments, parsed.operands))
        words = next((words for words in found if words is not None), None)
    if words is None:
        return None
    options = tuple(_given(ran.program, alternatives, parsed) for alternatives in pattern.options)
    given = tuple(option for option in options if option is not None)
    if len(given) < len(options):
        return None
    named = (ran.arguments[0], *words)
    span = Span(named[0].span.start, max(w.span.end for w in named))
    return Called(ran, parsed, pattern, named, span, given)


def _behind_values(arguments: Sequence[Argument], operands: Sequence[Argument]) -> Iterator[Sequence[Argument]]:
    """Yield the operands after each leading one that may be an option's value, for a program with unknown options."""
    values = {argument.span for before, argument in pairwise(arguments) if (before.value or "").startswith("-")}
    values |= {argument.span for argument in operands if (argument.value or "").startswith("+")}  # such as `+nightly`
    for number in range(1, len(operands)):
        if operands[number - 1].span not in values:
            return
        yield operands[number:]


def _given(program: str, alternatives: Sequence[str], parsed: Parsed) -> Option | None:
    """Return the option of a command that is one of `alternatives`, or None."""
    for wanted in (parse_words(program, option) for option in alternatives):
        if switched(wanted, parsed) and all(_has_value(option, parsed) for option in wanted):
            return parsed.get(wanted[0].name)
    return None


def _has_value(wanted: Option, parsed: Parsed) -> bool:
    """Return whether an option has the value that the pattern gives, if the pattern gives one."""
    return not wanted.value or any(matches(o.value or "", wanted.value) for o in parsed.all(wanted.name))


def _operands(pattern: CallPattern, operands: Sequence[Argument], folder: str | None) -> tuple[Argument, ...] | None:
    """Return the operands that match a pattern's words; None if they do not match."""
    whole = any(word == ("*",) for word in pattern.words)
    found = _match(pattern.words, operands, folder)
    return None if found is None or (whole and found[1]) else found[0]


def _match(
    words: Sequence[tuple[str, ...]], operands: Sequence[Argument], folder: str | None
) -> tuple[tuple[Argument, ...], int] | None:
    """Return the operands that match, and the number of operands after the last of them."""
    if not words:
        return (), len(operands)
    if words[0] == ("*",):
        if len(words) == 1:
            return (), 0
        for start in range(len(operands)):
            found = _match(words[1:], operands[start:], folder)
            if found is not None and found[1] == 0:
                return found
        return None
    if not operands or not _is(operands[0], words[0], folder):
        return None
    found = _match(words[1:], operands[1:], folder)
    return ((operands[0], *found[0]), found[1]) if found is not None else None


def _is(operand: Argument, alternatives: tuple[str, ...], folder: str | None) -> bool:
    """Return whether an operand is one of these words. A path is compared as an absolute path."""
    if operand.value is None:
        return False
    path = absolute(operand.value, folder) if operand.value and alternatives[0].startswith("/") else None
    return any(matches(operand.value, word) or (path is not None and matches(path, word)) for word in alternatives)


def switched(wanted: Sequence[Option], parsed: Parsed) -> bool:
    """Return whether all these options apply. The last option of a setting counts, and `-qq` counts as two `-q`."""
    for option in wanted:
        often = sum(int(o.value or 0) if (o.value or "").isdecimal() else 1 for o in wanted if o.name == option.name)
        if not (_times(option.name, parsed) >= often if often > 1 else _switched(option, parsed)):
            return False
    return bool(wanted)


def _times(name: str, parsed: Parsed) -> int:
    return sum(int(o.value or 0) if (o.value or "").isdecimal() else 1 for o in parsed.all(name))


def any_switched(program: str, options: Sequence[str], parsed: Parsed) -> bool:
    """Return whether one of several options for a setting applies. The last one in the command counts."""
    parsed = structs.replace(parsed, options=meant(parsed.options))
    patterns = [meant(parse_words(program, option)) for option in options]
    alone = [pattern[0] for pattern in patterns if len(pattern) == 1 and not (pattern[0].value or "").isdecimal()]
    counted = [pattern for pattern in patterns if pattern and pattern[0] not in alone]
    state = False
    for option in parsed.options:
        for wanted in alone:
            said = _says(option, wanted)
            state = state if said is None else said
    return state or any(switched(pattern, parsed) for pattern in counted)


def meant(options: Iterable[Option]) -> tuple[Option, ...]:
    """Return the options, with settings such as `-o KEY=VALUE` replaced by the options that they stand for."""
    found = []
    for option in options:
        key, _, value = (option.value or "").partition("=")
        name = _CONFIGURED.get((option.name, key.strip().lower()))
        name = f"no-{name}" if name and not is_yes(value) else name
        found.append(structs.replace(option, name=name, value="") if name else option)
    return tuple(found)


def _switched(wanted: Option, parsed: Parsed) -> bool:
    state = False
    for option in parsed.options:
        said = _says(option, wanted)
        state = state if said is None else said
    return state


def _says(option: Option, wanted: Option) -> bool | None:
    """Return whether an option turns the setting of `wanted` on or off; None if it is about another setting."""
    item, equals, setting = (wanted.value or "").partition("=")
    if equals:
        key, _, value = (option.value or "").partition("=")
        same = option.name == wanted.name and key.strip().lower() == item.lower()
        return is_yes(value) == is_yes(setting) if same else None
    if option.name == wanted.name:
        return is_yes(option.value)
    opposite = option.name == f"no-{wanted.name}" or wanted.name == f"no-{option.name}"
    return not is_yes(option.value) if opposite else None


def is_yes(value: str | None) -> bool:
    """Return whether a value leaves a setting on."""
    return (value or "").strip("\"' ").lower() not in ("no", "false", "without", "off", "disable", "0")
