"""Readers of pip, virtualenv and other calls of python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.facts.command_facts import PipRun, VenvCreated
from zr4lint.facts.commands.package_calls import packages, pip_packages
from zr4lint.facts.commands.program_table import reads
from zr4lint.facts.permissions import mounted_over
from zr4lint.knowledge.versions import lets_in, pin_of
from zr4lint.model.quoting import code
from zr4lint.model.source import MappedText, Span
from zr4lint.programs.image_paths import has_wildcard, mount_target
from zr4lint.programs.option_reading import Grammar, Option, parse_options
from zr4lint.programs.pip import (
    PipCommand,
    configured,
    constrained,
    joined,
    parse_config,
    parse_pip,
    parse_requirements,
    unknown_command,
)
from zr4lint.programs.python import ISAAC, SYSTEM_FOLDERS, python_module
from zr4lint.programs.urls import file_of
from zr4lint.shell import Argument, Reach, Redirection

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.commands.listings import Listings
    from zr4lint.facts.fact import Fact

_OF_VENV = Grammar(
    {"h": "help"},
    frozenset({"prompt"}),
    frozenset({
        "help", "system-site-packages", "symlinks", "copies", "clear", "upgrade", "without-pip", "upgrade-deps",
        "without-scm-ignore-files",
    }),
)  # fmt: skip
_OF_VIRTUALENV = Grammar({"p": "python"}, frozenset({"python", "prompt"}), frozenset({"clear", "help", "no-pip"}))
_SETTINGS = ("PIP_", "UV_")
_PACKAGES = r"/lib(?:64)?(?:/python[^/]*(?:/site-packages)?)?"
_QUOTED = r"""(?:-\w|--[\w-]+=)?(?:"[^"$]*"|'[^']*')\Z"""
"""Matches a value in quotes without a variable, whose wildcards the shell does not expand."""
_SPECIFIER = r"=?\s*\d[\w.*+!~=,-]*"
_VERSION = r"=?\s*\d"
_NOT_THERE = "pip fails with `Could not open requirements file`."
_ALONE = r"[ \t]+\d[\w.*+!,-]*(?![^\s;&|])"


@reads("python", ISAAC)
def python(call: Call) -> Iterator[Fact]:
    """Read a call of python that runs a module: pip, venv or virtualenv."""
    module = python_module(call.arguments)
    if module is not None and module.name in ("venv", "virtualenv"):
        yield from _environment(call, module.arguments, module.name)
    elif module is not None:
        yield from pip(call)


@reads("virtualenv")
def virtualenv(call: Call) -> Iterator[Fact]:
    """Read a call of virtualenv, which makes an environment."""
    yield from _environment(call, call.arguments[1:], "virtualenv")


@reads("pip", "uv")
def pip(call: Call) -> Iterator[Fact]:
    """Read a call of pip or uv that installs, uninstalls, changes the configuration or lists packages."""
    if setting := parse_config(call.arguments):
        call.state.pip_config = call.state.pip_config.put(*setting)
    elif command := parse_pip(call.arguments):
        yield _pip_run(call, command)
        yield from pip_packages(call, command)
    elif call.program == "uv":
        yield from packages(call)
        if any(argument.value == "sync" for argument in call.arguments):
            from zr4lint.facts.commands.projects import synced  # only for builds with such a project

            yield from synced(call)
    elif lists_packages(call):
        # The command that xargs runs, or that has the substitution, gets these names.
        from zr4lint.facts.commands.installed import installed  # few builds ask

        call.script.found = installed(call)
        call.script.found_in = call.command.scope
    elif unknown := unknown_command(call.arguments):
        call.fails(unknown.span, f"pip has no command {code(unknown.value or '', 40)}")


def lists_packages(call: Call) -> bool:
    """Return whether pip prints the installed packages in a form that other commands can read."""
    words = [argument.value for argument in call.arguments[1:]]
    if words[:2] == ["-m", "pip"]:
        del words[:2]
    return (words[:1] == ["freeze"] and len(words) == 1) or words in (
        ["list", "--format=freeze"],
        ["list", "--format", "freeze"],
    )


