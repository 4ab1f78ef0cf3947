"""Converts statements on commands into demands: packages, options, clones and copies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.documents.demanding import objects
from zr4lint.documents.demanding.statement import CODE, TOOLS
from zr4lint.documents.deriving.demand import Demand
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.documents.demanding.statement import Statement

_NOWHERE = Span(0, 0)


def packages(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on packages of pip with pins, or on packages of apt, apk or dnf."""
    around = f"{statement.plain} {statement.lead} {' '.join(h.title for h in statement.path[-1:])}".lower()
    pins = [objects.requirement_of(code) for code in statement.codes]
    if all(pins) and not re.search(r"\b(?:npm|node|apk|conda|gem)\b", around):
        given = {"packages": pins, "unless-files": True}
        yield Demand("python-packages", given, _NOWHERE, "pip installs these packages.")
    elif re.search(r"\bapt(?:-get)?\b|\bdebian\b", around) and all(map(objects.package_of, statement.codes)):
        yield Demand("apt-packages", {"packages": [*statement.codes]}, _NOWHERE, "apt installs these packages.")
    elif all(map(objects.package_of, statement.codes)):
        said = re.search(r"\b(apk|dnf|microdnf)\Z", statement.plain)
        for manager in said.groups() if said is not None else ():
            given = {"manager": manager, "packages": [*statement.codes]}
            yield Demand("installed-packages", given, _NOWHERE, f"{manager} installs these packages.")


_KINDS = re.compile(
    r"app|apt|build|common|core|debug|dev(?:elopment)?|lib|main|npm|optional|os|pip|python|recommended|runtime|src"
    r"|suggested|system|test|utils"
)
"""Matches words before `package` that may name a kind of packages, or a package of source code."""


def _are_named(statement: Statement) -> bool:
    """Return whether the code spans of a statement may name packages of a package manager."""
    behind = re.search(rf"{CODE}\s+(?:[a-z]+\s+)?packages?\b", statement.plain) is not None
    return not (behind and any(map(_KINDS.fullmatch, statement.codes))) and all(
        map(objects.package_of, statement.codes)
    )


