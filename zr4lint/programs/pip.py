"""Parses command lines of pip: `pip`, `python -m pip` and `uv pip`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct, structs

from zr4lint.model.quoting import nearest
from zr4lint.model.source import MappedText, Span, same_file
from zr4lint.programs.option_reading import Grammar, Option, Parsed, parse_options
from zr4lint.programs.python import is_program, python_module
from zr4lint.shell import Argument

_NAME = r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*"
_SEPARATORS = r"[-_.]+"
_DASHES = tuple("\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_NO_MARKER = r";\s*[<>=!~]"
_VERSION = r"[\w.-]+(?:\[[^\]]*\])?\s*(?:[=!<>~]=|[<>])(?P<version>[^;@]*)"
COMMENT = r"(?:^|\s)#"
_HASHED = r"#(?:.*&)?(?:sha\d+|md5)="
"""Matches in a URL that gives the hash of its file."""
_EGG = r"\A(?:git|hg|svn|bzr)\+[^#]*#(?:[^#]*&)?egg=([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?(?:&|\Z)"
_ARCHIVE = (".whl", ".tar.gz", ".zip")

_VALUED = frozenset({
    "requirement", "constraint", "editable", "target", "platform", "python-version", "implementation", "abi", "root",
    "prefix", "src", "upgrade-strategy", "config-settings", "global-option", "build-option", "install-option",
    "no-binary", "only-binary", "progress-bar", "root-user-action", "report", "hash", "index-url", "pypi-url",
    "extra-index-url", "find-links", "python", "log", "proxy", "retries", "timeout", "exists-action", "trusted-host",
    "cert", "client-cert", "cache-dir", "use-feature", "use-deprecated", "keyring-provider", "resume-retries", "group",
    "build-constraint", "override", "index-strategy", "torch-backend", "index", "default-index", "link-mode", "dest",
    "default-timeout", "local-log", "log-file", "source", "source-dir", "source-directory", "all-releases",
    "only-final", "refresh-package", "requirements-from-script", "uploaded-prior-to",
})  # fmt: skip
_FLAGS = frozenset({
    "no-cache-dir", "no-cache", "upgrade", "force-reinstall", "ignore-installed", "no-deps", "pre", "user", "dry-run",
    "no-build-isolation", "use-pep517", "no-use-pep517", "check-build-dependencies", "break-system-packages",
    "compile", "no-compile", "no-warn-script-location", "no-warn-conflicts", "prefer-binary", "require-hashes",
    "no-index", "no-clean", "ignore-requires-python", "help", "debug", "isolated", "require-virtualenv", "verbose",
    "version", "quiet", "no-input", "disable-pip-version-check", "no-color", "yes", "system", "reinstall",
    "no-dependencies", "no-proxy-env", "no-python-version-warning", "no-require-hashes", "no-user", "only-deps",
    "only-dependencies", "require-venv",
})  # fmt: skip
_SHORT = {
    "r": "requirement", "c": "constraint", "e": "editable", "t": "target", "U": "upgrade", "C": "config-settings",
    "I": "ignore-installed", "i": "index-url", "f": "find-links", "q": "quiet", "v": "verbose", "y": "yes",
    "h": "help", "V": "version", "d": "dest", "n": "no-cache",
}  # fmt: skip
GRAMMAR = Grammar(_SHORT, _VALUED, _FLAGS)
"""The options of pip."""
_UV = Grammar({**_SHORT, "p": "python"}, _VALUED, _FLAGS)

_GRAMMAR_NAMES = _VALUED | _FLAGS
_OF_UV = frozenset({
    "default-index", "index-strategy", "link-mode", "override", "reinstall", "system", "torch-backend",
})  # fmt: skip
_NOT_OF = {
    "install": _OF_UV | {"yes", "dest", "hash", "build-option"},
    "uninstall": _OF_UV | (_VALUED | _FLAGS) - {"requirement", "yes", "root-user-action", "break-system-packages"},
}
"""The names in the table that are not options of pip's command. Pip's general options work with all commands."""
_COMMANDS = frozenset({
    "cache", "check", "completion", "config", "debug", "download", "freeze", "hash", "help", "index", "inspect",
    "install", "list", "lock", "search", "show", "uninstall", "wheel",
})  # fmt: skip
_GENERAL_NAMES = frozenset({
    "help", "debug", "isolated", "require-virtualenv", "python", "verbose", "version", "quiet", "log", "no-input",
    "keyring-provider", "proxy", "retries", "timeout", "exists-action", "trusted-host", "cert", "client-cert",
    "cache-dir", "no-cache-dir", "disable-pip-version-check", "no-color", "use-feature", "use-deprecated",
    "resume-retries",
})  # fmt: skip


class Requirement(Struct, frozen=True):
    """A requirement as written on a command line.

    `name` is normalised ("flash-attn"), and `specifier` is the text of its version specifiers. An archive's version is
    read from its file name and given as "==version". `span` includes the quotes.
    """

    name: str
    specifier: str
    extras: str
    url: str | None
    marker: str | None
    span: Span
    quoted: bool


class PipCommand(Struct, frozen=True):
    """A call of `pip install` or `pip uninstall`.

    `program` is the word that names pip or the python that runs it, and `words` spans from there to the action.
    `misplaced` are options of the action that stand before it, and `refused` are other words that pip rejects. With
    either, pip prints an error and does nothing.
    """

    action: str
    program: str
    requirements: tuple[Requirement, ...]
    parsed: Parsed
    words: Span
    misplaced: tuple[Option, ...] = ()
    refused: tuple[Span, ...] = ()

    def requirement(self, name: str) -> Requirement | None:
        """Return the requirement with this normalised name, or None."""
        return next((r for r in self.requirements if r.name == name), None)

    @property
    def upgrades(self) -> bool:
        """Return whether pip replaces installed packages with the newest ones."""
        return self.parsed.has("upgrade", "force-reinstall", "ignore-installed", "reinstall")

    @property
    def elsewhere(self) -> bool:
        """Return whether it installs outside the environment of the python that runs it."""
        return self.parsed.has("target", "prefix", "root", "user")


CONFIGURATIONS = frozenset({
    "/etc/pip.conf", "/root/.pip/pip.conf", "/root/.config/pip/pip.conf", "/opt/venv/pip.conf", "/etc/xdg/pip/pip.conf",
})  # fmt: skip
"""The configuration files that pip reads as root."""
_CONFIG = Grammar({}, frozenset({"editor"}), frozenset({"global", "user", "site"}))


@lru_cache(maxsize=256)
def normalise(name: str) -> str:
    """Return the normalised spelling of a project's name."""
    return re.sub(_SEPARATORS, "-", name).lower()


