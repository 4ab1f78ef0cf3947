"""Reads installs of `uv sync` and conda from a project's files, as calls of pip in their own environment."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import CondaListed, LockMissing, ProjectRun
from zr4lint.facts.commands.conda_files import listed
from zr4lint.facts.commands.listings import Reader
from zr4lint.facts.commands.node_files import lock_missing
from zr4lint.facts.origins import context_path
from zr4lint.model.quoting import code
from zr4lint.model.source import MappedText, Span
from zr4lint.programs.option_reading import Grammar, Option, Parsed, parse_options
from zr4lint.programs.pip import PipCommand, joined, parse_requirement
from zr4lint.programs.project_file import builds_in_place, read_project
from zr4lint.programs.requirements_file import Listing, read_requirements
from zr4lint.shell import Argument

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call

_OF_UV = Grammar(
    {"p": "python", "n": "no-cache", "q": "quiet", "v": "verbose", "U": "upgrade", "P": "upgrade-package"},
    frozenset({
        "extra", "group", "only-group", "no-group", "no-extra", "python", "project", "directory", "package",
        "cache-dir", "config-file", "index", "default-index", "index-url", "extra-index-url", "find-links", "link-mode",
        "no-install-package", "upgrade-package", "color", "index-strategy", "resolution", "prerelease", "exclude-newer",
        "reinstall-package", "refresh-package", "script",
    }),
    frozenset(),
    abbreviate=False,
)  # fmt: skip
_OF_CONDA = Grammar(
    {"f": "file", "n": "name", "p": "prefix", "y": "yes", "q": "quiet", "c": "channel"},
    frozenset({"file", "name", "prefix", "channel", "root-prefix"}),
    frozenset(),
)
_PACKAGE = re.compile(r'(?m)^\[\[package\]\]\r?\nname = "(?P<name>[^"\n]+)"\r?\nversion = "(?P<version>[^"\n]+)"')
_ITEM = re.compile(r"""(?P<indent>[ ]*)-[ ]+(?P<text>[^\n]*)(?:\n|\Z)""")
_NAME = re.compile(r"(?m)^name:[ ]*([\w.-]+)[ \t\r]*$")


def synced(call: Call) -> Iterator[ProjectRun | LockMissing]:
    """Yield the packages that `uv sync` installs: the project's dependencies in the versions of uv.lock."""
    files, folder = call.script.reading.files_for(call.instruction), call.folder
    parsed = parse_options(call.arguments[1:], _OF_UV)
    named = [operand.value for operand in parsed.operands]
    if files is None or folder is None or named != ["sync"] or parsed.has("project", "directory", "script", "package"):
        return
    words = Span(call.arguments[0].span.start, parsed.operands[0].span.end)
    reader = Reader(call, files)
    text = reader.text(posixpath.join(folder, "pyproject.toml"), words)
    if text is None or parsed.has("only-group", "all-extras", "all-groups"):
        return
    extras = frozenset(option.value or "" for option in parsed.all("extra"))
    listing = read_project(text, extras, uv=True)
    if listing is None:
        return
    lock = reader.text(posixpath.join(folder, "uv.lock"), words)
    if lock is None and parsed.has("frozen", "locked"):
        path = posixpath.join(folder, "pyproject.toml")
        source = context_path(call.script.reading, files, call.instruction, path)
        missing = lock_missing(call, files, source, words, ("uv.lock",)) if source is not None else None
        yield from (missing,) if missing is not None else ()
    wanted = listing.wanted if lock is None else _locked(listing.wanted, lock)
    options = listing.options
    if builds_in_place(text):
        options = (*options, Option("no-build-isolation", "", words, words))
    own = call.variables.get("UV_PROJECT_ENVIRONMENT", "") if "UV_PROJECT_ENVIRONMENT" in call.variables else ""
    if own is not None:
        yield _run(call, words, f"{call.path(own or '.venv')}/bin/uv", Listing(wanted, options, listing.opaque))


