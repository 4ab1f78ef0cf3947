"""Checks for packages and programs of the system."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE, UNSAFE, replace
from zr4lint.checks.ml.pip_calls import is_failure_ignored
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import (
    INHERITED,
    AptRun,
    Copied,
    Origin,
    PipRun,
    RepositoryAdded,
)
from zr4lint.filesystem.globs import matches
from zr4lint.knowledge.tables import Row, distribution, references, sure, table
from zr4lint.knowledge.tables import release as version_numbers
from zr4lint.model.finding import Severity
from zr4lint.model.quoting import code
from zr4lint.programs.python import minor_of
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.history import History
    from zr4lint.programs.apt import Package

_MANAGED_HINTS = (
    r"EXTERNALLY-MANAGED|break-system-packages|BREAK_SYSTEM_PACKAGES|\bconda\b|mamba|pyenv|deadsnakes|Python-3|"
    r"\bvenv\b"
)
_PARTS = ("", "dev", "venv", "distutils", "minimal", "full")
_SOURCES = (
    r"sources\.list|deadsnakes|add-apt-repository|apt-add-repository|dpkg -i|\.deb\b|apt/preferences|snapshot\.debian"
)


def _installed(history: History) -> Iterator[tuple[AptRun, Package]]:
    """Yield the packages that apt installs in the history's own stage."""
    for run in history.of(AptRun):
        if run.at.stage == history.stage.number and run.command.action == "install":
            yield from ((run, package) for package in run.command.packages)


def _release(history: History) -> Row | None:
    """Return the release of the base image, or None if unknown."""
    return distribution(history.base.distribution) if history.base is not None else None


@check("ml/unknown-ppa")
def unknown_ppa(subject: Subject) -> Outcomes:
    """The PPA exists."""
    yield from _ppas_of_debian(subject)
    for row, added in _ppas(subject):
        name = (added.name or "").removeprefix("ppa:").partition("/")[2]
        if name in row["names"] or added.name is None:
            continue
        yield Unmet(
            f"the PPA {code(added.name)} does not exist",
            added.span,
            expected=row["instead"],
            fix=replace(added.span, row["instead"], f"Add {row['instead']}", UNSAFE),
            unsure=not sure(row) or added.at.reach is Reach.MAYBE,
            notes=(f"{row['owner']} has {' and '.join(row['names'][:2])}. add-apt-repository fails for any other.",),
            help=f"Use {code(row['instead'])}",
            references=references(row),
        )


def _ppas_of_debian(subject: Subject) -> Outcomes:
    """Yield outcomes for PPAs that are added to Debian. PPAs have no packages for it."""
    for history in histories(subject):
        release = _release(history)
        if release is None or not release["name"].startswith("debian") or history.base is None:
            continue
        for added in history.of(RepositoryAdded):
            if added.at.stage != history.stage.number or not (added.name or "").startswith("ppa:") or added.removed:
                continue
            yield Unmet(
                f"{release['name']} has no PPAs",
                added.span,
                unsure=added.at.unsure,
                notes=("PPAs are built for Ubuntu's releases, and have no packages for Debian.",),
                help="Build on Ubuntu, or install the program in another way",
                references=("Launchpad, Personal Package Archives",),
            )


def _ppas(subject: Subject) -> list[tuple[Row, RepositoryAdded]]:
    """Return the added PPAs that the table knows."""
    return subject.memo.get("ppas", lambda: list(_known_ppas(subject)))


def _known_ppas(subject: Subject) -> Iterator[tuple[Row, RepositoryAdded]]:
    for added in subject.facts.of(RepositoryAdded, subject.facts.needed, triggers=True):
        for row in table("system")["ppa"]:
            if not added.removed and (added.name or "").startswith(f"ppa:{row['owner']}/"):
                yield row, added