def _environment(call: Call, arguments: Sequence[Argument], module: str) -> Iterator[Fact]:
    parsed = parse_options(arguments, _OF_VENV if module == "venv" else _OF_VIRTUALENV)
    if parsed.has("help", "version"):
        return
    unknown = next((o for o in parsed.options if o.name not in _OF_VENV.flags | _OF_VENV.valued), None)
    if module == "venv" and unknown is not None:
        call.fails(unknown.span, f"venv does not accept {code(call.slice(unknown.span), 40)}", part="word")
        return
    program = call.program
    if program == "virtualenv" and (python := parsed.get("python")):
        program = python.value or ""
    clears = parsed.get("clear") is not None
    for operand in parsed.operands:
        path = call.path(operand.value)
        without = parsed.get("without-pip") or parsed.get("no-pip")
        option = without.span if without is not None else None
        if path is not None and call.command.reach is Reach.ALWAYS:
            call.state.programs = call.state.programs.restore(path)
        at = call.kept(call.at(), path)
        yield VenvCreated(at, program, module, path, operand.span, clears, option is None, option)


def _pip_run(call: Call, pip: PipCommand) -> PipRun:
    """Return the fact of a call of pip, with the lists that it names read; remark on what makes the call fail."""
    alone = pip.parsed.has("isolated")
    settings = {n: call.variables[n] for n in call.variables if n.startswith(_SETTINGS) and not alone}
    settings = {**call.state.pip_config, **_configured(call, settings.get("PIP_CONFIG_FILE")), **settings}
    named = pip.parsed.all("requirement")
    paths = [file_of(option.value) if option.value is not None else None for option in named]
    files = tuple((_seen(call, call.path(path)), option.span) for path, option in zip(paths, named, strict=True))
    at = call.at(relative=any(not (path or "").startswith("/") for path in paths))
    path = call.variables.get("PATH")
    programs = pip.program.rpartition("/")[0] or (path or "").partition(":")[0]
    if programs.startswith("/") and programs not in SYSTEM_FOLDERS:  # for other users, the system's pip uses ~/.local
        at = call.kept(at, _packages(call, programs.removesuffix("/bin") or "/"))
    if pip.action == "install":
        at = call.online(at)
    given = pip.parsed.options
    if any(path in call.state.written and call.state.written[path] is None for path, _ in files if path):
        pip = structs.replace(pip, parsed=structs.replace(pip.parsed, unknown=True))
    listings = _listings(call, pip) if _names_files(pip) else None
    if listings is not None:
        pip = _with_listed(pip, listings)
    gone = [option for option in given if _names_nothing(call, option)]
    # Rules on lists judge a list that was never there, since only its place or the order may be wrong.
    unusable = (o.span for o in given if (o in gone and not _is_absent(call, o)) or _misfits(call, pip, o))
    if pip.action == "install":
        pip = structs.replace(pip, refused=(*pip.refused, *unusable))
    limits = call.state.written.get(call.path(settings.get("PIP_CONSTRAINT")) or "")
    if limits is not None and pip.action == "install" and not _keeps_to(limits, pip):
        pip = structs.replace(pip, refused=(*pip.refused, pip.words))
    if gone and pip.action == "install":
        call.fails(gone[0].span, f"nothing in the image is at {code(gone[0].value or '', 40)}", _NOT_THERE)
    elif pip.refused:
        word = call.slice(pip.refused[0])
        no_hash = "a requirement of this command has no hash"
        message = no_hash if word == "--require-hashes" else f"pip does not accept {code(word, 40)}"
        call.fails(pip.refused[0], message, part="word")
    lost = _lost_specifiers(call, pip)
    run = PipRun(at, pip, settings, path, files, lost, call.variables, call.folder)
    if listings is None:
        return run
    kept = tuple(constrained(pip.requirements, listings.constraints))
    return structs.replace(
        run,
        command=structs.replace(pip, requirements=kept),
        listings=listings.files,
        projects=listings.projects,
        constraints=listings.constraints,
    )


def _packages(call: Call, environment: str) -> str:
    """Return the folder that pip installs into: a mounted folder of packages, or otherwise the environment."""
    mounts = (mount_target(flag.value or "") for flag in call.instruction.flags if flag.name == "mount")
    return next((m for m in mounts if re.fullmatch(_PACKAGES, m.removeprefix(environment))), environment)


def _configured(call: Call, path: str | None) -> dict[str, str | None]:
    """Return the settings of the file PIP_CONFIG_FILE if the build wrote it."""
    text = call.state.written.get(path or "")
    return {} if text is None else dict(configured(text.text))


def _names_files(pip: PipCommand) -> bool:
    """Return whether a command may name a requirements file or the folder of a project."""
    if pip.parsed.has("requirement", "constraint", "editable"):
        return True
    return any((operand.value or "")[:1] in (".", "/") for operand in pip.parsed.operands)


