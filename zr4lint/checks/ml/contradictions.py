"""Checks for requirements of one command that no release meets, or that exclude the image's Python."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from zr4lint.checks.ml.pip_calls import is_failure_ignored
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts.command_facts import ProjectRun
from zr4lint.facts.history import pinned
from zr4lint.facts.installed_torch import python_at
from zr4lint.knowledge.versions import lets_in
from zr4lint.model.finding import Related
from zr4lint.model.quoting import code
from zr4lint.programs.pip import parse_requirement

if TYPE_CHECKING:
    from zr4lint.facts.pip_install import Install
    from zr4lint.programs.pip import Requirement

_MINORS = range(4, 21)
"""Minor versions of Python 3; a specifier that accepts none of them is ignored as invalid."""


@check("ml/pins-contradict")
def pins_contradict(subject: Subject) -> Outcomes:
    """One command pins each package to one version."""
    for history in histories(subject):
        for install in history.own:
            if install.option("override", "no-deps") or "UV_OVERRIDE" in install.run.settings:
                continue
            yield from _contradictions(install)


def _contradictions(install: Install) -> Outcomes:
    first: dict[str, tuple[Requirement, str]] = {}
    for requirement in _requirements(install):
        version = pinned(requirement)
        if version is None or requirement.marker is not None or requirement.url is not None:
            continue
        earlier, other = first.setdefault(requirement.name, (requirement, version))
        if earlier is requirement or _same(other, version):
            continue
        yield Unmet(
            f"{requirement.name} is pinned to {code(version, 20)} and to {code(other, 20)}",
            requirement.span,
            expected=f"one version of {requirement.name}",
            related=(Related("the other pin", earlier.span),),
            notes=("pip cannot install two versions, and fails with `ResolutionImpossible`.",),
            help="Remove one of the two",
            unsure=install.unsure,
            references=("pip documentation, dependency resolution",),
        )
        return


def _requirements(install: Install) -> Iterator[Requirement]:
    """Yield the requirements of a command, of its files and of its constraints, as written."""
    run = install.run
    yield from (r for operand in run.command.parsed.operands if (r := parse_requirement(operand)) is not None)
    for listing in run.listings:
        for wanted in listing.wanted if listing is not None else ():
            if (found := parse_requirement(wanted)) is not None:
                yield found
    yield from run.constraints


def _same(one: str, other: str) -> bool:
    """Return whether two versions are equal, apart from a local part that one of them lacks."""
    from packaging.version import InvalidVersion, Version  # only needed for a package that is pinned twice

    try:
        first, second = Version(one), Version(other)
    except InvalidVersion:
        return one == other
    if first.local is None or second.local is None:
        return Version(first.public) == Version(second.public)
    return first == second


@check("ml/project-python", raises=True)
def project_python(subject: Subject) -> Outcomes:
    """A project is installed into a Python that it accepts."""
    for history in histories(subject):
        for install in history.own:
            wanted = [p.python for p in install.run.projects if p.python is not None and p.python.value]
            python = python_at(history, install) if wanted else None
            ignored = "PIP_IGNORE_REQUIRES_PYTHON" in install.run.settings or install.option("ignore-requires-python")
            if python is None or isinstance(install.run, ProjectRun) or ignored:
                continue
            for given in wanted:
                specifier = given.value or ""
                if _accepts(specifier, python) or not any(_accepts(specifier, f"3.{minor}") for minor in _MINORS):
                    continue
                yield Unmet(
                    f"the project requires Python {code(specifier, 30)}, the image has {python}",
                    install.run.command.words,
                    expected="an image with that Python",
                    related=(Related("required here", given.span),),
                    notes=(f"The install fails with `requires a different Python: {python}`.",),
                    help="Use an image with that Python, or change `requires-python`",
                    unsure=install.unsure or is_failure_ignored(subject, install.at),
                    references=("Python packaging specifications, pyproject.toml",),
                )


@lru_cache(maxsize=256)
def _accepts(specifier: str, minor: str) -> bool:
    """Return whether a specifier accepts a release of a minor version of Python."""
    return any(lets_in(specifier, f"{minor}.{patch}") for patch in (*range(25), 99))
