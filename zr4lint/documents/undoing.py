"""Writes instructions that undo the effect of other instructions."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.checks.spec.required_packages import family
from zr4lint.facts import Cloned, Copied, EnvSet, Facts, PackageRun, PipRun, UserSet, gather

if TYPE_CHECKING:
    from zr4lint.dockerfile import Dockerfile
    from zr4lint.facts import Fact
    from zr4lint.programs.pip import PipCommand

_REMOVE = {
    "apk": "apk del",
    "apt": "apt-get purge -y",
    "dnf": "{program} remove -y",
    "npm": "npm uninstall -g",
    "zypper": "zypper --non-interactive remove",
}
_ADDS = ("install", "add")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/@-]*")
_PROGRAM = re.compile(r"[\w./ -]+")


def undone(dockerfile: Dockerfile) -> dict[int, str]:
    """Return the text of an instruction that undoes each instruction, by the index of the latter.

    Of several variables or packages the last one is undone. Instructions that cannot be undone are left out.
    """
    facts = gather(dockerfile)
    found: dict[int, str] = {}
    for fact in facts.of(EnvSet, range(len(facts.stages))):
        found[fact.at.instruction.index] = f"ENV {fact.name}={'x' if fact.value != 'x' else 'y'}"
    for kind in (UserSet, Copied, Cloned, PackageRun, PipRun):
        for one in facts.of(kind, range(len(facts.stages))):
            for words in _reverse(facts, one):
                found[one.at.instruction.index] = words
    return found


def _reverse(facts: Facts, fact: Fact) -> Iterator[str]:
    match fact:
        case UserSet(user=user) if user is not None:
            yield f"USER {'root' if user not in {'root', '0'} else 'nobody'}"
        case Copied(target=target, many=False) | Cloned(target=target) if target is not None:
            yield f"RUN rm -rf {shlex.quote(target)}"
        case PackageRun(command=command) if family(command.manager) in _REMOVE and command.action in _ADDS:
            remove = _REMOVE[family(command.manager)].format(program=command.program)
            names = [package.name for package in command.packages if _NAME.fullmatch(package.name)]
            yield from (f"RUN {remove} {name}" for name in names[-1:])
        case PipRun(command=command) if command.action == "install":
            names = [requirement.name for requirement in command.requirements if requirement.name]
            yield from (f"RUN {_pip(facts, command)} {name}" for name in names[-1:])


def _pip(facts: Facts, command: PipCommand) -> str:
    """Return the uninstall command of the same program."""
    program = facts.words(command.words).rpartition("install")[0].strip()
    program = program if _PROGRAM.fullmatch(program) else "pip"
    return f"{program} uninstall{'' if program.startswith('uv') else ' -y'}"