def packages_of_any(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on packages if the statement names no package manager."""
    if _are_named(statement) and not re.search(r"\b(?:npm|gem)\b", statement.plain):
        given = {"packages": [*statement.codes]}
        yield Demand("installed-packages", given, _NOWHERE, "A package manager installs these packages.")


def no_packages(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that no package manager installs these packages."""
    named = re.search(r"\b(?:packages?|install(?:ed)?)\b", statement.plain, re.IGNORECASE)
    tools = all(re.fullmatch(TOOLS, code) for code in statement.codes)
    if statement.codes and (_are_named(statement) if named is not None else tools):
        given = {"packages": [*statement.codes]}
        yield Demand("forbidden-packages", given, _NOWHERE, "No package manager installs these packages.")


def banned(statement: Statement) -> Iterator[Demand]:
    """Yield demands that a command does not run and that its package is not installed."""
    yield from forbidden(statement)
    if re.fullmatch(TOOLS, statement.codes[0]):
        yield from no_packages(statement)


def cache_mounted(statement: Statement) -> Iterator[Demand]:
    """Yield a demand for a RUN with a cache mount at a path."""
    path = statement.codes[0]
    if re.fullmatch(r"/[\w./-]+", path):
        forms = (
            [f"--mount=type=cache,target={path} *"]
            + [f"*type=cache,*={path}{end}" for end in (" *", ",*")]
            + [f"*={path},{more}type=cache*" for more in ("", "*,")]
        )
        given = {"instructions": ["RUN"], "arguments": forms, "min": 1, "within": "file"}
        yield Demand("instruction-count", given, _NOWHERE, f"A RUN has a cache mount at `{path}`.")


def ignored(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that .dockerignore excludes these paths."""
    paths = [code.rstrip("/").removeprefix("./") for code in statement.codes if code != ".dockerignore"]
    if ".dockerignore" in statement.codes and all(re.fullmatch(r"[\w.][\w./-]*", path) for path in paths):
        yield Demand(
            "ignored-files", {"paths": paths} if paths else {}, _NOWHERE, ".dockerignore leaves out these paths."
        )


def options(statement: Statement) -> Iterator[Demand]:
    """Yield demands on the options of a command."""
    if len(statement.codes) < 2:
        return
    command, *given = statement.codes
    if len(given) == 1 and objects.command_of(command) is None and objects.command_of(given[0]) is not None:
        command, given = given[0], [command]
    words = command.split()
    if objects.command_of(command) is None or words == ["pip"] or not all(map(objects.option_of, given)):
        return
    yield from _each_has(words, given)


def _each_has(command: Sequence[str], options: Iterable[str]) -> Iterator[Demand]:
    """Yield a demand for each option that each call of a command has it, or an equivalent one."""
    pattern = " ".join((_same(command[0]), *command[1:]))
    for option in options:
        parameters = {"commands": [pattern], "options": [option, *_ALIASES.get(option, ())]}
        yield Demand("command-option", parameters, _NOWHERE, f"Each `{' '.join(command)}` has `{option}`.")


def options_of_install(statement: Statement) -> Iterator[Demand]:
    """Yield demands on the options of a program's `install` that the statement names without code."""
    program = statement.plain.split()[0].lower()
    yield from options(structs.replace(statement, codes=(f"{program} install", *statement.codes)))


def options_of_manager(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on an option of the `install` of pip or apt that the statement names after the option."""
    program = "pip" if re.search(r"\bpip\b", statement.plain, re.IGNORECASE) else "apt-get"
    yield from options(structs.replace(statement, codes=(f"{program} install", *statement.codes)))


_ALIASES = {
    "-y": ("--yes", "--assume-yes"),
    "--yes": ("-y", "--assume-yes"),
    "--assume-yes": ("-y", "--yes"),
    "--fail": ("-f", "--fail-with-body"),
    "-f": ("--fail", "--fail-with-body"),
    "--omit=dev": ("--production", "--only=production"),
}
"""Options with equivalent ones."""


def _same(program: str) -> str:
    return {"apt": "apt-get|apt", "apt-get": "apt-get|apt", "pip": "pip|pip3", "pip3": "pip|pip3"}.get(program, program)


_HOLDS = re.compile(r"\b(?:image|container)s?\b.*\b(?:contain|have|include)\b|\binstall\b", re.IGNORECASE)
"""Matches words that forbid a program in the image; other commands may install it as well."""


def forbidden(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that commands do not run."""
    commands = [objects.command_of(code) for code in statement.codes]
    if _HOLDS.search(statement.plain) and any(" " not in code for code in statement.codes):
        return
    if all(commands):
        names = " or ".join(f"`{code}`" for code in statement.codes)
        yield Demand("command-forbidden", {"commands": [*statement.codes]}, _NOWHERE, f"No command is {names}.")


def updated(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that each install of packages fetches the package lists."""
    words = [code.removeprefix("RUN ").split()[:2] for code in statement.codes[:2]]
    if words in ([[p, "update"], [p, "install"]] for p in ("apt", "apt-get")):
        yield Demand("apt-update", {}, _NOWHERE, "Each install of packages updates their lists in its RUN.")


def not_copied(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that files are not copied."""
    if all(re.fullmatch(r"[\w./-]*[\w/]", code) for code in statement.codes):
        sources = [code.strip("/").removeprefix("./") for code in statement.codes]
        yield Demand("copy-forbidden", {"sources": sources}, _NOWHERE, "COPY and ADD do not bring these files.")


def clone(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that a repository is cloned to a folder."""
    url, target = statement.codes
    if re.fullmatch(r"https://[\w./-]+", url) and re.fullmatch(r"/[\w./-]+", target):
        yield Demand("git-clone", {"url": url, "target": target.rstrip("/")}, _NOWHERE, f"`{url}` is cloned.")


def copied(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that a file is copied to a path."""
    source, target = statement.codes
    if re.fullmatch(r"(?:[\w.-]+/)*[\w-]+\.[\w.]+", source) and re.fullmatch(r"/[\w./-]+", target):
        path = f"{target}{source.rpartition('/')[2]}" if target.endswith("/") else target
        yield Demand("copies-to", {"sources": [source], "target": path}, _NOWHERE, f"Files are copied to `{path}`.")


def lists_removed(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that each RUN that fetches package lists removes them."""
    if all(code.startswith("/var/lib/apt/lists") or code in ("RUN", "apt-get install") for code in statement.codes):
        yield Demand("package-cache", {"manager": "apt"}, _NOWHERE, "Each RUN that updates apt removes its lists.")


def installed_with(statement: Statement) -> Iterator[Demand]:
    """Yield demands on the options of the command that installs dependencies."""
    if statement.codes[0].startswith(("pip install ", "pip3 install ", "apt-get install ", "apk add ")):
        yield from run_with(statement)


_RUNS = re.compile(r"(?:pip3?|apt-get|npm|pnpm|yarn|composer|poetry) install|npm ci|uv sync|apk add|go build")


def run_with(statement: Statement) -> Iterator[Demand]:
    """Yield demands on the options of a command that installs or builds, in each of its calls."""
    words = statement.codes[0].split()
    command = [*takewhile(lambda word: not word.startswith("-"), words)]
    given = words[len(command) :]
    if _RUNS.fullmatch(" ".join(command)) and given and all(map(objects.option_of, given)):
        yield from _each_has(command, given)