def parse_pip(arguments: Sequence[Argument]) -> PipCommand | None:
    """Parse a call of pip that installs or uninstalls; return None for any other, and for dry runs."""
    skipped = _program_words(arguments)
    if skipped == 0:
        return None
    uv = (arguments[0].value or "").endswith("uv")
    grammar = _UV if uv else GRAMMAR
    general = parse_options(arguments[skipped:], grammar, stop_at_operand=True)
    if not general.operands or general.operands[0].value not in ("install", "uninstall"):
        return None
    action = general.operands[0]
    own = parse_options(general.operands[1:], grammar)
    options = [structs.replace(o, name="index-url") if o.name == "index" and not uv else o for o in own.options]
    parsed = Parsed((*general.options, *options), own.operands, general.unknown or own.unknown)
    if parsed.has("dry-run", "help", "version"):
        return None
    found = [r for operand in own.operands if (r := parse_requirement(operand)) is not None]
    found += (
        r for o in parsed.all("editable") if (r := parse_requirement(Argument(o.value, o.value_span))) is not None
    )
    requirements = joined(found)
    words = Span(arguments[0].span.start, action.span.end)
    misplaced = tuple(
        o for o in general.options if o.name not in _GENERAL_NAMES and o.name in _GRAMMAR_NAMES and not uv
    )
    python = parsed.get("python")
    program = (python.value if python is not None else arguments[0].value) or ""
    if python is not None and not uv and not re.search(r"py[^/]*\Z", program):
        program = f"{program.rstrip('/')}/bin/python"  # pip also accepts the folder of an environment
    refused = () if uv else (*_refused_options(parsed, action.value or ""), *_refused_operands(own.operands))
    return PipCommand(action.value or "", program, tuple(requirements), parsed, words, misplaced, refused)


def unknown_command(arguments: Sequence[Argument]) -> Argument | None:
    """Return the word in place of pip's command if pip has no such command."""
    skipped = _program_words(arguments)
    operands = parse_options(arguments[skipped:], GRAMMAR, stop_at_operand=True).operands if skipped else ()
    return operands[0] if operands and operands[0].value is not None and operands[0].value not in _COMMANDS else None


