"""Finds the options of a program in any of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from zr4lint.model.source import Span
from zr4lint.programs import pip
from zr4lint.programs.file_programs import FILE_PROGRAMS
from zr4lint.programs.grammars import GRAMMARS
from zr4lint.programs.option_reading import Grammar, Option, Parsed, parse_options
from zr4lint.programs.package_managers import MANAGERS
from zr4lint.shell import Argument

_PLAIN = Grammar({}, frozenset(), frozenset(), abbreviate=False)


class Configuration(Struct, frozen=True):
    """The configuration files that set options of a program.

    `line` matches the `key` and the `value` of a setting. A setting is the option of its name or, if `option` is given,
    the value KEY=VALUE of that option.
    """

    files: tuple[str, ...]
    line: str
    option: str = ""


_APT = Configuration(
    ("/etc/apt/apt.conf", "/etc/apt/apt.conf.d/*"), r"(?P<key>[\w:-]+)\s+[\"']?(?P<value>[\w-]+)[\"']?\s*;", "option"
)
_DNF = Configuration(
    ("/etc/yum.conf", "/etc/dnf/dnf.conf", "/etc/dnf/*.conf"), r"^\s*(?P<key>\w+)\s*=\s*(?P<value>\S+)", "setopt"
)
_CURL = Configuration(("*/.curlrc",), r"^\s*-*(?P<key>[\w-]+)[ \t=:]*(?P<value>\S*)")
_WGET = Configuration(("*/.wgetrc", "/etc/wgetrc"), r"^\s*(?P<key>[\w-]+)\s*=\s*(?P<value>\S*)")

CONFIGURATIONS: Mapping[str, Configuration] = {
    "apt": _APT,
    "apt-get": _APT,
    "aptitude": _APT,
    "yum": _DNF,
    "dnf": _DNF,
    "dnf5": _DNF,
    "microdnf": _DNF,
    "curl": _CURL,
    "wget": _WGET,
}
"""The configuration files of programs, from apt.conf(5), dnf.conf(5), curl(1) and wget(1)."""


def parse_call(program: str, arguments: Sequence[Argument]) -> Parsed:
    """Sort the arguments of a call, with the program first, into options and operands."""
    before, after = _grammars(program)
    if before is after and program not in MANAGERS:
        return parse_options(arguments[1:], before)
    first = parse_options(arguments[1:], before, stop_at_operand=True)
    rest = parse_options(first.operands[1:], after)
    return Parsed((*first.options, *rest.options), (*first.operands[:1], *rest.operands), first.unknown or rest.unknown)


@lru_cache(maxsize=512)
def parse_words(program: str, options: str) -> tuple[Option, ...]:
    """Return options, such as `-qq` and `-o KEY=VALUE`, as the program parses them."""
    before, after = _grammars(program)
    words = [Argument(word, Span(0, 0)) for word in options.split()]
    found = parse_options(words, before).options
    return found if after is before or all(len(o.name) > 1 for o in found) else parse_options(words, after).options


def is_known(program: str) -> bool:
    """Return whether a table has the options of a program."""
    return _grammars(program)[0] is not _PLAIN


def _grammars(program: str) -> tuple[Grammar, Grammar]:
    """Return the options before a program's first operand, and those after it."""
    plain = program.rstrip("0123456789.")
    if plain == "pip":
        return pip.GRAMMAR, pip.GRAMMAR
    for name in (program, plain):
        if (manager := MANAGERS.get(name)) is not None:
            return manager.before, manager.after or manager.before
        if (grammar := GRAMMARS.get(name)) is not None:
            return grammar, grammar
        if (row := FILE_PROGRAMS.get(name)) is not None:
            return row.grammar, row.grammar
    return _PLAIN, _PLAIN