def _listings(call: Call, pip: PipCommand) -> Listings:
    """Return the listings of the files that a command names, in the Dockerfile or in the build context."""
    from zr4lint.facts.commands.listings import read_listings  # few commands have such files

    return read_listings(call, call.script.reading.files_for(call.instruction), pip.parsed)


def _with_listed(pip: PipCommand, listings: Listings) -> PipCommand:
    """Return a command with the requirements and options of its listings added."""
    return structs.replace(
        pip,
        requirements=tuple(joined([*pip.requirements, *listings.requirements])),
        parsed=structs.replace(pip.parsed, options=(*pip.parsed.options, *listings.options)),
    )


def _path_of(call: Call, option: Option) -> str:
    """Return the path of the file that an option names, or "" if it is unknown."""
    return call.path(file_of(option.value or "")) or ""


def _names_nothing(call: Call, option: Option) -> bool:
    """Return whether an option names a file that is not in the image at that point."""
    file = file_of(option.value or "")
    if option.name not in ("constraint", "requirement") or not file or "://" in file:
        return False
    path = _path_of(call, option)
    if has_wildcard(path):  # unquoted, or set by a loop over files; names of files have brackets, but no other wildcard
        return re.match(_QUOTED, call.slice(option.value_span)) is not None and "[" not in path
    return bool(call.state.lost.get(path)) or (path != "" and path not in call.state.written and call.is_missing(path))


def _is_absent(call: Call, option: Option) -> bool:
    """Return whether a missing list of requirements was never in the image; the build did not remove it."""
    path = _path_of(call, option)
    return option.name == "requirement" and not call.state.lost.get(path) and not path.startswith("/tmp/")


def _misfits(call: Call, pip: PipCommand, option: Option) -> bool:
    """Return whether an option names constraints that pip can't satisfy."""
    named = option.name == "constraint" and option.value is not None
    text = call.state.written.get(_path_of(call, option)) if named else None
    return text is not None and not _keeps_to(text, pip)


def _keeps_to(constraints: MappedText, pip: PipCommand) -> bool:
    """Return whether pip accepts the constraints and the requested versions satisfy them."""
    lines = (line.strip() for line in constraints.text.splitlines())
    if any(line.startswith(("-e", "--editable", "$")) for line in lines):
        return False
    for limit in parse_requirements(constraints):
        wanted = pip.requirement(limit.name)
        pin = pin_of(wanted.specifier) if wanted is not None and limit.marker is None else None
        if pin is not None and limit.specifier and not lets_in(limit.specifier, pin.partition("+")[0]):
            return False
    return True


def _seen(call: Call, path: str | None) -> str | None:
    """Return the file that a command sees at `path`: for a mount, the relative path in the context."""
    source = mounted_over(call.instruction, call.state, path)
    return path if source is None else source.lstrip("/") or None


def _lost_specifiers(call: Call, pip: PipCommand) -> tuple[Span, ...]:
    """Return words like `torch>=2.1` without quotes, for which the shell writes a file named "=2.1".

    A span includes the name, even with a blank after it, and the whole specifier.
    """
    command, text = call.command, call.script.reading.text
    found: list[Span] = []
    ends = {word.span.end: word.span for word in reversed(command.words)} if command.redirections else {}
    bare = {r.span.end: r.span for r in pip.requirements if not r.specifier and r.url is None and r.marker is None}
    for redirection in command.redirections:
        target = redirection.target.text.text if redirection.target is not None else ""
        span = Span(redirection.span.start, _end(redirection))
        if target == "=" and (version := _version_behind(text, span.end)) is not None:
            span, target = Span(span.start, version), "=0"
        if redirection.operator not in ("<", ">") or not re.match(_VERSION, target):
            continue
        before = len(text[: span.start].rstrip(" \t"))
        touching = ends.get(span.start)
        if found and (found[-1].end == span.start or (found[-1].end == before and text[before - 1] == ",")):
            found[-1] = Span(found[-1].start, span.end)
        elif touching is not None or target.startswith("="):
            name = touching or bare.get(before)
            found.append(Span(name.start if name else span.start, span.end))
    return tuple(found)


def _version_behind(text: str, at: int) -> int | None:
    """Return the end of a version that stands alone after `>=`, or None."""
    found = re.compile(_ALONE).match(text, at)
    return found.end() if found is not None else None


def _end(redirection: Redirection) -> int:
    """Return the end of a specifier that is read as a redirection, before the closing quotes of an outer pair."""
    target = redirection.target
    specifier = re.match(_SPECIFIER, target.text.text) if target is not None and target.quoted else None
    return redirection.span.end if target is None or specifier is None else target.span.start + specifier.end()
