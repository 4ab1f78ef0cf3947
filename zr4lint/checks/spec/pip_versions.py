"""Checks for the versions of packages that pip installs, and for the order of the installs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE, UNSAFE, add_words, insert, replace, take_out
from zr4lint.checks.outcome import Outcomes, Subject, Unmet, maybe, met
from zr4lint.checks.registry import check
from zr4lint.checks.spec.pip_packages import absent, command_at, not_done, quoted_alike, respelled, settled
from zr4lint.checks.witness import witness
from zr4lint.knowledge.versions import Bounds, bounds, lets_in
from zr4lint.model.quoting import code, plain
from zr4lint.programs.pip import Requirement, normalise

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Package, PipRequirement, Specifier, Version, VersionLabel
    from zr4lint.facts import PipRun
    from zr4lint.facts.environments import Standing
    from zr4lint.model.finding import Fix
    from zr4lint.model.source import Span

_CONSTRAINTS = ("constraint", "override")


@check("pip-pin", by_commands=True)
def pip_pin(subject: Subject, *, package: Package, version: Version, local: list[VersionLabel]) -> Outcomes:
    """At the end of the build, the package has exactly this version, with no local version except those listed."""
    expected = f"{package}=={version}"
    found = settled(subject, package, expected)
    if isinstance(found, Unmet):
        yield found
        return
    requirement = found.requirement
    if requirement.specifier != f"=={version}" and not _pinned_to(requirement, version, local):
        yield _wrong_version(subject, package, expected, found)
    elif found.unsure:
        yield Unmet(f"{package} is installed only conditionally", requirement.span, expected=expected, unsure=True)
    else:
        yield met(found.run.at, requirement.span, quoted_alike(subject, requirement, expected))


def _pinned_to(requirement: Requirement, version: str, local: list[str]) -> bool:
    from packaging.version import Version

    if requirement.specifier.startswith("==="):
        return requirement.specifier.removeprefix("===").strip() in (
            {f"{version}+{suffix}" for suffix in local} or {version}
        )
    limits = bounds(requirement.specifier)
    accepted = {Version(version), *(Version(f"{version}+{suffix}") for suffix in local)}
    return limits is not None and limits.pin in accepted and lets_in(requirement.specifier, str(limits.pin))


def _wrong_version(subject: Subject, package: str, expected: str, found: Standing) -> Unmet:
    requirement = found.requirement
    constrained = found.run.command.parsed.has(*_CONSTRAINTS)
    constrained = constrained or any(name.endswith("CONSTRAINT") for name in found.run.settings)
    if not requirement.specifier:
        message = f"{package} is not pinned"
    elif requirement.specifier.startswith("==="):
        message = f"{package} is pinned with `===`, which does not match local versions"
    elif (limits := bounds(requirement.specifier)) is None or limits.pin is None or limits.excluded:
        message = f"{package} is not pinned to one version by {code(requirement.specifier)}"
    else:
        message = f"{package} is pinned to {plain(str(limits.pin), 38)}, not {expected.partition('==')[2]}"
    unsure = found.unsure or (constrained and not requirement.specifier)
    return Unmet(
        message, requirement.span, expected=expected, fix=respelled(subject, requirement, expected), unsure=unsure
    )


@check("pip-bound", by_commands=True)
def pip_bound(subject: Subject, *, package: Package, bound: Specifier, within: Specifier = "") -> Outcomes:
    """The install of the package has this bound. A pin inside `within` has it too."""
    wanted = within or bound
    expected = f'"{package}{wanted}"'
    found = settled(subject, package, expected)
    if isinstance(found, Unmet):
        yield found
        return
    requirement = found.requirement
    if not _bounded(requirement.specifier, bound, wanted):
        lost = any(span.start <= requirement.span.start < span.end for span in found.run.lost_specifiers)
        yield Unmet(
            f"{package} is requested with {code(requirement.specifier, 24)}, not {code(bound)}"
            if requirement.specifier
            else f"{package} has no version, {code(bound)} is required",
            requirement.span,
            expected=expected,
            fix=None if lost else respelled(subject, requirement, f"{package}{wanted}"),
            unsure=found.unsure,
        )
    elif found.unsure:
        yield Unmet(f"{package} is installed only conditionally", requirement.span, expected=expected, unsure=True)
    else:
        same = requirement.specifier == wanted or bounds(requirement.specifier) == bounds(wanted)
        spelled = quoted_alike(subject, requirement, f"{package}{wanted}") if same else None
        yield met(found.run.at, requirement.span, spelled)


def _bounded(specifier: str, bound: str, wanted: str) -> bool:
    if specifier == wanted:
        return True
    limits, limit = bounds(specifier), bounds(bound)
    if limits is None or limit is None:
        return False
    return _has_bound(limits, limit) or (limits.pin is not None and lets_in(wanted, str(limits.pin)))


def _has_bound(limits: Bounds, limit: Bounds) -> bool:
    if limits.pin is None and limits.lower is not None and limits.upper is not None and limits.lower >= limits.upper:
        return False  # no version meets both
    if limit.lower is not None:
        same = limits.lower == limit.lower and limits.lower_included == limit.lower_included
        return same and not any(lets_in(f"=={text}", str(limit.lower)) for text in limits.excluded)
    return limits.upper == limit.upper and limits.upper_included == limit.upper_included


@check("pip-companions", by_commands=True)
def pip_companions(subject: Subject, *, package: Package, companions: list[Package]) -> Outcomes:
    """The command that installs the package also installs these."""
    found = subject.environment.standing(package)
    for name in companions:
        expected = f"{name} in the command that installs {package}"
        own = subject.environment.standing(name)
        if found is None:
            alone = own is not None and own.undone is None
            unsure = own is not None and own.run.command.parsed.unknown
            how = "may be installed" if unsure else "is installed"
            yield (
                Unmet(f"{name} {how} without {package}", own.requirement.span, expected=expected, unsure=unsure)
                if own is not None and alone
                else absent(subject, name, expected)
            )
            continue
        requirement = found.run.command.requirement(name)
        if requirement is None:
            fix = add_words(
                found.run.at.instruction, found.requirement.span.end, name, f"Install {name} with {package}", UNSAFE
            )
            elsewhere = own is not None and own.undone is None
            why = f"{name} is not installed with {package}" if elsewhere else f"{name} is not installed"
            span = own.requirement.span if elsewhere and own is not None else found.run.command.words
            yield Unmet(why, span, expected=expected, fix=fix)
        elif own is not None and own.undone is not None:
            fix = take_out(subject.source, command_at(subject, own.undone), f"Keep {name}")
            yield Unmet(f"{name} is removed again", own.undone, expected=expected, fix=fix, unsure=own.unsure)
        elif own is not None and own.run is not found.run and own.run.at.order > found.run.at.order:
            fix = take_out(subject.source, own.run.at, f"Keep the {name} that is installed with {package}")
            message = f"{name} is replaced by a later command"
            yield Unmet(message, own.requirement.span, expected=expected, fix=fix, unsure=own.unsure)
        elif maybe(found.run.at):
            yield Unmet(f"{name} is installed only conditionally", requirement.span, expected=expected, unsure=True)
        else:
            yield met(found.run.at, requirement.span)


@check("pip-upgrade", by_commands=True)
def pip_upgrade(subject: Subject, *, packages: list[PipRequirement], before: Package) -> Outcomes:
    """These packages are upgraded before another one is installed. A fix writes them with their specifiers."""
    target = subject.environment.standing(before)
    first: PipRun | None = target.run if target is not None else None
    installs = subject.environment.own_installs
    words = {re.split("[<>=!~]", package)[0]: f'"{package}"' if "<" in package else package for package in packages}
    line = f"pip install --no-cache-dir --upgrade {' '.join(words.values())}"
    told: set[Span | None] = set()
    for name, word in words.items():
        runs = [r for r in installs if r.command.requirement(name) is not None]
        early = [r for r in runs if first is None or r.at.order < first.at.order]
        expected = f"pip install --upgrade {name} before {before}"
        upgrade = witness(subject, (r for r in early if r.command.upgrades or _pinned(r, name)))
        if upgrade is not None:
            yield met(upgrade.at, upgrade.at.span, line if _only_upgrades(upgrade, packages) else None)
        elif early:
            fix = add_words(early[0].at.instruction, early[0].command.words.end, "--upgrade", "Add --upgrade", SAFE)
            notes = ("pip keeps the installed version without --upgrade.",)
            yield Unmet(f"{name} is not upgraded", early[0].command.words, expected=expected, fix=fix, notes=notes)
        elif (nothing := not_done(subject, name, expected)) is not None:
            if nothing.span not in told:
                yield nothing
            told.add(nothing.span)
        else:
            home = next((r for r in installs if any(r.command.requirement(n) for n in words)), first)
            when = "upgraded after" if runs else "not upgraded before"
            place = runs[0] if runs else home
            fix = _upgrade(subject, line, word, home, first)
            message = f"{name} is {when} {before} is installed"
            yield Unmet(message, place.command.words if place else None, expected=expected, fix=fix)


def _only_upgrades(run: PipRun, packages: list[str]) -> bool:
    """Return whether a command only upgrades these packages."""
    names = sorted(r.name for r in run.command.requirements if not r.specifier)
    options = {option.name for option in run.command.parsed.options}
    return names == sorted(packages) and options <= {"upgrade", "no-cache-dir"} and not maybe(run.at)


def _upgrade(subject: Subject, line: str, package: str, home: PipRun | None, first: PipRun | None) -> Fix | None:
    """Return a fix that adds a package to a command that upgrades, or inserts a new command above `first`."""
    if first is None:
        return None
    if home is not None and home.at.order < first.at.order and home.command.upgrades:
        return add_words(
            home.at.instruction, home.command.requirements[-1].span.end, package, f"Upgrade {package}", SAFE
        )
    start = first.at.instruction.span.start
    return insert(start, f"RUN {line}{subject.source.newline}", f"Add `RUN {line}`", UNSAFE)


def _pinned(run: PipRun, package: str) -> bool:
    requirement = run.command.requirement(package)
    return requirement is not None and requirement.specifier.startswith(("==", ">", "~="))


@check("pip-order")
def pip_order(subject: Subject, *, first: Package, then: Package) -> Outcomes:
    """One package is installed before another."""
    later = subject.environment.standing(then)
    runs = [r for r in subject.environment.pip_installs if r.command.requirement(first) is not None]
    expected = f"{first} before {then}"
    missing = absent(subject, first, expected) if not runs else None
    if later is None:
        yield absent(subject, then, expected)
    elif missing is not None and missing.unsure:
        return  # the rule for that package reports this
    elif not runs:
        yield Unmet(f"{first} is not installed before {then}", later.requirement.span, expected=expected)
    elif runs[0].at.order >= later.run.at.order:
        together = runs[0].at.order == later.run.at.order
        yield Unmet(
            f"{first} is installed {'by the same command as' if together else 'after'} {then}",
            later.requirement.span,
            expected=expected,
            notes=(f"{then} needs {first} to build.",),
        )
    else:
        yield met(later.run.at, later.requirement.span)


@check("pip-quoted")
def pip_quoted(subject: Subject, *, packages: list[Package]) -> Outcomes:
    """The shell reads no version specifier as a redirection."""
    wanted = {normalise(p) for p in packages}
    for run in subject.environment.pip_installs:
        yield from _redirected(subject, run)
    for run in subject.environment.pip_installs:
        for requirement in run.command.requirements:
            if requirement.name in wanted and any(c in requirement.specifier for c in "<>"):
                yield met(run.at, requirement.span)


def _redirected(subject: Subject, run: PipRun) -> Iterator[Unmet]:
    for span in run.lost_specifiers:
        words = subject.words(span)
        plain = words.translate({ord(c): None for c in "\"'\\"})
        quoted = f'"{plain}"'
        fix = None if any(c.isspace() for c in words) else replace(span, quoted, "Quote the specifier", SAFE)
        yield Unmet(
            f"the shell reads {code(words)} as a redirection",
            span,
            expected=quoted,
            fix=fix,
            notes=("pip gets the name without a version and installs the newest release.",),
        )
