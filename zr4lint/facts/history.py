"""The histories of a build: each stage that the image needs, with all earlier steps of its ancestors."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar

from zr4lint.facts.command_facts import Cloned, PackageRun, PipRun, ProjectRun, Ran
from zr4lint.facts.environments import environment_of
from zr4lint.facts.fact import Fact
from zr4lint.facts.images import Base, read_base
from zr4lint.facts.indexes import sources
from zr4lint.facts.instruction_facts import Copied, Origin, TriggerSet
from zr4lint.facts.memo import Memo
from zr4lint.facts.pip_install import Install
from zr4lint.knowledge.tables import built_repository
from zr4lint.knowledge.versions import pin_of
from zr4lint.model.budgets import HISTORIES
from zr4lint.programs.image_paths import absolute
from zr4lint.programs.pip import Requirement, constrained, joined, normalise, parse_pip, parse_requirement
from zr4lint.programs.python import python_module
from zr4lint.shell import Argument

if TYPE_CHECKING:
    from zr4lint.facts.collection import Facts, Stage
    from zr4lint.facts.fact import At
    from zr4lint.model.source import Span

_REPOSITORY = (
    r"(?:git\+)?(?:https?|ssh|git)://[^/\s]+/[^@#\s]*?(?P<name>[^/@#\s]+?)(?:\.git)?/?(?:@(?P<ref>[^#]+))?(?:#.*)?\Z"
)
_INSTALLERS = frozenset({
    "conda", "mamba", "micromamba", "poetry", "pipenv", "pdm", "pixi", "hatch", "make", "mim", "easy_install", "bash",
    "sh", "zsh", "cog", "cmake", "ninja", "comfy", "xargs", "eval", "jupyter", "rye", "spack",
})  # fmt: skip


_PROGRAMS = ("/uv", "/uvx")
"""Files that contain no Python packages if they are copied from another image."""

_CONDA_ROOT = "/opt/conda"
"""Where the images with conda keep it."""

_T = TypeVar("_T")
_F = TypeVar("_F", bound=Fact)


class History:
    """A stage, and all that happens before and in it."""

    def __init__(self, facts: Facts, stage: Stage, shared: Memo) -> None:
        self.facts = facts
        self.shared = shared
        self.stage = stage
        root = facts.stages[min(self.chain)]
        self.root = root
        known = root.image is not None and root.parent is None
        self.base: Base | None = read_base(root.image) if known and root.image is not None else None
        found = (self.install_of(run) for run in self.pip_runs)
        self.installs = [install for install in found if install is not None]
        self._memo = Memo()
        self._with: dict[str, list[Install]] = {}
        self.hints: dict[str, tuple[int, int] | None] = {}

    @property
    def chain(self) -> frozenset[int]:
        """Return the stage and its ancestors."""
        return self.facts.ancestry(self.stage.number)

    def of(self, kind: type[_F]) -> list[_F]:
        """Return the facts of one type, in order, with those of this stage's ONBUILDs last."""
        found = self.facts.of(kind, self.chain)
        if not self._holds_triggers:
            return found
        return [*found, *(fact for fact in self.of_stage(kind) if fact.at.trigger)]

    @cached_property
    def _holds_triggers(self) -> bool:
        return bool(self.facts.of(TriggerSet, (self.stage.number,)))

    def of_stage(self, kind: type[_F]) -> list[_F]:
        """Return the facts of one type in this stage."""
        return self.facts.of(kind, (self.stage.number,), triggers=True)

    @cached_property
    def pip_runs(self) -> list[PipRun]:
        """Return the calls of pip and equivalent installs of other programs, in order."""
        runs = self.of(PipRun)
        others = self.of(ProjectRun)
        return sorted([*runs, *others], key=lambda run: run.at.order) if others else runs

    @cached_property
    def own(self) -> Sequence[Install]:
        """Return the installs in this stage."""
        first = bisect_left(self.installs, self.stage.number, key=lambda install: install.at.stage)
        return self.installs[first:]

    @property
    def commands(self) -> list[Ran]:
        """Return the commands in this stage."""
        return self.of_stage(Ran)

    @property
    def final(self) -> bool:
        """Return whether the final image is this stage or builds on it."""
        return self.facts.final is not None and self.stage.number in self.facts.ancestry(self.facts.final.number)

    def install_of(self, run: PipRun) -> Install | None:
        """Return the install of a call of pip, shared by all histories that have it, or None for any other call."""
        if run.command.action != "install" or run.command.misplaced:
            return None
        facts = self.facts
        return self.shared.get(("install", run.at.order), lambda: _install(facts, facts.ancestry(run.at.stage), run))

    def before(self, at: At) -> list[Install]:
        """Return the installs before a place."""
        return self.installs[: bisect_left(self.installs, at.order, key=lambda install: install.at.order)]

    def before_with(self, at: At, package: str) -> list[Install]:
        """Return the installs of a package before a place."""
        if package not in self._with:
            self._with[package] = [install for install in self.installs if install.get(package) is not None]
        found = self._with[package]
        return found[: bisect_left(found, at.order, key=lambda install: install.at.order)]

    def text(self, at: At | None) -> str:
        """Return the text of all instructions before a place, or of all if it is None."""
        text, starts = _written(self.facts, self.chain)
        return text if at is None else text[: _end(at, starts)]

    def mentions(self, at: At | None, pattern: str) -> bool:
        """Return whether the text before a place, or all of it if `at` is None, matches a pattern.

        Rules report nothing if there is such a hint.
        """
        text, starts = _written(self.facts, self.chain)
        if pattern not in self.hints:
            first = re.search(pattern, text)
            self.hints[pattern] = first.span() if first is not None else None
        found = self.hints[pattern]
        end = len(text) if at is None else _end(at, starts)
        if found is None or found[0] >= end:
            return False
        return found[1] <= end or re.search(pattern, text[:end]) is not None

    def remembered(self, what: str, at: At | None, make: Callable[[], _T]) -> _T:
        """Return the value of `make` for one place, or for the whole history if `at` is None.

        It is computed once for all rules.
        """
        return self._memo.get((what, at.order if at is not None else None), make)

    @cached_property
    def uv_environments(self) -> list[Ran]:
        """Return the commands `uv venv`, the last first."""
        found = (r for r in self.of(Ran) if r.program == "uv")
        return [ran for ran in found if [a.value for a in ran.arguments[1:2]] == ["venv"]][::-1]

    @cached_property
    def conda_installs(self) -> list[PackageRun]:
        """Return the commands with which conda installs, the last first."""
        commands = ((run, run.command) for run in self.of(PackageRun))
        return [run for run, c in commands if (c.manager, c.action) == ("conda", "install")][::-1]

    def opaque(self, at: At) -> bool:
        """Return whether packages may have been installed before in a way that can't be read."""
        first = self._first_opaque
        if first is None or first >= at.order:
            return False
        return first < 0 or self.facts.facts[first].at.span != at.span  # conda passes a part of its list to pip

    @cached_property
    def _first_opaque(self) -> int | None:
        """Return the order of the first fact that may install unreadable packages, -1 for the base image, or None."""
        if self.base is None or not self.base.listed:
            return -1
        found = [install.at.order for install in self.installs if install.opaque][:1]
        for copied in self.of(Copied):
            if copied.origin in (Origin.STAGE, Origin.IMAGE) and not copied.source.endswith(_PROGRAMS):
                found.append(copied.at.order)
                break
        for ran in self.of(Ran):
            if installs(ran):
                found.append(ran.at.order)
                break
        return min(found, default=None)

    def has(self, package: str, at: At) -> bool | None:
        """Return whether a package was installed before a place, or None if that is unknown."""
        if self.base is not None and self.base.torch is not None and package in ("torch", "torchvision", "torchaudio"):
            return True
        before = self.before_with(at, package)
        if before:
            return None if before[0].unsure else True
        return None if self.opaque(at) else False

    def setting(self, variables: Mapping[str, str | None], name: str) -> str | None:
        """Return the value of a variable, "" if it is unset, or None if it is unknown."""
        if name in frozenset(variables):  # build arguments without a value are included
            return variables[name]
        return "" if self.base is not None and self.base.listed else None