@check("ml/ppa-not-needed")
def ppa_not_needed(subject: Subject) -> Outcomes:
    """The PPA of deadsnakes is added only for a Python that the release lacks."""
    for history in histories(subject):
        release = _release(history)
        if release is None or not release.get("python"):
            continue
        for row, added in _ppas(subject):
            if added.at.stage != history.stage.number:
                continue
            pythons = _pythons_after(history, added)
            deleted = release["name"] in row["deleted"]
            there = set(release["packaged"]) if deleted else {release["python"]}
            if pythons and pythons <= there:
                minor = max(pythons, key=version_numbers)
                why = "has deleted its packages for this release" if deleted else "does not package it"
                yield Unmet(
                    f"{release['name']} has Python {minor} without this PPA",
                    added.span,
                    unsure=added.at.reach is Reach.MAYBE,
                    notes=(f"The release packages this Python itself, and deadsnakes {why}.",),
                    help=f"Remove the PPA; `apt-get install python{minor}` works without it",
                    references=references(row),
                )


def _pythons_after(history: History, added: RepositoryAdded) -> set[str]:
    """Return the versions of Python that apt installs after a repository is added."""
    found = ((run, _minor(package.name)) for run, package in _installed(history))
    return {minor for run, minor in found if minor is not None and run.at.order > added.at.order}


@check("ml/package-not-in-release")
def package_not_in_release(subject: Subject) -> Outcomes:
    """The release of the base image has the package."""
    for history in histories(subject):
        release = _release(history)
        name = release["name"] if release is not None else ""
        for run, package in _installed(history):
            if unmet := _gone(subject, name, run, package) or _no_python(subject, history, release, run, package):
                yield unmet
        for row, added in _ppas(subject):
            if added.at.stage != history.stage.number or name not in row["deleted"]:
                continue
            pythons = _pythons_after(history, added)
            missing = pythons - set((release or {}).get("packaged", ()))
            if missing or not pythons:
                yield Unmet(
                    f"deadsnakes has no packages for {name}",
                    added.span,
                    unsure=not missing or added.at.reach is Reach.MAYBE,
                    notes=("deadsnakes deletes its packages when a release ends, so apt finds no Python there.",),
                    help="Build on ubuntu22.04 or later",
                    references=("deadsnakes issues 251 and 328",),
                )


def _minor(package: str) -> str | None:
    """Return "3.10" for a package such as python3.10 or python3.10-dev, and None for others."""
    name, *parts = package.split("-")
    fits = all(part.isascii() and part.isalpha() and part.islower() for part in parts)
    return minor_of(name, "python") if fits else None


@lru_cache(maxsize=256)
def _gone_rows(package: str) -> list[Row]:
    """Return the rows on a package that some releases do not have."""
    return [row for row in table("system")["gone"] if matches(package, row["package"])]


def _gone(subject: Subject, name: str, run: AptRun, package: Package) -> Unmet | None:
    """Return the finding for a package that a release no longer has, or has only as a transitional package."""
    for row in _gone_rows(package.name):
        instead = row["instead"]
        level = UNSAFE if row.get("judgement") else SAFE
        fix = (
            replace(package.span, instead, f"Install {instead}", level) if instead and package.version is None else None
        )
        if name in row["releases"] or (name and row["releases"] == ["*"]):
            return Unmet(
                f"{name} has no package {code(package.name)}",
                package.span,
                expected=instead or None,
                fix=fix,
                unsure=run.at.unsure or is_failure_ignored(subject, run.at),
                notes=("apt-get fails with `Unable to locate package` or `has no installation candidate`.",),
                help=f"Install {code(instead)}" if instead else "Remove it",
                references=references(row),
            )
        if name in row["old"]:
            return Unmet(
                f"{code(package.name)} is a transitional package for {code(instead)}",
                package.span,
                expected=instead,
                fix=fix,
                severity=Severity.INFO,
                notes=(f"Releases after {name} do not have it.",),
                help=f"Install {code(instead)}",
                references=references(row),
            )
    return None


def _no_python(subject: Subject, history: History, release: Row | None, run: AptRun, package: Package) -> Unmet | None:
    """Return the finding for a Python that neither the release nor another source of packages has."""
    minor = _minor(package.name) if package.name.partition("-")[2] in _PARTS else None
    if release is None or not release.get("packaged") or minor is None or minor in release["packaged"]:
        return None
    if package.name.endswith("distutils") or history.mentions(run.at, _SOURCES):
        return None
    if history.base is not None and history.base.deadsnakes:
        return None
    return Unmet(
        f"{release['name']} has no package {code(package.name)}",
        package.span,
        expected=f"python{release['python']}",
        unsure=run.at.unsure or is_failure_ignored(subject, run.at),
        notes=(f"It has Python {' and '.join(release['packaged'])}. apt-get fails with `Unable to locate package`.",),
        help=f"Use python{release['python']}, or add ppa:deadsnakes/ppa first",
        references=references(release),
    )


