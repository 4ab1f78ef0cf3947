"""Readers of package managers: the packages that a call installs or removes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import PackageRun
from zr4lint.facts.commands.program_table import reads
from zr4lint.programs.apt import PROGRAMS as APT
from zr4lint.programs.package_managers import MANAGERS, PackageCommand, parse_packages
from zr4lint.programs.package_words import Kind, PackageWord
from zr4lint.shell import Argument
from zr4lint.shell.wrappers import CONDAS

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.fact import Fact
    from zr4lint.programs.pip import PipCommand, Requirement

_OF_NODE = ("npm", "yarn", "pnpm")
_INSISTING = ("ci", "clean-install", "install-clean", "--frozen-lockfile", "--immutable")


@reads(*(program for program in MANAGERS if program not in (*APT, "uv")))
def packages(call: Call) -> Iterator[Fact]:
    """Read a call that installs, removes, upgrades or cleans."""
    program = call.program if call.program in MANAGERS else call.program.rstrip("0123456789.")
    if found := parse_packages(program, call.arguments):
        yield PackageRun(call.at(), found, call.variables)
    if program in _OF_NODE and any(argument.value in _INSISTING for argument in call.arguments):
        from zr4lint.facts.commands.node_files import by_node, insists  # only for builds of such a project

        if program == "yarn" and found is None:  # its subcommand may be omitted
            word = call.arguments[0]
            found = parse_packages(program, [word, Argument("install", word.span), *call.arguments[1:]])
        if found is not None and insists(found):
            yield from by_node(call, program, found.words)
    if program == "npm" and any(argument.value in ("run", "run-script") for argument in call.arguments[1:]):
        from zr4lint.facts.commands.node_files import run_script  # only for builds of such a project

        run_script(call)
    if program in CONDAS and any((a.value or "").endswith((".yml", ".yaml")) for a in call.arguments):
        from zr4lint.facts.commands.projects import by_conda  # only for builds with such a file

        yield from by_conda(call)


def pip_packages(call: Call, pip: PipCommand) -> Iterator[Fact]:
    """Yield the fact `PackageRun` for a call of pip."""
    words = tuple(PackageWord(r.name, r.specifier or None, _kind(r), r.span) for r in pip.requirements)
    action = "install" if pip.action == "install" else "remove"
    command = PackageCommand("pip", action, words, pip.parsed, pip.words, call.program, pip.action)
    settings = call.state.pip_config
    yield PackageRun(call.at(), command, {**settings, **call.variables} if settings else call.variables)


def _kind(requirement: Requirement) -> Kind:
    """Return whether a requirement names a package, a path or a URL; `folder/package` is a path."""
    if requirement.url:
        return Kind.URL
    return Kind.FILE if requirement.specifier.startswith("/") else Kind.NAME
