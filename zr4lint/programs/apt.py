"""Parses command lines of apt, apt-get, dpkg and add-apt-repository."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from msgspec import Struct, structs

from zr4lint.model.source import Span
from zr4lint.programs.option_reading import Grammar, Option, Parsed, parse_options
from zr4lint.shell import Argument
from zr4lint.startup import lazy_pattern

PROGRAMS = frozenset({"apt", "apt-get"})
UNPACKERS = PROGRAMS | {"dpkg"}

_GRAMMAR = Grammar(
    short={
        "y": "yes",
        "q": "quiet",
        "t": "target-release",
        "o": "option",
        "c": "config-file",
        "s": "simulate",
        "d": "download-only",
        "f": "fix-broken",
        "m": "ignore-missing",
        "V": "verbose-versions",
    },
    valued=frozenset({"target-release", "default-release", "option", "config-file", "host-architecture"}),
    flags=frozenset(),
    abbreviate=False,
    short_equals=True,
)
_SIMULATE = frozenset(
    {"simulate", "just-print", "dry-run", "recon", "no-act", "download-only", "print-uris", "no-download", "help"}
)
_SIMULATING = frozenset({"apt::get::simulate", "apt::get::download-only", "apt::get::print-uris"})
OPERATIONS = frozenset({
    "auto-clean", "autoclean", "autopurge", "autoremove", "build-dep", "changelog", "check", "clean", "dist-clean",
    "dist-upgrade", "distclean", "download", "dselect-upgrade", "full-upgrade", "help", "indextargets", "install",
    "markauto", "moo", "purge", "reinstall", "remove", "satisfy", "source", "unmarkauto", "update", "upgrade",
})  # fmt: skip
"""The commands of apt-get."""
_DPKG = Grammar({"P": "purge", "r": "remove"}, frozenset(), frozenset({"purge", "remove"}), abbreviate=False)
_REPOSITORY = Grammar(
    short={"y": "yes", "r": "remove", "n": "no-update", "u": "update", "P": "ppa", "S": "sourceslist"},
    valued=frozenset({"ppa", "sourceslist", "uri", "keyserver"}),
    flags=frozenset({"yes", "remove", "no-update", "update", "dry-run", "help", "list"}),
)


_SET_OPERATOR = r"\[\[|--|&&|\|\||~~"
"""What Python warns of in brackets, since it may become an operator of sets."""
_QUANTIFIER = lazy_pattern(r"\\.|([*+?{])")
_MOST_QUANTIFIERS = 2
"""The most quantifiers in a regular expression that is matched; with more, one match can take hours."""
_FOREIGN = frozenset({"armel", "armhf", "i386"})

_UNPACKING_OPTIONS = frozenset(
    {"-i", "--install", "-R", "--recursive", "--unpack", "-x", "--extract", "-X", "--vextract"}
)


class Package(Struct, frozen=True):
    """A package named on a command line; `version` is the text after its "="."""

    name: str
    version: str | None
    span: Span

    def means(self, name: str) -> bool:
        """Return whether it names the package `name`; apt accepts wildcards and anchored regular expressions."""
        wild = any(c in self.name for c in "*?[") and fnmatchcase(name, self.name)
        return self.name == name or wild or _fits(self.name, name)


class AptCommand(Struct, frozen=True):
    """A call of apt. `action` is "update", "install", "remove", ...; `words` spans the program and its action."""

    action: str
    packages: tuple[Package, ...]
    removed: tuple[Package, ...]
    parsed: Parsed
    words: Span

    @property
    def assumes_yes(self) -> bool:
        """Return whether apt asks no questions, because of -y, -qq or the configuration item."""
        quiet = sum(2 if o.value == "2" else 1 for o in self.parsed.all("quiet"))
        return self._switched(("yes", "assume-yes", "force-yes"), "apt::get::assume-yes") or quiet >= 2

    @property
    def skips_recommends(self) -> bool:
        """Return whether apt installs dependencies but no recommended packages."""
        return not self._switched(("install-recommends",), "apt::install-recommends", default=True)

    def _switched(self, names: Sequence[str], item: str, *, default: bool = False) -> bool:
        """Return a boolean setting: the last option that sets it, as NAME, no-NAME or through -o."""
        state = default
        for option in self.parsed.options:
            if option.name in names:
                state = _is_yes(option.value)
            elif option.name.removeprefix("no-") in names:
                state = not _is_yes(option.value)
            elif option.name == "option":
                key, _, value = (option.value or "").partition("=")
                state = _is_yes(value.strip("\"'")) if key.lower() == item else state
        return state


def _is_yes(value: str | None) -> bool:
    return (value or "").lower() not in ("no", "false", "without", "off", "disable", "0")


class RepositoryCommand(Struct, frozen=True):
    """A call of add-apt-repository.

    `name` is what it adds or, if `removed` is set, removes. `updates` tells that it also updates the lists, as Ubuntu's
    does.
    """

    name: Argument
    removed: bool
    updates: bool


def parse_apt(arguments: Sequence[Argument]) -> AptCommand | None:
    """Parse a call of apt, with the program as first argument; return None if it changes nothing."""
    parsed = parse_options(arguments[1:], _GRAMMAR)
    if not parsed.operands or any(does_nothing(option) for option in parsed.options):
        return None
    action = parsed.operands[0]
    if action.value == "install" and parsed.get("only-upgrade"):
        action = structs.replace(action, value="upgrade")
    installed: list[Package] = []
    removed: list[Package] = []
    removes = action.value in ("remove", "purge", "autoremove", "autopurge")
    for operand in parsed.operands[1:]:
        if operand.value is None:
            continue
        name, _, version = operand.value.partition("=")
        name = name.partition("/")[0]
        marked = name[-1:] if action.value in ("install", "remove", "purge") and not _is_plain(name) else ""
        package = Package(_native(name.removesuffix(marked)), version or None, operand.span)
        (removed if (removes and marked != "+") or marked == "-" else installed).append(package)
    return AptCommand(
        action.value or "", tuple(installed), tuple(removed), parsed, Span(arguments[0].span.start, action.span.end)
    )


def refused_word(command: AptCommand) -> Argument | None:
    """Return the word at which apt-get stops: an unknown operation, or a second one after `update`."""
    operation = command.parsed.operands[0]
    if operation.value is not None and operation.value not in OPERATIONS:
        return operation
    rest = command.parsed.operands[1:2] if command.action == "update" else ()
    return rest[0] if rest and rest[0].value in OPERATIONS else None


def without_version(command: AptCommand) -> Argument | None:
    """Return the first package with nothing after its `=`, which apt refuses, or None."""
    words = command.parsed.operands[1:] if command.action in ("install", "remove", "purge") else ()
    return next((word for word in words if word.value and word.value.endswith("=")), None)


def does_nothing(option: Option) -> bool:
    """Return whether an option, or the configuration item it sets, keeps apt from changing the system."""
    if option.name != "option":
        return option.name in _SIMULATE
    item, _, value = (option.value or "").partition("=")
    return item.lower() in _SIMULATING and bool(value) and _is_yes(value.strip("\"'"))


def _fits(pattern: str, name: str) -> bool:
    """Return whether a regular expression of apt, which must be anchored, matches a package's name."""
    anchored = pattern.startswith("^") or pattern.endswith("$")
    if not anchored or len(pattern) >= 100 or "(" in pattern or re.search(_SET_OPERATOR, pattern):
        return False
    if sum(1 for found in _QUANTIFIER.finditer(pattern) if found[1]) > _MOST_QUANTIFIERS:
        return False
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


