"""Decides which Python environment a call of pip works on, and which packages an environment has in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.facts.command_facts import PipRun, Removed, VenvCreated
from zr4lint.facts.instruction_facts import EnvSet
from zr4lint.facts.memo import Memo
from zr4lint.knowledge.versions import bounds, lets_in
from zr4lint.model.source import Span
from zr4lint.programs.image_paths import absolute, covers
from zr4lint.programs.pip import Requirement
from zr4lint.programs.python import SYSTEM_FOLDERS, minor_of

if TYPE_CHECKING:
    from zr4lint.facts.collection import Facts

_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER")


class Standing(Struct, frozen=True):
    """The state of a package after the last command that changed it.

    `undone` is the span that removed it again or keeps pip from installing it. `unsure` tells that it depends on a
    condition.
    """

    run: PipRun
    requirement: Requirement
    undone: Span | None
    unsure: bool


class PythonEnvironment:
    """The Python environment on PATH at the end of some stages, and the effects of pip on it."""

    def __init__(self, facts: Facts, lineage: frozenset[int]) -> None:
        self._facts = facts
        self._lineage = lineage
        self._venvs = facts.of(VenvCreated, lineage)
        self._standing = Memo()

    @cached_property
    def pip_installs(self) -> list[PipRun]:
        """Return all calls of `pip install`, in order."""
        return [run for run in self._facts.of(PipRun, self._lineage) if run.command.action == "install"]

    @cached_property
    def own_installs(self) -> list[PipRun]:
        """Return the calls of `pip install` that install into this environment."""
        return [run for run in self.pip_installs if self._works_here(run)]

    @cached_property
    def _folders(self) -> frozenset[str]:
        """Return the bin folders of the environments that are on PATH at the end, or of all environments if none is."""
        paths = [e.value for e in self._facts.of(EnvSet, self._lineage) if e.name == "PATH" and e.value]
        own = [f"{venv.path}/bin" for venv in self._venvs if venv.path]
        last = paths[-1].split(":") if paths else []
        return frozenset([folder for folder in own if folder in last] or own)

    def _works_here(self, run: PipRun) -> bool:
        """Return whether a call of pip has an effect in this environment."""
        return not idle(run) and not self._elsewhere(run)

    def _elsewhere(self, run: PipRun) -> bool:
        """Return whether a call of pip works outside the environment on PATH."""
        if run.command.elsewhere or (run.settings and any(run.settings.get(name) for name in _ELSEWHERE)):
            return True
        before = [v for v in self._venvs if v.at.order < run.at.order and v.path]
        if not before:
            return False
        folder, slash, program = run.command.program.rpartition("/")
        if slash:
            return (absolute(folder or "/", run.folder) or folder) not in self._folders
        folders = ("\0" if run.path is None else run.path).split(":")
        first = next((f for f in folders if "\0" in f or f in {f"{v.path}/bin" for v in before}), None)
        if first is None or ("\0" not in first and first not in self._folders):
            return True
        minor, pythons = minor_of(program, "python", "pip"), _minors(before)
        return minor is not None and bool(pythons) and minor not in pythons

    def standing(self, package: str) -> Standing | None:
        """Return the state of a package at the end of the build, or None if no command installs it."""
        return self._standing.get(package, lambda: self._stands(package))

    def misplaced(self, package: str) -> PipRun | None:
        """Return a command that installs the package into another environment, or None."""
        fitting = (r for r in self.pip_installs if r.command.requirement(package) and self._elsewhere(r))
        return next(fitting, None)

    def _stands(self, package: str) -> Standing | None:
        found: Standing | None = None
        ignored: Standing | None = None
        for run in self._facts.of(PipRun, self._lineage):
            requirement = self._applying(run, package)
            if requirement is None or not self._works_here(run):
                continue
            if run.command.action == "uninstall":
                if found is not None:
                    found = structs.replace(found, undone=requirement.span, unsure=found.unsure or run.at.unsure)
                continue
            if found is not None and _repeats(run, requirement, found):
                continue
            applies = _applies(requirement.marker, self._venvs)
            if applies is False:
                ignored = ignored or Standing(run, requirement, requirement.span, False)
            elif found is None or found.undone or found.unsure or _replaces(run, requirement, found):
                found = Standing(run, requirement, None, run.at.unsure or applies is None)
        return self._after_removals(found, package) if found is not None else ignored

    def _applying(self, run: PipRun, package: str) -> Requirement | None:
        """Return the requirement of a command on a package: among several, one whose marker applies."""
        found = [r for r in run.command.requirements if r.name == package]
        applying = (r for r in found if len(found) > 1 and _applies(r.marker, self._venvs) is not False)
        return next(applying, found[0] if found else None)

    def _after_removals(self, found: Standing, package: str) -> Standing:
        own = [v for v in self._venvs if v.path and f"{v.path}/bin" in self._folders]
        folders = [folder for v in own for folder in (v.path or "", _site_packages(v, package))]
        for removed in self._facts.of(Removed, self._lineage):
            if removed.at.order < found.run.at.order or not removed.recursive or removed.at.unsure:
                continue
            if any(covers(p, folder, recursive=True) for p in removed.paths for folder in folders):
                return structs.replace(found, undone=removed.at.span)
        later = (v for v in own if v.clears and v.at.order > found.run.at.order and not v.at.unsure)
        cleared = next(later, None)
        return found if cleared is None else structs.replace(found, undone=cleared.at.span)


def _site_packages(venv: VenvCreated, package: str) -> str:
    """Return the folder of a package in an environment, assuming the usual name of its module."""
    return f"{venv.path}/lib/{venv.python}/site-packages/{package.replace('-', '_')}"


def idle(run: PipRun) -> bool:
    """Return whether a call of pip has no effect: rejected, a dry run, or without a source of packages."""
    dry = run.settings.get("PIP_DRY_RUN") not in (None, "", "0", "false", "no", "off")
    return dry or bool(run.command.misplaced or run.command.refused) or _finds_nothing(run)


def _finds_nothing(run: PipRun) -> bool:
    """Return whether `pip install` has no source to find its packages in, because of --no-index."""
    parsed = run.command.parsed
    if run.command.action != "install" or not parsed.has("no-index") or parsed.has("find-links", "no-deps", "editable"):
        return False
    local = any("/" in (operand.value or "/") or operand.value == "." for operand in parsed.operands)
    return not local and "PIP_FIND_LINKS" not in run.settings


def environment_of(run: PipRun) -> str | None:
    """Return the folder of the environment that a call works on, "" for the system's, or None if it is unknown."""
    if run.command.elsewhere or run.command.parsed.has("target", "prefix", "root"):
        return None
    found = environment_at(run.command.program, run.variables, run.path)
    if found != "" or run.command.program.rpartition("/")[2] != "uv" or run.folder is None:
        return found
    system = run.command.parsed.has("system") or run.settings.get("UV_SYSTEM_PYTHON", "") not in ("", "0", "false")
    return "" if system else f"{run.folder.rstrip('/')}/.venv"


