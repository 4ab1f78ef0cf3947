"""Package managers: what each is asked to install, remove or clean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import PackageRun
from zr4lint.facts.commands.table import reads
from zr4lint.programs.apt import PROGRAMS as APT
from zr4lint.programs.package_managers import MANAGERS, PackageCommand, parse_packages
from zr4lint.programs.package_words import Kind, PackageWord

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.fact import Fact
    from zr4lint.programs.pip import PipCommand, Requirement

_FROM_LOCKS = ("ci", "clean-install", "install-clean")
_ELSEWHERE = ("prefix", "C", "workspace", "w", "workspaces", "global", "g")
_CONDA = ("conda", "mamba", "micromamba")


@reads(*(program for program in MANAGERS if program not in (*APT, "uv")))
def packages(call: Call) -> Iterator[Fact]:
    """Install, remove, upgrade or clean."""
    program = call.program if call.program in MANAGERS else call.program.rstrip("0123456789.")
    if found := parse_packages(program, call.arguments):
        yield PackageRun(call.at(), found, call.variables)
    if program == "npm" and found and found.subcommand in _FROM_LOCKS and not found.options.has(*_ELSEWHERE):
        from zr4lint.facts.commands.node_files import by_npm  # only for builds of such a project

        yield from by_npm(call, found.words)
    if program in _CONDA and any((a.value or "").endswith((".yml", ".yaml")) for a in call.arguments):
        from zr4lint.facts.commands.projects import by_conda  # only for builds with such a file

        yield from by_conda(call)


def pip_packages(call: Call, pip: PipCommand) -> Iterator[Fact]:
    """The same fact for a call of pip."""
    words = tuple(PackageWord(r.name, r.specifier or None, _kind(r), r.span) for r in pip.requirements)
    action = "install" if pip.action == "install" else "remove"
    command = PackageCommand("pip", action, words, pip.parsed, pip.words, call.program, pip.action)
    settings = call.state.pip_config
    yield PackageRun(call.at(), command, {**settings, **call.variables} if settings else call.variables)


def _kind(requirement: Requirement) -> Kind:
    """The package, path or URL that a requirement names; `folder/package` is a path."""
    if requirement.url:
        return Kind.URL
    return Kind.FILE if requirement.specifier.startswith("/") else Kind.NAME