def joined(requirements: Sequence[Requirement]) -> list[Requirement]:
    """Merge the requirements of each project into one with all their specifiers, as pip does.

    Those with a URL stay separate, and those with a marker are merged only with the same marker.
    """
    found: dict[object, Requirement] = {}
    last: object = None
    for index, requirement in enumerate(requirements):
        plain = requirement.url is None
        key = (requirement.name, requirement.marker) if plain else index
        first, beside, last = found.get(key), last == key, key
        beside = beside and first is not None and same_file(first.span.start, requirement.span.start)
        if first is None or requirement.specifier in ("", first.specifier):
            found.setdefault(key, requirement)
            if first is not None and beside:
                found[key] = structs.replace(first, span=Span(first.span.start, requirement.span.end))
            continue
        specifier = ",".join(filter(None, (first.specifier, requirement.specifier)))
        span = Span(first.span.start, requirement.span.end) if beside else first.span
        found[key] = structs.replace(first, specifier=specifier, span=span, quoted=first.quoted or requirement.quoted)
    return list(found.values())


NO_FOLDER = r"[\w.-]+\s*(?:[=!<>~]=|[<>]).*"
"""A requirement with a version, which is neither a folder nor a URL."""


def _refused_options(parsed: Parsed, action: str) -> Iterator[Span]:
    """Yield options that pip's command doesn't have, that are ambiguous, unusable or have a wrong value."""
    hashes = parsed.get("require-hashes") if action == "install" else None
    if hashes is not None and not all(map(_may_have_hash, parsed.operands)):
        yield hashes.span
    for editable in parsed.all("editable"):
        if editable.value is not None and re.fullmatch(NO_FOLDER, editable.value):
            yield editable.span
    if action == "install" and not parsed.has("target") and (other := _of_another_platform(parsed)) is not None:
        yield other.span
    missing = _NOT_OF[action] - _GENERAL_NAMES
    for option in parsed.options:
        unknown = option.name not in _GRAMMAR_NAMES or option.name in missing
        if unknown or (option.name in _FLAGS and option.value) or option.lacks_value(GRAMMAR):
            yield option.span


def _may_have_hash(operand: Argument) -> bool:
    """Return whether a requirement on the command line may have a hash, which only a URL can give there."""
    return operand.value is None or re.search(_HASHED, operand.value) is not None


def _of_another_platform(parsed: Parsed) -> Option | None:
    """Return the first option that selects packages for another platform, which pip allows only with --target."""
    names = ("platform", "python-version", "implementation", "abi")
    return next((option for option in parsed.options if option.name in names), None)


def _refused_operands(operands: Sequence[Argument]) -> Iterator[Span]:
    """Yield operands that aren't requirements: options with a typographic dash, invalid markers, and stray braces."""
    for operand in operands:
        text = operand.value or ""
        version = found["version"] if (found := re.match(_VERSION, text)) is not None else ""
        stray = version.count("{") < version.count("}")
        if stray or text[:1] in _DASHES or text.isspace() or (";" in text and re.search(_NO_MARKER, text)):
            yield operand.span


def _program_words(arguments: Sequence[Argument]) -> int:
    """Return the number of words before pip's own arguments, or 0 for another program."""
    values = [argument.value or "" for argument in arguments]
    program = values[0].rpartition("/")[2]
    if is_program(program, "pip"):
        return 1
    if program == "uv" and values[1:2] == ["pip"]:
        return 2
    module = python_module(arguments)
    return len(arguments) - len(module.arguments) if module is not None and module.name == "pip" else 0


@lru_cache(maxsize=512)
def parse_requirement(argument: Argument) -> Requirement | None:
    """Parse a requirement; return None for a path or an unknown value."""
    text = argument.value
    if text is None:
        return None
    if "://" in text and "@" not in text.partition("://")[0]:
        if egg := re.search(_EGG, text):
            return Requirement(normalise(egg[1]), "", egg[2] or "", text, None, argument.span, argument.quoted)
        return _archive(text, text, argument)
    found = re.match(_NAME, text)
    wanted = _wanted(text[found.end() :]) if found is not None else None
    if found is None or wanted is None or (text.endswith(_ARCHIVE) and "://" not in wanted.url):
        return _archive(text, None, argument)
    specifier = wanted.specifier
    if wanted.url:
        archive = _archive(wanted.url, wanted.url, argument)
        specifier = archive.specifier if archive is not None else ""
    url, marker = wanted.url or None, wanted.marker.strip() or None
    return Requirement(normalise(found[1]), specifier, found[2] or "", url, marker, argument.span, argument.quoted)


