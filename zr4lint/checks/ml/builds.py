"""Finds the installs that compile packages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import torch_at, torch_in
from zr4lint.facts.pip_install import Install
from zr4lint.knowledge.tables import SourceBuild, mmcv_versions, mmcv_wheels, release, source_builds
from zr4lint.knowledge.versions import lets_in
from zr4lint.programs.pip import Requirement

MMCV = ("mmcv", "mmcv-full")
_SOURCES_ONLY = ("pypi", "mirror", "openmmlab", "mmengine")
"""Words in the hosts of PyPI, its mirrors, and pages that are no index. They have no further wheels."""


class Build(Struct, frozen=True):
    """A requirement that is built from its source archive. `unsure` means that it may not be."""

    package: str
    requirement: Requirement
    install: Install
    unsure: bool


def builds(history: History, *packages: str) -> Iterator[Build]:
    """Yield the source builds of these packages in the history's own stage, by name or from a repository."""
    for install in history.own:
        if install.option("only-binary", "no-build", "no-index"):
            continue
        for requirement in install.requirements:
            if requirement.name not in packages or _is_wheel(requirement):
                continue
            if requirement.marker is not None or (
                history.has(requirement.name, install.at) is not False
                and (not requirement.specifier and not install.run.command.upgrades and requirement.url is None)
            ):
                continue  # it may already be installed
            if any(source.role == "links" for source in install.sources.all) or other_index(install):
                continue
            known = history.base is not None and history.base.listed
            yield Build(requirement.name, requirement, install, install.unsure or not known)


def source_builds_of(history: History) -> Sequence[tuple[Build, SourceBuild]]:
    """Return the source builds of packages in the table."""
    return history.remembered("source builds", None, lambda: [*_source_builds(history)])


def _source_builds(history: History) -> Iterator[tuple[Build, SourceBuild]]:
    known = source_builds()
    for build in builds(history, *known):
        row = known[build.package]
        if row.when and not any(n.startswith(row.when) and v == "1" for n, v in build.install.run.variables.items()):
            continue
        pin = pinned(build.requirement)
        if row.plain_before and pin is not None and release(pin) < release(row.plain_before):
            continue
        as_wheel = build.requirement.url is None and row.pypi != "source"
        if as_wheel and (not row.wheels_since or pin is None or release(pin) >= release(row.wheels_since)):
            continue
        yield build, row


def cuda_builds(history: History) -> Iterator[Build]:
    """Yield the builds that need nvcc: those that always look for it, and those with CUDA operations forced."""
    for build, row in source_builds_of(history):
        variables = build.install.run.variables
        if row.nvcc == "build":
            needed = not row.skip or history.setting(variables, row.skip) == ""
        elif row.nvcc == "asked":
            needed = "CUDA=on" in (history.setting(variables, "CMAKE_ARGS") or "").replace("ON", "on")
        else:
            needed = row.nvcc == "forced" and history.setting(variables, row.force) == "1"
        if needed:
            yield build


def mmcv_wheel(history: History, build: Build) -> bool | None:
    """Return whether mmcv has a wheel for the installed torch; None if torch or the version is unknown.

    PyPI has no wheels of mmcv.
    """
    if not build.install.sources.all:
        return False
    torch = torch_in(build.install) or torch_at(history, build.install)
    pin = pinned(build.requirement)
    versions = [v for v in mmcv_versions() if lets_in(build.requirement.specifier, v)]
    if torch is None or torch.cuda is None or not versions or (pin is not None and mmcv_wheels(pin) is None):
        return None
    return any(torch.minor in (mmcv_wheels(v) or {}).get(torch.cuda, ()) for v in versions)


def _is_wheel(requirement: Requirement) -> bool:
    return requirement.url is not None and ".whl" in requirement.url


def other_index(install: Install) -> bool:
    """Return whether an index other than those of PyPI and PyTorch may have a wheel."""
    return any(s.url is None or not (s.pytorch or _holds_no_more(s.url)) for s in install.sources.all)


def _holds_no_more(url: str) -> bool:
    """Return whether an index has no wheel that PyPI lacks: it is a mirror of PyPI, or no index."""
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return "nvidia" not in host and any(word in host for word in _SOURCES_ONLY)
