"""Readers of apt, dpkg and add-apt-repository."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import AptRun, RepositoryAdded
from zr4lint.facts.commands.package_calls import packages
from zr4lint.facts.commands.program_table import reads
from zr4lint.model.quoting import code, nearest
from zr4lint.programs.apt import (
    OPERATIONS,
    PROGRAMS,
    parse_apt,
    parse_dpkg,
    parse_repository,
    refused_word,
    unpacks,
    without_version,
)
from zr4lint.shell import Dialect, Reach

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.fact import Fact

_NEW_CLEANUP = frozenset({"dist-clean", "distclean"})
"""Operations that were added in apt 2.7.8."""
_OLD_APT = r"ubuntu:?(?:16|18|20|22)\.[^/]*$|:[^/]*\b(?:xenial|bionic|focal|jammy|buster|bullseye|bookworm)\b[^/]*$"


@reads(*PROGRAMS)
def apt(call: Call) -> Iterator[Fact]:
    """Read a call of apt or apt-get."""
    if found := parse_apt(call.arguments):
        if call.program == "apt-get" and (refused := refused_word(found)) is not None:
            meant = nearest(refused.value or "", OPERATIONS)
            call.fails(refused.span, f"apt-get does not accept {code(refused.value or '', 40)} here", instead=meant)
            return
        if (empty := without_version(found)) is not None and not call.may_be_given:
            name = (empty.value or "").rstrip("=")
            call.fails(empty.span, f"no version follows `=` in {code(empty.value or '', 40)}", instead=name)
        if found.action in _NEW_CLEANUP and re.search(_OLD_APT, _image(call)):
            call.fails(found.words, f"the apt of this image has no `{found.action}`", part="command")
            return
        if found.action == "install":
            from_file = unpacks(call.program, call.arguments)
            _restore_programs(call, None if from_file else [package.name for package in found.packages])
        yield AptRun(call.for_root(call.online(call.at())), found)
    yield from packages(call)


def _restore_programs(call: Call, packages: Sequence[str] | None) -> None:
    """Record that installed packages may restore removed programs; None stands for packages with any programs."""
    if call.command.reach is not Reach.NEVER:
        call.state.programs = call.state.programs.restore_packages(packages)


def _image(call: Call) -> str:
    """Return the base image of a call's stage, or "" in a file without FROM."""
    stages = call.script.reading.stages
    if not stages:
        return ""
    stage = stages[call.at().stage]
    while stage.parent is not None and stage.parent >= 0:
        stage = stages[stage.parent]
    return stage.image or ""


@reads("dpkg")
def dpkg(call: Call) -> Iterator[Fact]:
    """Read a call of dpkg that removes packages or unpacks one."""
    if unpacks(call.program, call.arguments):
        _restore_programs(call, None)
    if found := parse_dpkg(call.arguments):
        yield AptRun(call.for_root(call.at()), found)


@reads("dpkg-reconfigure", "update-alternatives")
def reconfigure(call: Call) -> Iterator[Fact]:
    """Read calls that may change /bin/sh to another shell: those for the package dash or the alternative sh."""
    if any(argument.value in ("dash", "sh") for argument in call.arguments):
        call.state.sh_dialect = Dialect.SH
    yield from ()


@reads("add-apt-repository", "apt-add-repository")
def add_apt_repository(call: Call) -> Iterator[Fact]:
    """Read a call that adds or removes a repository."""
    if found := parse_repository(call.arguments):
        at = call.for_root(call.online(call.at()))
        yield RepositoryAdded(at, found.name.value, found.name.span, found.removed, found.updates)
