"""Derives demands on the packages that package managers install, and on their options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from zr4lint.checks.spec.required_packages import family
from zr4lint.documents.deriving.demand import Demand, Golden, Pins
from zr4lint.facts import AptRun, Cloned, PackageRun, PipRun, RepositoryAdded, VenvCreated
from zr4lint.facts.environments import idle

if TYPE_CHECKING:
    from zr4lint.programs.pip import Requirement

_OF_PIP = ("pip", "pip3", "uv", "pipx")
_PASSED = ("no-cache-dir", "quiet", "verbose", "requirement", "constraint", "index-url", "extra-index-url", "editable")
_BOUND = r"(?:>=|<=|<|>)\s*\d"
_LOCAL = r"cu\d+|cpu|rocm[\d.]+"
_NUMBERS = r"(\d+\.\d+)\.\d[\w.+~:-]*"


def system_packages(golden: Golden) -> Iterator[Demand]:
    """Yield the packages that apt and other managers install, and the options of each call of apt."""
    for run in golden.of(PackageRun):
        manager = family(run.command.manager)
        if manager in _OF_PIP or run.command.action not in ("install", "group"):
            continue
        for word in run.command.packages:
            version = _version(word.version, golden.pins)
            summary = f"{manager} installs these packages."
            if version:
                given: dict[str, object] = {"manager": manager, "versions": {word.name: version}}
                yield Demand("installed-packages", given, word.span, summary, golden.stage, "versions")
                continue
            given = {"manager": manager, "packages": [word.name]}
            general = Demand("installed-packages", given, word.span, summary, golden.stage, "packages")
            if manager == "apt":
                names = {"packages": [word.name]}
                yield Demand("apt-packages", names, word.span, summary, golden.stage, "packages", instead=general)
            else:
                yield general
    installs = [run for run in golden.of(AptRun) if run.command.action == "install"]
    for kind, parameters, summary in _HABITS if installs else ():
        yield Demand(kind, parameters, installs[0].command.words, summary, golden.stage, habit=True)


_INSTALL = ["apt-get|apt install"]
_YES = ["-y", "--yes", "--assume-yes", "-qq"]
_LEAN = ["--no-install-recommends"]
_HABITS: Sequence[tuple[str, Mapping[str, object], str]] = (
    ("apt-update", {}, "Each `apt-get install` comes after an update in the same RUN."),
    ("command-option", {"commands": _INSTALL, "options": _YES}, "Each `apt-get install` has an option such as `-y`."),
    (
        "command-option",
        {"commands": _INSTALL, "options": _LEAN},
        "Each `apt-get install` leaves out recommended packages.",
    ),
    ("package-cache", {"manager": "apt"}, "Each RUN that updates apt removes the package lists."),
)


def _version(version: str | None, pins: Pins) -> str:
    if version is None or pins == "none":
        return ""
    return version if pins == "exact" else re.sub(_NUMBERS, r"\1*", version)


def repositories(golden: Golden) -> Iterator[Demand]:
    """Yield the added apt repositories and the virtual environments."""
    for added in golden.of(RepositoryAdded):
        if added.name is None or added.removed:
            continue
        later = [r for r in golden.of(AptRun) if r.at.order > added.at.order and r.command.action == "install"]
        given = {
            "repository": added.name,
            "packages": [package.name for package in later[0].command.packages] if later else [],
        }
        yield Demand("apt-repository", given, added.span, f"The repository `{added.name}` is added.", golden.stage)
    for made in golden.of(VenvCreated):
        if made.path is not None:
            given = {"python": made.python.rpartition("/")[2], "path": made.path}
            yield Demand("venv", given, made.path_span, f"A virtual environment is at `{made.path}`.", golden.stage)


def python_packages(golden: Golden) -> Iterator[Demand]:
    """Yield the installs of pip: packages with specifiers, indexes, options, requirements files, and their order."""
    runs = [run for run in golden.of(PipRun) if run.command.action == "install" and not idle(run)]
    before: Requirement | None = None
    for run in runs:
        named = [requirement for requirement in run.command.requirements if requirement.url is None]
        for requirement in named:
            yield from _versions(golden, run, requirement)
        yield from _files(golden, run)
        if not named:
            continue
        yield from _options(golden, run, named)
        rest = [requirement.name for requirement in named[1:]]
        if rest and run.command.parsed.has("index-url"):
            both = {"package": named[0].name, "companions": rest}
            summary = f"One command installs {named[0].name} and these packages."
            yield Demand("pip-companions", both, run.command.words, summary, golden.stage)
        if before is not None and before.name != named[0].name:
            order = {"first": before.name, "then": named[0].name}
            summary = f"{before.name} is installed before {named[0].name}."
            yield Demand("pip-order", order, run.command.words, summary, golden.stage)
        before = named[0]
    if runs:
        summary = "No `pip install` leaves its cache in the image."
        yield Demand("package-cache", {"manager": "pip"}, runs[0].command.words, summary, golden.stage, habit=True)


def _versions(golden: Golden, run: PipRun, requirement: Requirement) -> Iterator[Demand]:
    """Yield a package with its version, one demand per bound, since two requirements may state a range."""
    specifier = _specifier(requirement.specifier, golden.pins)
    parts = [part.strip() for part in specifier.split(",")]
    if all(re.match(_BOUND, part) for part in parts):
        for part in parts:
            given: dict[str, object] = {"package": requirement.name, "bound": part, "within": specifier}
            summary = f"{requirement.name} has the bound `{part}`."
            yield Demand("pip-bound", given, requirement.span, summary, golden.stage)
        return
    given = {"packages": [f"{requirement.name}{requirement.extras}{specifier}"]}
    index = run.command.parsed.get("index-url")
    label = (index.value or "").rstrip("/").rpartition("/")[2] if index is not None else ""
    if specifier.startswith("==") and re.fullmatch(_LOCAL, label):
        given["local"] = [label]
    summary = "pip installs these packages."
    yield Demand("python-packages", given, requirement.span, summary, golden.stage, "packages")


def _files(golden: Golden, run: PipRun) -> Iterator[Demand]:
    for path, span in run.files:
        if path is not None:
            summary = "pip installs these requirements files."
            plain = Demand("requirement-files", {"files": [path]}, span, summary, golden.stage, "files")
            clone = next((c for c in golden.of(Cloned) if c.target and path.startswith(f"{c.target}/")), None)
            if clone is None:
                yield plain
                continue
            strict = {"file": path, "target": clone.target}
            summary = f"pip installs `{path}`."
            yield Demand("pip-requirements", strict, span, summary, golden.stage, instead=plain)


def _specifier(specifier: str, pins: Pins) -> str:
    if pins == "none":
        return ""
    if pins == "exact" or not specifier.startswith("=="):
        return specifier
    return re.sub(r"\A===?\s*(\d+\.\d+)\..*\Z", r"==\1.*", specifier)


def _options(golden: Golden, run: PipRun, named: list[Requirement]) -> Iterator[Demand]:
    names = [requirement.name for requirement in named]
    options = run.command.parsed
    if (index := options.get("index-url")) is not None and index.value:
        for name in names:
            given = {"package": name, "url": index.value}
            yield Demand("pip-index", given, index.span, f"{name} comes from this index alone.", golden.stage)
    for extra in options.all("extra-index-url"):
        given_all: dict[str, object] = {"packages": names, "url": extra.value}
        yield Demand("pip-extra-index", given_all, extra.span, "These packages have this extra index.", golden.stage)
    for option in options.options:
        if option.name in _PASSED:
            continue
        text = f"--{option.name}" + (f"={option.value}" if option.value and option.value != option.name else "")
        given = {"package": names[0], "option": text}
        yield Demand("pip-option", given, option.span, f"{names[0]} is installed with `{text}`.", golden.stage)
    quoted = [r.name for r in named if set(r.specifier) & set("<>")]
    if quoted:
        summary = "No specifier is read as a redirection."
        yield Demand("pip-quoted", {"packages": quoted}, run.command.words, summary, golden.stage)
