"""Parses command line options as getopt and optparse do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from zr4lint.model.source import Span
from zr4lint.shell import Argument


class Option(Struct, frozen=True):
    """An option under its long name. `span` includes its value, and `value` is None if it is unknown."""

    name: str
    value: str | None
    span: Span
    value_span: Span

    def lacks_value(self, grammar: Grammar) -> bool:
        """Return whether the option takes a value but is the last word and has none."""
        return self.name in grammar.valued and self.value == "" and self.value_span is self.span


class Grammar(Struct, frozen=True):
    """The options of a program: long names by short letter, and the long names that take a value.

    `short_equals` tells that `-x=value` means `-x value`; otherwise the "=" is part of the value. With `single_dash`,
    long options begin with one dash or two, and there are no short ones. `same` has the name for each further name of
    an option.
    """

    short: Mapping[str, str]
    valued: frozenset[str]
    flags: frozenset[str]
    abbreviate: bool = True
    short_equals: bool = False
    single_dash: bool = False
    same: Mapping[str, str] = {}

    def has(self, name: str) -> bool:
        """Return whether there is an option with this full name."""
        return name in self.valued or name in self.flags or name in self.short.values()

    def long(self, name: str) -> str:
        """Return the full name of a long option, which may be abbreviated as long as it is unambiguous."""
        if not self.abbreviate or name in self.valued or name in self.flags:
            return self.same.get(name, name) if self.same else name
        fitting = [known for known in (*self.valued, *self.flags) if known.startswith(name)]
        return fitting[0] if len(fitting) == 1 else name


class Parsed(Struct, frozen=True):
    """Options and operands of a command line; `unknown` tells that the value of an argument is unknown."""

    options: tuple[Option, ...]
    operands: tuple[Argument, ...]
    unknown: bool

    def get(self, name: str) -> Option | None:
        """Return the last option of this name, which is in effect, or None."""
        for option in reversed(self.options):
            if option.name == name:
                return option
        return None

    def has(self, *names: str) -> bool:
        """Return whether any of these options is given."""
        for option in self.options:  # noqa: SIM110 - rules ask often, and `any` takes twice the time
            if option.name in names:
                return True
        return False

    def all(self, name: str) -> list[Option]:
        """Return all options of this name, in order."""
        return [option for option in self.options if option.name == name]


def parse_options(arguments: Sequence[Argument], grammar: Grammar, *, stop_at_operand: bool = False) -> Parsed:
    """Sort arguments into options and operands; with `stop_at_operand`, all after the first operand are operands."""
    options: list[Option] = []
    operands: list[Argument] = []
    unknown = False
    at = 0
    while at < len(arguments):
        argument = arguments[at]
        at += 1
        text = argument.value
        if text is None:
            unknown = True
        if text == "--":
            operands += arguments[at:]
            break
        if text is None or len(text) < 2 or not text.startswith("-"):
            operands.append(argument)
            if stop_at_operand:
                operands += arguments[at:]
                break
            continue
        following = arguments[at] if at < len(arguments) else None
        if text.startswith("--"):
            found, used = _long(text, argument, following, grammar)
        elif grammar.single_dash:
            found, used = _long(f"-{text}", argument, following, grammar)
        else:
            found, used = _short(text, argument, following, grammar)
        options += found
        at += used
    return Parsed(tuple(options), tuple(operands), unknown)


def _long(text: str, argument: Argument, following: Argument | None, grammar: Grammar) -> tuple[list[Option], int]:
    name, equals, value = text[2:].partition("=")
    name = grammar.long(name)
    span = argument.span
    if equals:
        start = min(span.start + len(text) - len(value), span.end)
        return [Option(name, value, span, Span(start, span.end))], 0
    if name in grammar.valued and following is not None:
        return [Option(name, following.value, Span(span.start, following.span.end), following.span)], 1
    return [Option(name, "", span, span)], 0


def _short(text: str, argument: Argument, following: Argument | None, grammar: Grammar) -> tuple[list[Option], int]:
    found: list[Option] = []
    span = argument.span
    for index, letter in enumerate(text[1:], start=1):
        name = grammar.short.get(letter, letter)
        if name not in grammar.valued and text[index + 1 : index + 2] == "=":
            value = text[index + 2 :]
            return [*found, Option(name, value, span, Span(max(span.end - len(value), span.start), span.end))], 0
        if name not in grammar.valued:
            found.append(Option(name, "", span, span))
            continue
        if rest := text[index + 1 :].removeprefix("=" if grammar.short_equals else ""):
            return [*found, Option(name, rest, span, Span(max(span.end - len(rest), span.start), span.end))], 0
        if following is None:
            return [*found, Option(name, "", span, span)], 0
        return [*found, Option(name, following.value, Span(span.start, following.span.end), following.span)], 1
    return found, 0