def by_conda(call: Call) -> Iterator[ProjectRun | CondaListed]:
    """Yield the packages of conda's environment file, and those that conda passes to pip."""
    files = call.script.reading.files_for(call.instruction)
    parsed = parse_options(call.arguments[1:], _OF_CONDA)
    file = parsed.get("file")
    named = [operand.value for operand in parsed.operands]
    if files is None or file is None or not file.value or not named or named[-1] not in ("create", "update", "install"):
        return
    path = call.path(file.value)
    text = Reader(call, files).text(path, file.span)
    if text is None:
        if path is not None and "://" not in file.value and call.is_missing(path):
            call.fails(file.value_span, f"nothing in the image is at {code(file.value, 40)}")
        return
    own = listed(text, call.online(call.at(relative=True)))
    if own is not None:
        yield own
    listing = _pip_section(text, call)
    found = _NAME.search(text.text)
    given, prefix = parsed.get("name"), parsed.get("prefix")
    name = given.value if given is not None else found[1] if found is not None else None
    folder = prefix.value if prefix is not None else f"/opt/conda/envs/{name}"
    if listing.wanted and name and folder:
        words = Span(call.arguments[0].span.start, parsed.operands[-1].span.end)
        yield _run(call, words, f"{folder}/bin/pip", listing)


def _run(call: Call, words: Span, program: str, listing: Listing) -> ProjectRun:
    requirements = [found for one in listing.wanted if (found := parse_requirement(one)) is not None]
    parsed = Parsed(listing.options, (), unknown=False)
    command = PipCommand("install", program, tuple(joined(requirements)), parsed, words)
    settings = {name: value for name, value in call.variables.items() if name.startswith(("PIP_", "UV_"))}
    path = call.variables.get("PATH")
    at = call.online(call.at(relative=True))
    return ProjectRun(at, command, settings, path, (), (), call.variables, call.folder, projects=(listing,))


def _locked(wanted: Sequence[Argument], lock: MappedText) -> tuple[Argument, ...]:
    """Return requirements with the versions of a lock file; those with several versions there stay unchanged."""
    versions: dict[str, list[re.Match[str]]] = {}
    for found in _PACKAGE.finditer(lock.text):
        versions.setdefault(found["name"], []).append(found)
    result: list[Argument] = []
    for argument in wanted:
        requirement = parse_requirement(argument)
        rows = versions.get(requirement.name, []) if requirement is not None and requirement.url is None else []
        if requirement is None or len(rows) != 1:
            result.append(argument)
            continue
        marker = f"; {requirement.marker}" if requirement.marker else ""
        span = lock.span(*rows[0].span("version"))
        result.append(Argument(f"{requirement.name}=={rows[0]['version']}{marker}", span))
    return tuple(result)


def _pip_section(text: MappedText, call: Call) -> Listing:
    """Return the list under `- pip:` of an environment file, whose items are lines of a requirements file."""
    start = re.search(r"(?m)^([ ]*)-[ ]+pip:[ \t\r]*\n", text.text)
    if start is None:
        return Listing()
    at = start.end()
    pieces: list[tuple[str, int]] = []
    while (item := _ITEM.match(text.text, at)) is not None or text.text.startswith(("#", "\n"), _first(text.text, at)):
        if item is None:
            at = text.text.find("\n", at) + 1 or len(text.text)
            continue
        if len(item["indent"]) <= len(start[1]):
            break
        words = item["text"].rstrip()
        begin = item.start("text")
        if words[:1] in ("'", '"') and words.endswith(words[0]):
            begin, words = begin + 1, words[1:-1]
        end = begin + len(words)
        pieces += [(text.text[begin:end], text.offset(begin)), ("\n", text.offset(end))]
        at = item.end()
    return read_requirements(MappedText.join(pieces), call.variables)


def _first(text: str, at: int) -> int:
    """Return the offset of the first character that is not a blank."""
    while text[at : at + 1] in (" ", "\t", "\r") and at < len(text):
        at += 1
    return at
