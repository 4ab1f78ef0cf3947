"""Checks for setuptools and other build tools that are too new or not pinned where packages are built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.checks.ml.builds import Build, builds, mmcv_wheel, source_builds_of
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import EnvSet, Written
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import older, python_at, torch_at
from zr4lint.facts.pips import isolates, newest_of
from zr4lint.knowledge.tables import SourceBuild, release, table
from zr4lint.knowledge.versions import bounds, lets_in
from zr4lint.model.quoting import code
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.model.source import Span

_SHORTEST = 7
"""The fewest digits that identify a commit."""

_UPGRADED = "An earlier command upgrades setuptools without an upper bound."


@check("ml/setuptools-too-new")
def setuptools_too_new(subject: Subject) -> Outcomes:
    """Packages that import pkg_resources are built with a setuptools that has it."""
    for history in histories(subject):
        for build, row in source_builds_of(history):
            if not _imports_pkg_resources(build, row):
                continue
            if mmcv_wheel(history, build) is True:
                continue
            if isolated := build.install.isolated and isolates(history, build.install, pyproject=row.pyproject):
                settings = build.install.run.settings
                held = {"PIP_BUILD_CONSTRAINT", "PIP_CONSTRAINT"} & settings.keys() or build.install.uv
                if held or build.install.option("build-constraint"):
                    continue
            python = python_at(history, build.install)
            if isolated is None and build.install.isolated:
                isolated, unsure = True, True
            else:
                unsure = build.unsure
            if python is not None and older(newest_of(python, "setuptools") or "82", "82"):
                continue
            if isolated or _newest_setuptools(history, build.install.at.order, "82"):
                where = (
                    "pip builds in an isolated environment, which has the newest setuptools." if isolated else _UPGRADED
                )
                yield _no_pkg_resources(build.package, build.requirement.span, where, unsure or build.unsure)
        for ran in history.commands:
            if (
                ran.program == "mim"
                and ran.at.reach is not Reach.NEVER
                and _newest_setuptools(history, ran.at.order, "82")
            ):
                yield _no_pkg_resources("mim", ran.at.span, _UPGRADED, ran.at.reach is Reach.MAYBE)
        for build in builds(history, "flash-attn"):
            torch = torch_at(history, build.install)
            if torch is None or not older(torch.version, "2.2") or build.install.isolated:
                continue
            if _newest_setuptools(history, build.install.at.order, "70"):
                yield Unmet(
                    f"torch {torch.version} cannot compile extensions with this setuptools",
                    build.requirement.span,
                    expected='"setuptools<70" before this command',
                    unsure=build.unsure,
                    notes=(
                        (
                            "torch before 2.2 imports `packaging` from pkg_resources, which setuptools 70 removed. "
                            "The build fails."
                        ),
                    ),
                    help="Install `setuptools<70` first",
                    references=("torch.utils.cpp_extension", "flashinfer pull request 319"),
                )


def _imports_pkg_resources(build: Build, row: SourceBuild) -> bool:
    """Return whether the release or commit to build imports pkg_resources."""
    url, pin = build.requirement.url, pinned(build.requirement)
    if url is None:
        return row.pkg_resources == "*" or (
            pin is not None and row.pkg_resources != "" and lets_in(row.pkg_resources, pin)
        )
    commits = [c for c in table("source-builds")["commits"] if c["repository"] in row.repositories]
    reference = url.partition("#")[0].partition("://")[2].partition("@")[2]
    return row.pkg_resources == "*" or any(
        len(reference) >= _SHORTEST and (reference.startswith(sha) or sha.startswith(reference))
        for commit in commits
        for sha in commit["pkg_resources"]
    )


def _no_pkg_resources(package: str, span: Span, where: str, unsure: bool) -> Unmet:
    return Unmet(
        f"{code(package)} imports pkg_resources, which setuptools 82 removed",
        span,
        expected='"setuptools<82" before this command',
        unsure=unsure,
        notes=(where, "The command fails with `No module named 'pkg_resources'`."),
        help="Install `setuptools<82` first, and build without isolation",
        references=("setuptools history, 82.0.0", "mmcv issue 3325"),
    )


def _newest_setuptools(history: History, order: int, bound: str) -> bool:
    """Return whether the last earlier install of setuptools leaves a version of at least `bound`."""
    newest = False
    for install in history.installs:
        requirement = install.get("setuptools")
        if install.at.order >= order or requirement is None:
            continue
        found = bounds(requirement.specifier)
        if found is None:
            newest = False
        elif found.upper is not None:
            newest = release(str(found.upper)) > release(bound) or (
                release(str(found.upper)) == release(bound) and found.upper_included
            )
        elif found.lower is not None and release(str(found.lower)) >= release(bound):
            newest = True
        elif install.run.command.upgrades:
            newest = not install.unsure and not install.constrained
    return newest


@check("ml/constraint-not-for-builds")
def constraint_not_for_builds(subject: Subject) -> Outcomes:
    """Constraints on build tools are also set for isolated builds."""
    for history in histories(subject):
        for env in history.of(EnvSet):
            if env.name != "PIP_CONSTRAINT" or env.value is None or env.at.stage != history.stage.number:
                continue
            names = [e.name for e in history.of(EnvSet)]
            written = [w for w in history.of(Written) if w.path == env.value]
            tools = {
                line.strip().lower().split("<")[0].split("=")[0].split(">")[0].strip()
                for w in written
                for line in w.text.text.splitlines()
            } & {"setuptools", "cython", "numpy", "wheel"}
            if not tools or "PIP_BUILD_CONSTRAINT" in names or _old_pip(history):
                continue
            upgraded = any(i.get("pip") and i.run.command.upgrades for i in history.installs)
            yield Unmet(
                f"PIP_CONSTRAINT does not hold {', '.join(sorted(tools))} in isolated builds",
                env.span,
                expected=f"PIP_BUILD_CONSTRAINT={env.value}",
                unsure=not upgraded,
                notes=("From 26.2 on pip does not apply PIP_CONSTRAINT to its build environments.",),
                help="Set PIP_BUILD_CONSTRAINT too",
                references=("observed with pip 25.2 to 26.3",),
            )


def _old_pip(history: History) -> bool:
    """Return whether pip is pinned below version 26.2, which changed this."""
    for install in history.installs:
        requirement = install.get("pip")
        found = bounds(requirement.specifier) if requirement is not None else None
        if found is not None and found.upper is not None and release(str(found.upper)) <= (26, 2):
            return True
    return False