class _Wanted(Struct, frozen=True):
    """The parts after the name of a requirement; missing ones are ""."""

    specifier: str
    url: str
    marker: str


def _wanted(text: str) -> _Wanted | None:
    """Parse the text after a name and its extras; return None if pip doesn't accept it."""
    if text.startswith("@"):
        url, *rest = text[1:].split(maxsplit=1) or [""]
        marker = "".join(rest)
        return _Wanted("", url, marker[1:]) if url and marker[:1] in ("", ";") else None
    specifier, _, marker = text.partition(";")
    specifier = specifier.strip().removeprefix("(").removesuffix(")")
    return None if "(" in specifier or ")" in specifier else _Wanted(specifier.strip(), "", marker)


def understood(word: str) -> str:
    """Return the likely meaning of a word that pip rejects: plain dashes, no value for a flag, a comma for `;`."""
    if word[:1] in _DASHES:
        word = "--" + word.lstrip("".join(_DASHES))
    if not word.startswith("--"):
        return re.sub(_NO_MARKER, lambda found: "," + found[0][-1], word)
    name, equals, value = word.partition("=")
    name = name.replace("_", "-")
    if name[2:] not in _GRAMMAR_NAMES and (guess := nearest(name[2:], _GRAMMAR_NAMES - _OF_UV)):
        name = f"--{guess}"
    return name if name[2:] in _FLAGS else name + equals + value


def parse_requirements(text: MappedText) -> Iterator[Requirement]:
    """Yield the requirements of a requirements file, without its options and the other files that it names."""
    start = 0
    for line in text.text.splitlines(keepends=True):
        words = (re.split(COMMENT, line, maxsplit=1)[0] if "#" in line else line).strip()
        at = start + line.find(words)
        start += len(line)
        argument = Argument(words, text.span(at, at + len(words)))
        if words and not words.startswith("-") and (found := parse_requirement(argument)) is not None:
            yield found


def _archive(text: str, url: str | None, argument: Argument) -> Requirement | None:
    """Return a requirement that names a file, with the project and version from the file name, or None."""
    file = text.partition("#")[0].partition("?")[0].rpartition("/")[2].replace("%2B", "+").replace("%2b", "+")
    if not file.endswith(_ARCHIVE):
        return None
    parts = file.removesuffix(".tar.gz").removesuffix(".zip").split("-")
    if len(parts) < 2:
        return None
    version = parts[1] if file.endswith(".whl") else parts[-1]
    name = parts[0] if file.endswith(".whl") else "-".join(parts[:-1])
    return Requirement(normalise(name), f"=={version}", "", url or text, None, argument.span, argument.quoted)


def constrained(requirements: Sequence[Requirement], constraints: Sequence[Requirement]) -> list[Requirement]:
    """Return requirements with the versions that constraints allow."""
    allowed = {c.name: c.specifier for c in joined(constraints) if c.marker is None and c.url is None and c.specifier}
    return [
        structs.replace(r, specifier=",".join(dict.fromkeys(filter(None, (r.specifier, allowed[r.name])))))
        if r.name in allowed and r.url is None
        else r
        for r in requirements
    ]


def parse_config(arguments: Sequence[Argument]) -> tuple[str, str | None] | None:
    """Return the setting of `pip config set` or `unset` as an environment variable; an unset one is "".

    Return None for any other call.
    """
    skipped = _program_words(arguments)
    if skipped == 0 or not any(argument.value == "config" for argument in arguments):
        return None
    words = [word.value for word in parse_options(arguments[skipped:], _CONFIG).operands]
    action = words[1] if len(words) > 2 and words[0] == "config" else None
    if action != "unset" and (action != "set" or len(words) < 4):
        return None
    key = (words[2] or "").rpartition(".")[2]
    return f"PIP_{key.upper().replace('-', '_')}", words[3] if action == "set" else ""


def configured(text: str) -> Iterator[tuple[str, str]]:
    """Yield the settings of a configuration file as environment variables."""
    from configparser import Error as ConfigError
    from configparser import RawConfigParser  # few Dockerfiles write such a file

    parser = RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except ConfigError:
        return
    for section in ("global", "install"):
        if parser.has_section(section):
            for key, value in parser.items(section):
                yield f"PIP_{key.upper().replace('-', '_')}", value or ""
