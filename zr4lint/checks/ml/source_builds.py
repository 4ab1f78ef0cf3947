"""Checks for packages that are built from source: isolation, build tools, and build variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.checks.edits import UNSAFE, add_words
from zr4lint.checks.ml.builds import MMCV, Build, builds, mmcv_wheel, source_builds_of
from zr4lint.checks.ml.cloned import MOVING, at_fixed_commit, reference_of
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun, Cloned
from zr4lint.facts.history import pinned
from zr4lint.facts.installed_torch import older, torch_at, torch_in
from zr4lint.facts.pips import isolates
from zr4lint.knowledge.tables import SourceBuild, newest_torch, release, table
from zr4lint.knowledge.versions import bounds, lets_in
from zr4lint.model.finding import Related, Severity
from zr4lint.model.quoting import code

if TYPE_CHECKING:
    from zr4lint.facts.history import History

_SMALL = frozenset({
    "pip", "setuptools", "wheel", "torch", "torchvision", "torchaudio", "numpy", "packaging", "ninja", "psutil",
    "flash-attn", "xformers", "einops", "mmcv", "cython", "uv", "requests",
})  # fmt: skip
"""Packages that install no build tools apart from those checked below."""


@check("ml/build-isolated")
def build_isolated(subject: Subject) -> Outcomes:
    """Packages that import torch or pip while they are built can import them."""
    for history in histories(subject):
        for build, row in source_builds_of(history):
            if row.imports:
                yield from _isolated(subject, history, build, row)
            elif row.declares:
                yield from _declared(history, build, row)
        for build in builds(history, "mmpose"):
            yield from _mmpose(history, build)


def _isolated(subject: Subject, history: History, build: Build, row: SourceBuild) -> Outcomes:
    install, package = build.install, build.package
    if package in MMCV and mmcv_wheel(history, build) is True:
        return
    if install.isolated:
        pyproject = _has_pyproject(subject, history, build, row)
        isolated = isolates(history, install, pyproject=pyproject is True)
        if isolated is False:
            if pyproject is False:
                yield from _without_torch(history, build, row)
            return
        yield Unmet(
            f"{package} is built in isolation, without {row.imports}",
            build.requirement.span,
            expected="--no-build-isolation",
            fix=add_words(
                install.at.instruction,
                install.run.command.words.end,
                "--no-build-isolation",
                "Add --no-build-isolation",
                UNSAFE,
            ),
            unsure=build.unsure or isolated is None,
            notes=(_what_fails(package, row), "uv, and pip from 25.3 on, build packages in an isolated environment."),
            help=f"Add --no-build-isolation, and first install {row.imports} and the build tools",
            references=(*row.source.split("; "), "pip 25.3 changelog"),
        )
    else:
        yield from _without_torch(history, build, row)


def _has_pyproject(subject: Subject, history: History, build: Build, row: SourceBuild) -> bool | None:
    """Return whether the release or commit to build has a pyproject.toml, or None if that is unknown."""
    if not row.pyproject:
        return False
    version = pinned(build.requirement) or ""
    if (url := build.requirement.url) is not None:
        version = reference_of(url)
        for clone in history.of(Cloned):
            if clone.clone.url.value == url and at_fixed_commit(subject, clone):
                branch = clone.clone.parsed.get("branch")
                version = (branch.value if branch is not None else None) or "commit"
    if not version or version in MOVING:
        return True  # the newest
    numbers = release(version.removeprefix("v"))
    if url is None:
        return not row.pyproject_since or numbers >= release(row.pyproject_since)
    return numbers >= release(row.pyproject_since) if numbers and row.pyproject_since else None


def _what_fails(package: str, row: SourceBuild) -> str:
    """Return the note for a package whose build cannot import what it needs."""
    if package in MMCV:
        return (
            "setup.py does not find torch. It fails with `No module named 'pkg_resources'`, or, with setuptools older "
            "than 82, installs mmcv without its compiled operations."
        )
    return f"setup.py imports {row.imports}. The install fails with `No module named '{row.imports}'`."


def _without_torch(history: History, build: Build, row: SourceBuild) -> Outcomes:
    """Yield an outcome for a build that can import torch, but before torch is installed."""
    if row.imports != "torch" or build.package in MMCV or history.has("torch", build.install.at) is not False:
        return
    notes = [f"The setup.py of {build.package} imports torch. The install fails with `No module named 'torch'`."]
    if build.install.get("torch"):
        notes.append("pip runs setup.py before it installs the torch of the same command.")
    yield Unmet(
        f"torch is not installed before {build.package}",
        build.requirement.span,
        expected="torch installed before this command",
        unsure=build.unsure,
        notes=tuple(notes),
        help="Install torch in an earlier command",
        references=tuple(row.source.split("; ")),
    )


def _declared(history: History, build: Build, row: SourceBuild) -> Outcomes:
    """Yield an outcome for a build that uses the newest torch, although another one is installed."""
    torch = torch_at(history, build.install)
    if torch is None or not build.install.isolated or build.install.constrained:
        return
    if not older(torch.minor, newest_torch()):
        return
    yield Unmet(
        f"{build.package} is built for the newest torch, not for torch {torch.version}",
        build.requirement.span,
        expected="--no-build-isolation",
        severity=Severity.WARNING,
        unsure=build.unsure,
        notes=("torch is one of its build requirements, and an isolated build takes the newest one for itself.",),
        help="Add --no-build-isolation, and first install the build tools",
        related=(Related(f"torch {torch.version} is installed here", torch.span),),
        references=tuple(row.source.split("; ")),
    )


def _mmpose(history: History, build: Build) -> Outcomes:
    row = table("openmmlab")["chumpy"]
    install = build.install
    if build.requirement.url or not lets_in(build.requirement.specifier, row["newest"]) or not install.isolated:
        return
    if isolates(history, install) is False:
        return
    if (
        install.option("no-deps")
        or history.has("chumpy", install.at) is not False
        or history.mentions(install.at, "chumpy")
    ):
        return
    yield Unmet(
        "mmpose needs chumpy, which cannot be built in isolation",
        build.requirement.span,
        expected="pip install --no-build-isolation chumpy, before this command",
        unsure=build.unsure or isolates(history, install) is None,
        notes=("chumpy's setup.py imports pip. The install fails with `No module named 'pip'`.",),
        help="Install chumpy first, with --no-build-isolation",
        references=("mmpose issue 3218",),
    )


@check("ml/build-tools-missing")
def build_tools_missing(subject: Subject) -> Outcomes:
    """Without isolation, the build tools of flash-attn are installed first."""
    for history in histories(subject):
        if history.base is None or not history.base.plain:
            continue
        for build in builds(history, "flash-attn"):
            install = build.install
            if install.isolated or history.opaque(install.at):
                continue
            before = {r.name for other in history.before(install.at) for r in other.requirements}
            if before - _SMALL or build.unsure:
                continue  # another package may have installed them
            apt = {p.name for run in history.of(AptRun) for p in run.command.packages}
            jobs = history.setting(install.run.variables, "MAX_JOBS")
            missing = [
                name
                for name, there in (
                    ("packaging", before & {"packaging", "wheel"}),
                    ("ninja", "ninja" in before or "ninja-build" in apt),
                    ("psutil", "psutil" in before or jobs != ""),
                )
                if not there
            ]
            if missing:
                yield Unmet(
                    f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed before flash-attn",
                    build.requirement.span,
                    expected=f"pip install {' '.join(missing)}, before this command",
                    notes=(
                        (
                            "With --no-build-isolation pip installs no build tools. setup.py fails, or compiles one "
                            "file at a time for hours."
                        ),
                    ),
                    help=f"Run `pip install {' '.join(missing)}` first",
                    references=("flash-attention README.md", "flash-attention setup.py"),
                )


def _forced(history: History, build: Build, *, pyproject: bool = False) -> bool:
    """Return whether a package is built where it can import a torch with CUDA."""
    if build.unsure or (build.package in MMCV and mmcv_wheel(history, build) is True):
        return False
    if build.install.isolated and isolates(history, build.install, pyproject=pyproject) is not False:
        return False
    torch = torch_at(history, build.install) or torch_in(build.install)
    if torch is not None and torch.cuda == "cpu":
        return False
    return history.setting(build.install.run.variables, "MMCV_WITH_OPS") != "0"


@check("ml/cuda-ops-not-forced")
def cuda_ops_not_forced(subject: Subject) -> Outcomes:
    """A package that compiles for CUDA only if a variable is set has that variable, since a build sees no GPU."""
    for history in histories(subject):
        for build, row in source_builds_of(history):
            if row.nvcc == "asked":
                yield from _asked(history, build, row)
                continue
            value = history.setting(build.install.run.variables, row.force) if row.force else None
            if value is None or value == "1" or (value != "" and row.force != "FORCE_CUDA"):
                continue
            if _gives_gpu(build) or not _forced(history, build, pyproject=row.pyproject):
                continue
            if _for_cpu(history, build):
                continue
            asked = "NATTEN_CUDA_ARCH" if row.force == "NATTEN_CUDA_ARCH" else "FORCE_CUDA=1 TORCH_CUDA_ARCH_LIST"
            yield Unmet(
                f"{build.package} is compiled for the CPU only",
                build.requirement.span,
                expected=f'{asked}="8.0;8.6;8.9;9.0" before pip install',
                notes=(
                    (
                        "setup.py compiles for CUDA only if torch sees a GPU, and `docker build` has none. Its "
                        "operations then fail on the GPU."
                    ),
                ),
                help=f"Set {asked.replace(' ', ' and ')}",
                references=tuple(row.source.split("; ")),
            )


def _asked(history: History, build: Build, row: SourceBuild) -> Outcomes:
    """Yield an outcome for a package that compiles for CUDA only if CMAKE_ARGS has the flag that it knows."""
    arguments = history.setting(build.install.run.variables, row.force)
    if arguments is None or _for_cpu(history, build) or build.unsure or build.requirement.marker:
        return
    former = _before(build.requirement.specifier, row.flag_since)
    if any(_switched_on(flag, arguments) for flag in (row.old_flags if former else (row.flag, *row.old_flags))):
        refused = next((flag for flag in row.refused_flags if not former and _switched_on(flag, arguments)), None)
        if refused is None:
            return
    elif history.mentions(None, rf"{row.force}|{row.flag}") and not arguments:
        return  # it may be set in a way that zr4lint does not parse
    else:
        refused = None
    flag = row.old_flags[-1] if former else row.flag
    yield Unmet(
        f"{build.package} refuses {code(refused)}" if refused else f"{build.package} is compiled for the CPU only",
        build.requirement.span,
        expected=f'{row.force}="-D{flag}=on" before pip install',
        severity=Severity.ERROR if refused else Severity.WARNING,
        notes=(
            f"cmake stops: {refused} is deprecated, use {row.flag} instead."
            if refused
            else f"Without {flag}=on in {row.force} it is compiled for the CPU.",
        ),
        help=f'Set {row.force}="-D{flag}=on", or take a wheel from the project\'s index',
        references=tuple(row.source.split("; ")),
    )


def _before(specifier: str, version: str) -> bool:
    """Return whether all releases that a specifier allows are older than a version."""
    limits = bounds(specifier)
    if limits is None or limits.upper is None:
        return False
    highest = str(limits.upper)
    return older(highest, version) or (highest == version and not limits.upper_included)


def _switched_on(flag: str, arguments: str) -> bool:
    """Return whether the arguments of cmake turn an option on."""
    return re.search(rf"-D\s*{flag}(?::\w+)?=[\"']?(?:on|1|true|yes|y)\b", arguments, re.IGNORECASE) is not None


def _gives_gpu(build: Build) -> bool:
    return any(flag.name == "device" for flag in build.install.at.instruction.flags)


def _for_cpu(history: History, build: Build) -> bool:
    """Return whether a package other than mmcv may be meant for the CPU, since the image has no CUDA."""
    base = history.base
    return build.package not in MMCV and (base is None or (base.compiles_cuda is not True and base.cuda is None))


@check("ml/arch-list-missing")
def arch_list_missing(subject: Subject) -> Outcomes:
    """A variable names the GPUs for an extension that is compiled without a GPU."""
    row = table("openmmlab")["arch_list"]
    for history in histories(subject):
        for build in builds(history, *MMCV):
            forced = history.setting(build.install.run.variables, "FORCE_CUDA") == "1" and _forced(history, build)
            if not forced or history.setting(build.install.run.variables, "TORCH_CUDA_ARCH_LIST") != "":
                continue
            torch = torch_at(history, build.install)
            checked = (
                torch is not None
                and not older(torch.minor, row["torch"][0])
                and not older(row["torch"][1], torch.minor)
            )
            yield Unmet(
                f"{build.package} is compiled for CUDA without TORCH_CUDA_ARCH_LIST",
                build.requirement.span,
                expected='TORCH_CUDA_ARCH_LIST="8.0;8.6;8.9;9.0"',
                unsure=not checked,
                notes=(
                    (
                        "torch then compiles for the GPUs it sees, and a build has none. It fails with `IndexError: "
                        "list index out of range`."
                    ),
                ),
                help="Set TORCH_CUDA_ARCH_LIST to the architectures of your GPUs",
                references=("torch.utils.cpp_extension", "pytorch/extension-cpp issue 71"),
            )
