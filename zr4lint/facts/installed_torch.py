"""Finds which torch and which Python a command uses."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.facts.command_facts import CondaListed, PipRun, VenvCreated
from zr4lint.facts.history import History, pinned
from zr4lint.facts.pip_install import Install
from zr4lint.knowledge.tables import build_tag, distribution, torch_release
from zr4lint.model.finding import Related
from zr4lint.model.source import Span
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.fact import At

TORCH_FAMILY = ("torch", "torchvision", "torchaudio")
_VERSION = r"(?:python|pip)?(3\.\d+)(?:\.\d+)?\Z"
_OTHER_PYTHONS = (
    r"deadsnakes|update-alternatives(?=[^&;]*python)(?![^&;]*python3? \d)|pyenv|conda|mamba|"
    r"ln -s\S* (?:\S*/)?python(?!3?\s)|Python-[3$]|python\.org/ftp|cpython|install[-_]?python|uv python|pypy|rye |"
    r"(?m:--from=\S+ (?:\S+ )*/(?:usr/?|usr/local/?)?$)"
)
_OF_CONDA = r"=+v?(3\.\d+)(?:[.=*].*)?"


class TorchState(Struct, frozen=True):
    """An installed torch; `cuda` is the tag of its build, "cu124" or "cpu", or None if it is unknown.

    `order` is -1 for a torch of the base image.
    """

    version: str
    cuda: str | None
    span: Span
    order: int
    install: Install | None

    @property
    def related(self) -> Related:
        """Return the place where it is installed, for a finding on something else."""
        return Related(f"torch {self.version} is installed here", self.span)

    @property
    def minor(self) -> str:
        """Return the first two numbers of the version."""
        return ".".join(self.version.split(".")[:2])


def torch_in(install: Install) -> TorchState | None:
    """Return the torch that an install pins, or None."""
    requirement = install.get("torch")
    version = pinned(requirement)
    if requirement is None or version is None or requirement.marker is not None:
        return None
    public, _, local = version.partition("+")
    return TorchState(public, local or build_of(install, public), requirement.span, install.at.order, install)


def build_of(install: Install, version: str) -> str | None:
    """Return the tag of the build that an install of this exact torch gets, or None if it is unknown."""
    tags = install.sources.tags
    if len(tags) == 1:
        return tags[0]
    known = torch_release(version)
    if known is not None and known.pypi_cuda and not install.sources.all and not install.sources.backend:
        return build_tag(known.pypi_cuda)
    return None


def torch_at(history: History, install: Install) -> TorchState | None:
    """Return the torch that is installed before an install, or None if there is none or its version is unknown.

    A torch in a different virtual environment doesn't count, unless either environment is the system's.
    """
    found = _torch_before(history, install.at)
    there = found.install.environment if found is not None and found.install is not None else None
    return None if there and install.environment and there != install.environment else found


def _torch_before(history: History, at: At) -> TorchState | None:
    """Return the torch after the last earlier command."""
    runs = history.pip_runs
    end = bisect_left(runs, at.order, key=lambda run: run.at.order)
    # All histories that have a command have the same torch after it.
    known: dict[int, TorchState | None] = history.shared.get("torch behind", dict)
    start = end
    while start and runs[start - 1].at.order not in known:
        start -= 1
    found = known[runs[start - 1].at.order] if start else _torch_of_base(history)
    for run in runs[start:end]:
        found = known[run.at.order] = _torch_after(found, run, history.install_of(run))
    return found


def _torch_of_base(history: History) -> TorchState | None:
    if history.base is None or history.base.torch is None:
        return None
    cuda = history.base.cuda
    build = build_tag(cuda) if cuda is not None and not history.base.own_torch else None
    return TorchState(history.base.torch, build, history.root.image_span, -1, None)


def _torch_after(found: TorchState | None, run: PipRun, install: Install | None) -> TorchState | None:
    """Return the torch after a command of pip, if `found` is the torch before it."""
    if run.command.action == "uninstall" and run.command.requirement("torch") is not None:
        found = None
    requirement = install.get("torch") if install is not None else None
    if install is None or requirement is None or install.environment is None:
        return found
    state = torch_in(install)
    if state is not None and not install.unsure:
        return state
    if state is not None or requirement.specifier or install.run.command.upgrades or requirement.url:
        return None
    return found


def python_at(history: History, install: Install) -> str | None:
    """Return the version of the Python that an install is for ("3.10"), or None if it is unknown."""
    return history.remembered("python", install.at, lambda: _python_at(history, install))


def _python_at(history: History, install: Install) -> str | None:
    for option in ("python", "python-version"):
        given = install.run.command.parsed.get(option)
        if given is not None:
            found = re.match(_VERSION, (given.value or "").rpartition("/")[2])
            return found[1] if found else None
    program = install.run.command.program.rpartition("/")[2]
    if found := re.match(_VERSION, program):
        return found[1]
    folder = install.environment
    if folder is None:
        return None
    if folder:
        return _of_environment(history, folder, install.at)
    return default_python(history, install.at)


def default_python(history: History, at: At) -> str | None:
    """Return the version of python3, or None if it is unknown."""
    base = history.base
    if base is None or history.mentions(at, _OTHER_PYTHONS):
        return None
    python = base.python
    if python is None and base.kind in ("ubuntu", "debian", "cuda"):
        row = distribution(base.distribution)
        python = row.get("python") if row is not None else None
    if python is None:
        return None
    other = rf"python(?!{re.escape(python)}\b)3\.\d+"
    replaced = rf"\b(?:ln|cp|mv) [^&;|\n]*{other}|{other} (?:\S*get-pip|-m (?:ensurepip|pip))|\| *{other}\s"
    return None if history.mentions(at, replaced) else python  # another Python brings its own pip, or becomes python3


def _of_environment(history: History, folder: str, at: At) -> str | None:
    for created in reversed(history.of(VenvCreated)):
        if created.path == folder and created.at.order < at.order and created.at.reach is Reach.ALWAYS:
            found = re.match(_VERSION, created.python)
            return found[1] if found else default_python(history, created.at)
    for ran in history.uv_environments:
        words = [a.value or "" for a in ran.arguments]
        if ran.at.order >= at.order:
            continue
        if folder in words or (ran.folder is not None and folder == f"{ran.folder.rstrip('/')}/.venv"):
            given = next((w for w in words if re.match(_VERSION, w.removeprefix("--python="))), None)
            return re.match(_VERSION, given.removeprefix("--python="))[1] if given else None  # type: ignore[index]
    return python_by_conda(history, folder, at)


def python_by_conda(history: History, folder: str, at: At) -> str | None:
    """Return the version of the Python that conda installs into an environment, or None."""
    for run in history.conda_installs:
        if run.at.order > at.order:
            continue
        name, prefix = run.command.options.get("name"), run.command.options.get("prefix")
        place = f"/envs/{name.value}" if name is not None and name.value != "base" else prefix and prefix.value
        here = folder.endswith(place) if place else "/envs/" not in folder
        python = next((package.version for package in run.command.packages if package.name == "python"), None)
        if here and python is not None and run.at.reach is Reach.ALWAYS:
            found = re.fullmatch(_OF_CONDA, python)
            return found[1] if found is not None else None
    return _listed_python(history, at)


def _listed_python(history: History, at: At) -> str | None:
    """Return the Python of the environment file whose list conda passes to pip, or None."""
    lists = (listed.packages for listed in history.of(CondaListed) if listed.at.span == at.span)
    versions = [package.version or "" for packages in lists for package in packages if package.name == "python"]
    found = re.fullmatch(_OF_CONDA, versions[0]) if versions else None
    return found[1] if found is not None else None


def older(version: str, than: str) -> bool:
    """Return whether a version is lower than another, compared by their numbers."""
    return numbers(version) < numbers(than)


@lru_cache(maxsize=256)
def numbers(version: str) -> tuple[int, ...]:
    """Return the first three numbers of a version, without the local part."""
    return tuple(int(n) for n in re.findall(r"\d+", version.partition("+")[0])[:3])