def histories_of(facts: Facts) -> list[History]:
    """Return a history for each stage that the image needs, or the last `budgets.HISTORIES` of them.

    The histories share what they have in common.
    """
    shared = Memo()
    return [History(facts, facts.stages[number], shared) for number in facts.needed[-HISTORIES:]]


def by_uv(facts: Facts, run: PipRun) -> bool:
    """Return whether uv runs a call of pip."""
    return facts.dockerfile.source.slice(run.command.words).split()[0].endswith("uv")


def pinned(requirement: Requirement | None) -> str | None:
    """Return the version that a requirement pins, including its local part, or None."""
    return pin_of(requirement.specifier) if requirement is not None else None


@lru_cache(maxsize=1)
def _written(facts: Facts, chain: frozenset[int]) -> tuple[str, dict[int, int]]:
    """Return the text of stages, and by index how far each instruction is moved in it; the last result is cached."""
    source = facts.dockerfile.source
    parts: list[str] = []
    starts: dict[int, int] = {}
    length = 0
    for stage in sorted(chain):
        for instruction in facts.instructions_of(stage):
            parts.append(source.slice(instruction.span))
            starts[instruction.index] = length - instruction.span.start
            length += len(parts[-1]) + 1
    return "\n".join(parts), starts


def _end(at: At, starts: Mapping[int, int]) -> int:
    return starts[at.instruction.index] + at.span.start