def environment_at(program: str, variables: Mapping[str, str | None], path: str | None) -> str | None:
    """Return the folder of the environment that a program works on, as `environment_of` does."""
    folder = program.rpartition("/")[0]
    if folder:
        return folder.removesuffix("/bin")
    if virtual := variables.get("VIRTUAL_ENV"):
        return virtual
    first = (path or "\0").partition(":")[0]
    if first.startswith("\0") or first in SYSTEM_FOLDERS:
        return ""
    return first.removesuffix("/bin") if first.endswith("/bin") else None


def _applies(marker: str | None, venvs: list[VenvCreated]) -> bool | None:
    """Return whether an environment marker applies here, or None if it depends on unknown values."""
    if marker is None:
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

    minors = _minors(venvs)
    if len(minors) != 1 and "python" in marker:
        return None
    minor = next(iter(minors), "3")
    linux = {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "extra": ""}
    python = {"python_version": minor, "python_full_version": f"{minor}.0", "implementation_name": "cpython"}
    try:
        return Marker(marker).evaluate({**linux, **python})
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
        return None


def _repeats(run: PipRun, requirement: Requirement, found: Standing) -> bool:
    """Return whether a conditional command repeats an install, as the second one in `pip install X || ...` does."""
    sure = not found.unsure and found.undone is None and run.at.unsure
    return sure and bool(requirement.specifier) and requirement.specifier == found.requirement.specifier


def _minors(venvs: Iterable[VenvCreated]) -> set[str]:
    """Return the versions of the Pythons that create environments, as given by their names."""
    return {minor for v in venvs if (minor := minor_of(v.python, "python", "pip"))}


def _replaces(run: PipRun, new: Requirement, standing: Standing) -> bool:
    """Return whether pip replaces the installed version; it doesn't if that satisfies `new`."""
    old = standing.requirement
    if not new.specifier:
        return run.command.upgrades or new.url is not None
    if new.specifier == old.specifier:
        return run.command.upgrades
    present = bounds(old.specifier)
    pin = present.pin if present is not None else None
    if pin is None or run.command.upgrades:
        return True
    index = standing.run.command.parsed.get("index-url")
    local = (index.value or "").rstrip("/").rpartition("/")[2] if index is not None else ""
    return not lets_in(new.specifier, str(pin)) and not (local and lets_in(new.specifier, f"{pin}+{local}"))