_OF_APT = ("ubuntu", "debian", "cuda", "pytorch", "runpod")


@check("ml/externally-managed")
def externally_managed(subject: Subject) -> Outcomes:
    """No package is installed into a system Python that apt manages."""
    for history in histories(subject):
        release = _release(history)
        base = history.base
        kept = base.python_kept if base is not None and base.kind in _OF_APT else ""
        if release is None or not release.get("externally_managed") or kept not in ("system", "pip"):
            continue
        if kept == "system":
            yield from _get_pip_there(history, release)
        for install in history.own:
            if kept == "pip" and not install.uv:
                continue
            if _managed(history, install.run) and not install.unsure and install.environment == "":
                name = "uv" if install.uv else "pip"
                variable = "UV_BREAK_SYSTEM_PACKAGES" if install.uv else "PIP_BREAK_SYSTEM_PACKAGES"
                how = "" if install.uv else " with `externally-managed-environment`"
                yield Unmet(
                    f"{name} cannot install into the system Python of {release['name']}",
                    install.run.command.words,
                    expected="python3 -m venv /opt/venv and ENV PATH=/opt/venv/bin:$PATH before this command",
                    notes=(f"apt manages that Python, and {name} fails{how}.",),
                    help=f"Create a virtual environment and put its bin folder first on PATH, or set {variable}=1",
                    references=("PEP 668", *references(release)),
                )
                break


def _get_pip_there(history: History, release: Row) -> Outcomes:
    """Yield an outcome for get-pip.py run by the Python that apt manages."""
    for ran in history.commands:
        words = [a.value or "" for a in ran.arguments]
        if ran.program not in ("python3", f"python{release.get('python')}") or ran.at.reach is not Reach.ALWAYS:
            continue
        piped = words[1:] in ([], ["-"]) and history.mentions(ran.at, r"get-pip\.py[^\n]*\|")
        if not (piped or any(w.endswith("get-pip.py") for w in words[1:2])) or "/" in words[0]:
            continue
        if (
            history.mentions(None, _MANAGED_HINTS)
            or ran.variables.get("PATH") != INHERITED
            or _copies_programs(history)
        ):
            continue
        yield Unmet(
            f"get-pip.py cannot install into the system Python of {release['name']}",
            ran.at.span,
            expected="apt-get install python3-venv, and an environment",
            notes=("apt manages that Python, and pip fails with `externally-managed-environment`.",),
            help="Create a virtual environment with `python3 -m venv`, which has pip",
            references=("PEP 668", *references(release)),
        )
        break


def _managed(history: History, run: PipRun) -> bool:
    program = run.command.program.rpartition("/")[2]
    minor = re.search(r"3\.\d+\Z", program)
    own = (_release(history) or {}).get("python")
    uv = history.facts.dockerfile.source.slice(run.command.words).split()[0].endswith("uv")
    variable = "UV_BREAK_SYSTEM_PACKAGES" if uv else "PIP_BREAK_SYSTEM_PACKAGES"
    if run.command.parsed.get("break-system-packages") or run.settings.get(variable, "") not in ("", "0"):
        return False
    if uv and not (run.command.parsed.has("system") or run.settings.get("UV_SYSTEM_PYTHON") in ("1", "true")):
        return False
    if uv and run.command.parsed.has("python", "target", "prefix"):
        return False
    if (minor is not None and minor[0] != own) or run.path != INHERITED or (not uv and _copies_programs(history)):
        return False
    hints = (
        r"EXTERNALLY-MANAGED|break-system-packages|\bconda\b|mamba|pyenv|get-pip|deadsnakes|Python-3|pip\.conf|"
        r"ensurepip|activate|PIP_CONFIG"
    )
    return not history.mentions(run.at, hints)


def _copies_programs(history: History) -> bool:
    """Return whether a file is copied from another stage or image. It may be a Python."""
    copied = history.of(Copied)
    return any(c.origin in (Origin.STAGE, Origin.IMAGE) and not c.source.endswith("/uv") for c in copied)