def _install(facts: Facts, chain: frozenset[int], run: PipRun) -> Install:
    """Return what a call of pip installs; it is opaque if it may install further packages."""
    requirements: list[Requirement] = []
    repositories: list[tuple[str, Span]] = []
    opaque = False
    operands = [*run.command.parsed.operands]
    operands += (Argument(o.value, o.value_span) for o in run.command.parsed.all("editable"))
    for operand in operands:
        if (cloned := _of_clone(facts, chain, run, operand)) is not None:
            requirements.append(cloned)
            opaque = True
        else:
            opaque = _read(operand, requirements, repositories) or opaque
    for listing in run.listings:
        opaque = opaque or listing is None or listing.opaque
        for wanted in listing.wanted if listing is not None else ():
            opaque = _read(wanted, requirements, repositories) or opaque
    for project in run.projects:
        for wanted in project.wanted:
            _read(wanted, requirements, repositories)
    opaque = opaque or run.command.parsed.get("group") is not None
    uv = by_uv(facts, run)
    allowed = tuple(constrained(joined(requirements), run.constraints))
    return Install(
        run,
        allowed,
        tuple(repositories),
        opaque,
        sources(run, uv=uv),
        _environment(facts, chain, run),
        uv,
        _replaced(facts, run),
    )


def _environment(facts: Facts, chain: frozenset[int], run: PipRun) -> str | None:
    """Return the environment of a call; the root of conda in an image that keeps its packages there is the image's."""
    found = environment_of(run)
    image = facts.stages[min(chain)].image if found == _CONDA_ROOT else None
    return "" if image is not None and read_base(image).python_kept == "conda" else found


def _replaced(facts: Facts, run: PipRun) -> bool:
    """Return whether another install runs if a command fails: `pip install A || pip install B`."""
    for order in range(run.at.order + 1, len(facts.facts)):
        fact = facts.facts[order]
        if fact.at.instruction is not run.at.instruction:
            return False
        if fact.at.span.start >= run.at.span.end:
            return fact.at.operator == "||" and isinstance(fact, Ran) and parse_pip(fact.arguments) is not None
    return False


def _of_clone(facts: Facts, chain: frozenset[int], run: PipRun, operand: Argument) -> Requirement | None:
    """Return the requirement that a folder stands for: a clone of a known repository, or None."""
    path = (operand.value or "").partition("[")[0].removeprefix("file://")
    if path[:1] not in (".", "/") or run.folder is None:
        return None
    path = absolute(path, run.folder) or ""
    for cloned in reversed(facts.of(Cloned, chain)):
        build = built_repository(cloned.clone.url.value or "") if cloned.at.order < run.at.order else None
        if build is None or cloned.target is None:
            continue
        if path.rstrip("/") == f"{cloned.target}/{build.subfolder}".rstrip("/"):
            return Requirement(build.name, "", "", cloned.clone.url.value, None, operand.span, operand.quoted)
    return None


def _read(argument: Argument, requirements: list[Requirement], repositories: list[tuple[str, Span]]) -> bool:
    """Add the requirement of an argument to the lists; return True if it can't be read."""
    found = parse_requirement(argument)
    if found is not None:
        requirements.append(found)
        return False
    if argument.value is None or (repository := re.match(_REPOSITORY, argument.value)) is None:
        return True
    known = built_repository(argument.value)
    name = known.name if known is not None else normalise(repository["name"])
    repositories.append((argument.value, argument.span))
    requirements.append(Requirement(name, "", "", argument.value, None, argument.span, argument.quoted))
    return False


def installs(ran: Ran) -> bool:
    """Return whether a command may install Python packages by other means than pip."""
    words = [a.value or "" for a in ran.arguments]
    if words[0].rpartition("/")[2].startswith(("pip", "python", "uv")):
        module = python_module(ran.arguments)
        if parse_pip(ran.arguments) is not None or (
            module is not None and module.name in ("venv", "virtualenv") and module.arguments
        ):
            return False
    if ran.program in _INSTALLERS or words[0].startswith("./") or words[0].endswith((".sh", ".py")):
        return True
    if ran.program == "uv":
        return words[1:2] not in (["venv"], ["cache"], ["--version"])
    if ran.program.startswith("python") and re.match(r"python[\d.]*\Z", ran.program):
        return any(w.endswith(".py") for w in words[1:2]) or words[1:2] == ["-m"]
    return False