def _native(name: str) -> str:
    """Return a package's name without its architecture, except for a foreign architecture."""
    plain, _, architecture = name.partition(":")
    return name if architecture in _FOREIGN else plain


def _is_plain(name: str) -> bool:
    return not name.endswith(("+", "-")) or name.endswith("++")


def unpacks(program: str, arguments: Sequence[Argument]) -> bool:
    """Return whether apt or dpkg unpacks a .deb file, which may contain any file."""
    if program == "dpkg":
        return any(argument.value in _UNPACKING_OPTIONS for argument in arguments)
    return program in PROGRAMS and any((argument.value or "").endswith(".deb") for argument in arguments)


def parse_dpkg(arguments: Sequence[Argument]) -> AptCommand | None:
    """Parse a dpkg call that removes packages; return None for any other."""
    parsed = parse_options(arguments[1:], _DPKG)
    if not parsed.has("purge", "remove"):
        return None
    removed = tuple(Package(_native(o.value), None, o.span) for o in parsed.operands if o.value)
    return AptCommand("remove", (), removed, parsed, arguments[0].span)


def parse_repository(arguments: Sequence[Argument]) -> RepositoryCommand | None:
    """Parse a call of add-apt-repository, with the program as first argument; return None if it changes nothing."""
    parsed = parse_options(arguments[1:], _REPOSITORY)
    if parsed.has("help", "dry-run", "list"):
        return None
    removed = parsed.get("remove") is not None
    updates = parsed.get("no-update") is None and not removed
    if ppa := parsed.get("ppa"):
        value = ppa.value if ppa.value is None or ppa.value.startswith("ppa:") else f"ppa:{ppa.value}"
        return RepositoryCommand(Argument(value, ppa.value_span), removed, updates)
    return RepositoryCommand(parsed.operands[0], removed, updates) if parsed.operands else None
