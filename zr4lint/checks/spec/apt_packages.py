"""Checks for packages and repositories of apt."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from zr4lint.checks.edits import (
    SAFE,
    UNSAFE,
    add_words,
    insert,
    join_before,
    replace,
    rights,
    take_out,
    takes_one_before,
)
from zr4lint.checks.layout.packing import rows_of
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet, maybe, met
from zr4lint.checks.registry import check
from zr4lint.checks.witness import witness
from zr4lint.facts import AptRun, At, Ran, Removed, RepositoryAdded
from zr4lint.model.finding import Edit, Fix
from zr4lint.model.quoting import alike, code, contrast
from zr4lint.model.source import Span
from zr4lint.programs.image_paths import covers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zr4lint.checks.parameters import DebianPackage, Text
    from zr4lint.programs.apt import Package

_Places: TypeAlias = "dict[str, tuple[AptRun, Package]]"

_CLOSE = 3
LISTS = "/var/lib/apt/lists"


def installs(subject: Subject) -> list[AptRun]:
    """Return the `apt-get install` commands of the image, in order."""
    return [run for run in subject.facts.of(AptRun, subject.lineage) if run.command.action == "install"]


@check("apt-packages", by_commands=True)
def apt_packages(subject: Subject, *, packages: list[DebianPackage]) -> Outcomes:
    """Each package is installed by apt, and no later command removes it."""
    wanted = set(packages)
    runs = subject.facts.of(AptRun, subject.lineage)
    standing, removed = _followed(runs, wanted)
    unknown = next((r for r in reversed(runs) if r.command.action == "install" and r.command.parsed.unknown), None)
    home = _home(standing)
    absent = [name for name in packages if name not in standing]
    add = _install(absent) if absent and home is None else None
    named = _named_by(subject, absent) if absent and home is None else None
    for name in packages:
        if name in standing:
            run, package = standing[name]
            if maybe(run.at):
                yield Unmet(f"{name} is installed only conditionally", package.span, expected=name, unsure=True)
            else:
                yield met(run.at, package.span)
        elif name in removed:
            run, package = removed[name]
            undo = take_out(subject.source, run.at, "Leave the packages installed")
            if run.command.action == "install":
                undo = replace(package.span, name, f"Install {name}", UNSAFE)
            yield Unmet(f"{name} is removed again", package.span, expected=f"{name} in the image", fix=undo)
        elif unknown is not None:
            yield Unmet(
                f"{name} may not be installed",
                unknown.at.span,
                expected=name,
                unsure=True,
                notes=("Packages of this command are not known before the build.",),
            )
        else:
            fix = _add_package(home, name) if home else None
            span = home.command.words if home else named
            if (other := _misspelt(home, name, wanted)) is not None:
                span, fix = other.span, replace(other.span, name, f"Install {name}", UNSAFE)
            yield Unmet(
                f"{name} is not installed"
                if other is None
                else f"{name} is not installed, but {code(other.name, 30)} is",
                span,
                expected=f"{name} in `apt-get install`",
                fix=fix,
                hint=("apt", "install", name),
                add=add,
            )


def _followed(runs: Sequence[AptRun], wanted: set[str]) -> tuple[_Places, _Places]:
    """Return where the wanted packages that stay are installed, and where the others are removed."""
    standing: _Places = {}
    removed: _Places = {}
    for run in runs:
        for package in run.command.packages if run.command.action in ("install", "reinstall") else ():
            if package.name in wanted and (package.name not in standing or maybe(standing[package.name][0].at)):
                standing[package.name] = (run, package)
        for package in run.command.removed:
            for name in [n for n in wanted if package.means(n)]:
                if standing.pop(name, None) or run.command.action == "install":
                    removed[name] = (run, package)
    return standing, removed


def _install(packages: list[str]) -> str:
    """Return a RUN that installs packages, several per line."""
    rows = "".join(f"    {row} \\\n" for row in rows_of(packages, 72))
    return f"RUN apt-get update && apt-get install -y --no-install-recommends \\\n{rows}    && rm -rf {LISTS}/*"


def _home(standing: dict[str, tuple[AptRun, Package]]) -> AptRun | None:
    """Return the command that installs most of the packages. A missing package belongs there."""
    runs = [run for run, _ in standing.values()]
    return max(runs, key=runs.count) if runs else None


def _named_by(subject: Subject, packages: Sequence[str]) -> Span | None:
    """Return the first word of a command that names several packages but installs none of them."""
    for ran in subject.facts.of(Ran, subject.lineage):
        program = (ran.arguments[0].value or "").rpartition("/")[2]
        if program == ran.program and len({a.value for a in ran.arguments}.intersection(packages)) > 1:
            return ran.arguments[0].span
    return None


def _misspelt(run: AptRun | None, name: str, wanted: set[str]) -> Package | None:
    """Return a package that no rule requires and whose name differs from `name` in a letter or two."""
    others = [p for p in run.command.packages if p.name not in wanted] if run is not None else []
    return next((p for p in others if abs(len(p.name) - len(name)) < _CLOSE and alike(p.name, name)), None)


def _add_package(run: AptRun, name: str) -> Fix | None:
    last = run.command.packages[-1]
    return add_words(run.at.instruction, last.span.end, name, f"Install {name}", SAFE)


@check("apt-update")
def apt_update(subject: Subject) -> Outcomes:
    """Each `apt-get install` comes after an `apt-get update` in the same RUN."""
    updated: dict[int, At] = {}
    attempted: set[int] = set()
    for run in subject.facts.of(AptRun, subject.lineage):
        index = run.at.instruction.index
        if run.command.action == "update":
            attempted.add(index)
            if not maybe(run.at):
                updated[index] = run.at
        elif run.command.action == "install":
            removal = _lists_removed(subject, updated[index], run.at) if index in updated else None
            if removal is not None:
                message = "the package lists are removed before this install"
                undo = take_out(subject.source, removal.at, "Keep the lists until then")
                yield Unmet(message, removal.at.span, expected="apt-get install, then rm -rf", fix=undo)
                continue
            if index in updated:
                yield Met(run.command.words, run.at.instruction)
                continue
            unsure = index in attempted
            yield Unmet(
                "`apt-get update` may not be done before this install"
                if unsure
                else "`apt-get update` does not run before this install in the same RUN",
                run.command.words,
                expected="apt-get update && apt-get install ...",
                fix=_update_first(subject, run),
                notes=("apt-get works with package lists that are missing or outdated.",),
            )


def _update_first(subject: Subject, run: AptRun) -> Fix | None:
    """Return a fix that updates the lists before a command, with the same sudo; None if nothing can precede it."""
    at = run.at
    if at.instruction.json is not None or not takes_one_before(subject.source, at):
        return None
    sudo = rights(subject.source, at, run.command.words)
    words = f"{sudo or ''}apt-get update{join_before(at)}"
    return insert(at.span.start, words, "Update the package lists first", UNSAFE if sudo is None else SAFE)


def _lists_removed(subject: Subject, since: At, until: At) -> Removed | None:
    """Return the command that removes the lists between an update and an install."""
    file = f"{LISTS}/archive"
    for removed in subject.facts.of(Removed, subject.lineage):
        between = since.order < removed.at.order < until.order and not maybe(removed.at)
        if between and any(covers(path, file, recursive=removed.recursive) for path in removed.paths):
            return removed
    return None


@check("apt-repository", by_commands=True)
def apt_repository(subject: Subject, *, repository: Text, packages: list[DebianPackage]) -> Outcomes:
    """The repository is added before these packages are installed."""
    changes = subject.facts.of(RepositoryAdded, subject.lineage)
    added = [fact for fact in changes if not fact.removed]
    named = [fact for fact in added if fact.name == repository]
    gone = next((fact for fact in changes if fact.removed and fact.name == repository), None)
    runs = subject.facts.of(AptRun, subject.lineage)
    first = next((run for run in installs(subject) if any(p.name in packages for p in run.command.packages)), None)
    early = [fact for fact in named if first is None or fact.at.order < first.at.order]
    right = witness(subject, early or named)
    expected = f"add-apt-repository {repository}"
    if right is None:
        wrong = added[-1] if added else None
        if wrong is not None:
            fix = replace(wrong.span, repository, f"Add {repository}", UNSAFE)
            yield Unmet(
                contrast("the repository", wrong.name, repository)
                if wrong.name
                else "the repository is not known before the build",
                wrong.span,
                expected=expected,
                fix=fix,
                unsure=wrong.name is None,
            )
        else:
            fix = None
            if first is not None and first.at.instruction.json is None:
                start = next(r.at.span.start for r in runs if r.at.instruction.index == first.at.instruction.index)
                fix = replace(Span(start, start), f"{expected} && ", f"Add {repository}", UNSAFE)
            yield Unmet(f"{code(repository)} is not added", expected=expected, fix=fix, hint=("repository", repository))
    elif gone is not None and first is not None and right.at.order < gone.at.order < first.at.order:
        fix = take_out(subject.source, gone.at, f"Keep {repository}")
        yield Unmet(f"{code(repository)} is removed before it is used", gone.span, expected=expected, fix=fix)
    elif first is not None and first.at.order < right.at.order:
        yield Unmet(
            f"{code(repository)} is added after its packages are installed",
            right.span,
            expected=f"{expected} before {first.command.packages[0].name} is installed",
            fix=_before(subject, right, first, expected),
        )
    elif maybe(right.at):
        yield Unmet(f"{code(repository)} is added only conditionally", right.span, expected=expected, unsure=True)
    else:
        yield met(right.at, right.span)


def _before(subject: Subject, added: RepositoryAdded, first: AptRun, words: str) -> Fix | None:
    """Return a fix that moves the command that adds a repository before the RUN that needs it."""
    instruction = first.at.instruction
    if instruction.json is not None or added.at.instruction.json is not None:
        return None
    runs = subject.facts.of(AptRun, subject.lineage)
    start = next(r.at.span.start for r in runs if r.at.instruction.index == instruction.index)
    title = "Add it before the packages"
    gone = take_out(subject.source, added.at, title).edits
    return Fix(title, UNSAFE, (Edit(start, start, f"{words} && "), *gone))
