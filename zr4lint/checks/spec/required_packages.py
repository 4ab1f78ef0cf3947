"""Checks for packages of any package manager, and for those of pip with their specifiers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.checks.spec.pip_packages import settled
from zr4lint.facts import PackageRun, PipRun, Ran
from zr4lint.knowledge.versions import bounds
from zr4lint.model.quoting import code, contrast
from zr4lint.model.source import Span
from zr4lint.programs.image_paths import absolute, has_wildcard
from zr4lint.programs.package_managers import MANAGERS
from zr4lint.programs.pip import parse_requirement
from zr4lint.shell import Argument

if TYPE_CHECKING:
    from zr4lint.checks.parameters import PackageManager, PipRequirement, Text, VersionLabel
    from zr4lint.programs.package_words import PackageWord

    _Installed = tuple[PackageRun, PackageWord]


@check("installed-packages", needs="packages versions", by_commands=True)
def installed_packages(
    subject: Subject,
    *,
    manager: PackageManager | None = None,
    packages: list[Text] | None = None,
    versions: dict[Text, Text] | None = None,
) -> Outcomes:
    """The package manager installs each package, at its version if one is given, and no later command removes it.

    Without `manager`, any package manager counts. A version is written as the manager writes it, such as `=1.2.3` or
    `@5`. It may be a pattern: `=1.2.*`.

    Rule:
        manager = "apk"
        packages = ["curl"]

    Bad:
        FROM alpine:3.22
        RUN apk add --no-cache wget

    Good:
        FROM alpine:3.22
        RUN apk add --no-cache curl
    """
    standing, removed, unknown = _standing(subject, family(manager or ""))
    for name, version in {**dict.fromkeys(packages or (), ""), **(versions or {})}.items():
        expected = f"{name}{version}"
        if name in standing:
            run, word = standing[name]
            if version and not fnmatchcase(word.version or "", version):
                yield Unmet(contrast(f"{name}", word.version or "not pinned", version), word.span, expected=expected)
            elif run.at.unsure:
                yield Unmet(f"{name} is installed only conditionally", word.span, expected=expected, unsure=True)
            else:
                yield met(run.at, word.span)
        elif name in removed:
            run, word = removed[name]
            yield Unmet(f"{name} is removed again", word.span, expected=f"{name} in the image", unsure=run.at.unsure)
        else:
            place = unknown.command.words if unknown is not None else None
            message = f"{manager or 'no package manager'} {'does not install' if manager else 'installs'} {code(name)}"
            yield Unmet(message, place, expected, unsure=unknown is not None)


def _standing(subject: Subject, manager: str) -> tuple[dict[str, _Installed], dict[str, _Installed], PackageRun | None]:
    """Return the packages installed at the end, the removed ones, and a call with unknown packages."""
    standing: dict[str, _Installed] = {}
    removed: dict[str, _Installed] = {}
    unknown: PackageRun | None = None
    groups: dict[str | None, set[str]] = {}
    for run in subject.facts.of(PackageRun, subject.lineage):
        if (manager and family(run.command.manager) != manager) or not run.command.takes_effect:
            continue
        virtual = run.command.options.get("virtual")  # the name of apk for all that it adds
        for word in run.command.packages:
            # apt accepts an architecture after the name, as in libc6:i386.
            package = word.name.partition(":")[0] if family(run.command.manager) == "apt" else word.name
            if run.command.action in ("install", "group", "upgrade"):
                if virtual is None:
                    for members in groups.values():
                        members.discard(package)
                elif package not in standing:
                    groups.setdefault(virtual.value, set()).add(package)
                standing[package] = (run, word)
            elif run.command.action == "remove":
                for name in (package, *groups.pop(package, ())):
                    if standing.pop(name, None) is not None:
                        removed[name] = (run, word)
        if run.command.unknown:
            unknown = run
    return standing, removed, unknown


@check("forbidden-packages")
def forbidden_packages(subject: Subject, *, packages: list[Text]) -> Outcomes:
    """No package manager leaves one of these packages in the image. Packages of the base image are not checked.

    A name may be a pattern such as `*-devel`.

    Rule:
        packages = ["curl"]

    Bad:
        FROM alpine:3.22
        RUN apk add --no-cache curl

    Good:
        FROM alpine:3.22
        RUN apk add --no-cache curl && curl -fO https://example.com/a && apk del curl
    """
    standing, _, _ = _standing(subject, "")
    runs = (run for run in subject.facts.of(PackageRun, subject.lineage) if run.command.action == "remove")
    marked = any(ran.program == "apt-mark" for ran in subject.facts.of(Ran, subject.lineage))
    last = max((run.at.order for run in runs if _takes_others(run, marked)), default=-1)
    for name, (run, word) in standing.items():
        if any(fnmatchcase(name, pattern) for pattern in packages):
            yield Unmet(f"{code(name)} is installed", word.span, unsure=run.at.unsure or run.at.order < last)


def _takes_others(run: PackageRun, marked: bool) -> bool:
    """Return whether a command may remove packages that it does not name, such as those that `apt-mark` marked."""
    words = run.command.packages
    return run.command.unknown or (marked and not words) or any(has_wildcard(word.name) for word in words)


def family(manager: str) -> str:
    """Return the common name of a package manager: apt for apt-get, and dnf for yum."""
    row = MANAGERS.get(manager)
    name = row.name if row is not None else manager
    return "dnf" if name == "yum" else name


@check("python-packages", by_commands=True)
def python_packages(
    subject: Subject,
    *,
    packages: list[PipRequirement],
    local: list[VersionLabel] | None = None,
    unless_files: bool = False,
) -> Outcomes:
    """At the end of the build, pip has installed each package with a requirement within this version specifier.

    A pinned version may have a local version from `local`, such as the `cu124` of `2.5.1+cu124`. With `unless-files`, a
    missing package is allowed if a requirements file or a project may install it.

    Rule:
        packages = ["fastapi>=0.115"]

    Bad:
        FROM python:3.13
        RUN pip install fastapi==0.100.0

    Good:
        FROM python:3.13
        RUN pip install fastapi==0.115.6
    """
    for text in packages:
        wanted = parse_requirement(Argument(text, Span(0, 0)))
        if wanted is None:
            continue
        found = settled(subject, wanted.name, text)
        if isinstance(found, Unmet):
            if not unless_files or not any(_brings_more(run) for run in subject.environment.pip_installs):
                yield found
            continue
        given = found.requirement
        if found.unsure:
            yield Unmet(f"{wanted.name} is installed only conditionally", given.span, expected=text, unsure=True)
        elif _fits(given.specifier, wanted.specifier, local or ()):
            yield met(found.run.at, given.span)
        elif given.specifier:
            yield Unmet(contrast(wanted.name, given.specifier, wanted.specifier), given.span, expected=text)
        else:
            yield Unmet(f"{wanted.name} has no version; {wanted.specifier} is required", given.span, expected=text)


def _brings_more(run: PipRun) -> bool:
    """Return whether an install also takes packages from a file or a project."""
    return bool(run.files) or any(requirement.url is not None for requirement in run.command.requirements)


def _fits(given: str, wanted: str, local: Sequence[str]) -> bool:
    """Return whether all versions that `given` allows are allowed by `wanted`."""
    if not wanted or clauses(given) == clauses(wanted):
        return True
    inner, outer = bounds(given), bounds(wanted)
    if inner is None or outer is None or given.startswith("==="):
        return False
    if outer.pin is not None and inner.pin is not None:
        return inner.pin == outer.pin or (inner.pin.local in local and inner.pin.public == outer.pin.public)
    lower = outer.lower is None or (
        inner.lower is not None
        and (inner.lower > outer.lower or (inner.lower == outer.lower and outer.lower_included >= inner.lower_included))
    )
    upper = outer.upper is None or (
        inner.upper is not None
        and (inner.upper < outer.upper or (inner.upper == outer.upper and outer.upper_included >= inner.upper_included))
    )
    return lower and upper and set(outer.excluded) <= set(inner.excluded)


def clauses(specifier: str) -> frozenset[str]:
    """Return the clauses of a version specifier in any order."""
    return frozenset("".join(clause.split()) for clause in specifier.split(",") if clause.strip())


def _mounted(subject: Subject, run: PipRun, path: str | None, span: Span) -> str | None:
    """Return the path in the image of a requirements file that a RUN mounts from the build context, else None."""
    if path is None or path.startswith("/"):
        return None
    return absolute(re.split(r"[\s=]", subject.words(span))[-1].strip("\"'"), run.folder)


@check("requirement-files", by_commands=True)
def requirement_files(subject: Subject, *, files: list[Text]) -> Outcomes:
    """Pip installs from each of these requirements files, given by absolute paths.

    Rule:
        files = ["/srv/requirements.txt"]

    Bad:
        FROM python:3.13
        RUN pip install fastapi

    Good:
        FROM python:3.13
        COPY requirements.txt /srv/
        RUN pip install -r /srv/requirements.txt
    """
    runs = [(run, path, span) for run in subject.environment.pip_installs for path, span in run.files]
    for file in files:
        fitting = [(run, at) for run, path, at in runs if file in (path, _mounted(subject, run, path, at))]
        sure = [(run, span) for run, span in fitting if not run.at.unsure]
        if sure:
            run, span = sure[-1]
            yield met(run.at, span)
        elif fitting:
            yield Unmet(f"{code(file)} is installed only conditionally", fitting[-1][1], expected=file, unsure=True)
        else:
            unknown = next((span for _, path, span in runs if path is None), None)
            yield Unmet(f"{code(file)} is not installed", unknown, f"pip install -r {file}", unsure=unknown is not None)
