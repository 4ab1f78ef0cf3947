"""Checks for wheels and builds that need one CUDA, one torch or one Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.ml.builds import MMCV, Build, cuda_builds, mmcv_wheel
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import CondaListed, PackageRun
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import TORCH_FAMILY, TorchState, older, python_at, torch_at, torch_in
from zr4lint.facts.pips import isolates
from zr4lint.knowledge.tables import Torch, build_tag, minor, release, source_builds, table, torch_releases
from zr4lint.model.finding import Related, Severity
from zr4lint.model.quoting import plain
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.pip_install import Install
    from zr4lint.programs.pip import Requirement

_WHEEL = (
    r"(?i)flash_attn-[^/]*?(?:\+|%2B)(?:cu(?P<cuda>\d+))?torch(?P<torch>\d+\.\d+)(?:cxx11abi(?P<abi>TRUE|FALSE))?[^/]*?"
    r"-(?P<python>cp\d+)-"
)


_PAGE = (
    r"(?:data\.pyg\.org/whl/torch-|detectron2/wheels/(?P<before>cu\d+|cpu)/torch)(?P<torch>\d+\.\d+(?:\.\d+)?)"
    r"(?:(?:\+|%2B)(?P<cuda>cu\d+|cpu))?"
)


def _major(cuda: str) -> str:
    """Return the major version in "cu124", "12.4.1", or a wheel's "12" and "128"."""
    digits = cuda.removeprefix("cu").partition(".")[0]
    return digits[:2]


_CUDA_OF_CONDA = frozenset({"pytorch-cuda", "cuda-version", "cudatoolkit"})
_NVCC_OF_CONDA = frozenset({
    "cuda", "cuda-nvcc", "cuda-toolkit", "cuda-compiler", "cudatoolkit-dev", "cuda-nvcc-impl", "cuda-nvcc_linux-64",
})  # fmt: skip
_ONE_VERSION = r"=*(\d+)\.(\d+)(?:\.\*|\.\d+)*\Z"


@check("ml/cuda-major-mismatch")
def cuda_major_mismatch(subject: Subject) -> Outcomes:
    """Extensions are compiled with the CUDA major version that torch was built with."""
    for history in histories(subject):
        base = history.base
        if base is None or base.kind != "cuda" or base.cuda is None:
            continue
        states = [(state, install.unsure) for install in history.own if (state := torch_in(install)) is not None]
        for torch, unsure in (*states, *_newest(history), *_of_conda(history)):
            if torch.cuda is None or not torch.cuda.startswith("cu") or _major(torch.cuda) == _major(base.cuda):
                continue
            compiled = _compiled(history, torch)
            why = (
                f"{compiled} is compiled for this torch, which stops with `RuntimeError: The detected CUDA version "
                "mismatches`."
                if compiled
                else "torch brings its own CUDA and runs, but nothing can be compiled for it."
                " The CUDA of the image is unused."
            )
            yield Unmet(
                f"{f'torch {torch.version}'.strip()} is built for {torch.cuda}, but the image has CUDA {base.cuda}",
                torch.span,
                expected=f"a build of torch for CUDA {_major(base.cuda)}, or an image with CUDA {_major(torch.cuda)}",
                related=(Related(f"the image has CUDA {base.cuda}", history.root.image_span),),
                unsure=unsure and compiled is not None,
                severity=None if compiled else Severity.INFO,
                notes=(why,),
                help=f"Use an image of CUDA {_major(torch.cuda)}, or a torch built for CUDA {_major(base.cuda)}",
                references=("torch.utils.cpp_extension",),
            )


def _newest(history: History) -> Iterator[tuple[TorchState, bool]]:
    """Yield torches without a version: the newest release for their Python, in PyPI's build."""
    for install in history.own:
        requirement = install.get("torch")
        if requirement is None or requirement.specifier or requirement.url or requirement.marker:
            continue
        free = not install.sources.all and not install.sources.backend and not install.constrained
        python = python_at(history, install)
        if python is None or not free or install.opaque or not _alone(history, install):
            continue
        if history.has("torch", install.at) is False:
            fitting = (one for one in torch_releases().values() if _runs_on(one, python))
            known = max(fitting, key=lambda one: release(one.version), default=None)
            if known is not None and known.pypi_cuda:
                yield (
                    TorchState(known.version, build_tag(known.pypi_cuda), requirement.span, install.at.order, install),
                    install.unsure or _opaque_later(history, install),
                )


def _alone(history: History, install: Install) -> bool:
    """Return whether no other requirement or command bounds the version of torch."""
    beside = all(r.name in TORCH_FAMILY and not (r.specifier or r.url) for r in install.requirements)
    return beside and not any(other.get("torch") for other in history.installs if other is not install)


def _opaque_later(history: History, install: Install) -> bool:
    return any(other.opaque for other in history.installs if other.at.order > install.at.order)


def _runs_on(known: Torch, python: str) -> bool:
    oldest, newest = known.python
    return bool(oldest) and not older(python, oldest) and not (newest and older(newest, python))


def _of_conda(history: History) -> Iterator[tuple[TorchState, bool]]:
    """Yield the torches that conda installs for a given CUDA, unless conda also installs an nvcc."""
    runs = [
        (run.at, run.command.packages)
        for run in history.of_stage(PackageRun)
        if run.command.manager == "conda" and run.command.action == "install" and run.at.reach is not Reach.NEVER
    ]
    runs += [(listed.at, listed.packages) for listed in history.of_stage(CondaListed)]
    if any(package.name in _NVCC_OF_CONDA for _, packages in runs for package in packages):
        return
    for at, packages in runs:
        torch = next((p for p in packages if p.name in ("pytorch", "pytorch-gpu")), None)
        told = next((p for p in packages if p.name in _CUDA_OF_CONDA and p.version), None)
        if torch is None or told is None or (found := re.match(_ONE_VERSION, told.version or "")) is None:
            continue
        unsure = at.unsure or told.name != "pytorch-cuda"  # without a GPU, conda-forge may choose the CPU build
        version = (torch.version or "").lstrip("=")
        shown = version if re.fullmatch(r"[\d.]+", version) else ""
        yield TorchState(shown, f"cu{found[1]}{found[2]}", torch.span, at.order, None), unsure


def _compiled(history: History, torch: TorchState) -> str | None:
    """Return a package that is certainly compiled with this torch."""
    for build in cuda_builds(history):
        if build.install.at.order <= torch.order or build.unsure:
            continue
        if build.package in MMCV and not build.install.isolated and mmcv_wheel(history, build) is not True:
            return build.package
        if _surely_forced(history, build) and (torch.install is not None or build.install.environment):
            return build.package  # conda's torch is not in the system's Python
        if build.package == "flash-attn" and _no_wheel(build.requirement, torch) and not build.install.isolated:
            return build.package
    return None


def _surely_forced(history: History, build: Build) -> bool:
    """Return whether the image's nvcc certainly compiles a package for CUDA and its build can import torch."""
    row = source_builds()[build.package]
    sees = not build.install.isolated or isolates(history, build.install, pyproject=row.pyproject) is False
    return row.nvcc == "forced" and sees and history.base is not None and history.base.compiles_cuda is True


def _no_wheel(requirement: Requirement, torch: TorchState) -> bool:
    """Return whether a release of flash-attn is known to have no wheel for a torch."""
    version = pinned(requirement)
    row = next((r for r in table("flash-attn")["wheels"] if r["version"] == version), None)
    return row is not None and (torch.minor not in row["torch"] or _major(torch.cuda or "") not in row["cuda"])


@check("ml/wheel-url-mismatch")
def wheel_url_mismatch(subject: Subject) -> Outcomes:
    """A wheel of flash-attn from a URL fits torch, Python and the C++ ABI."""
    for history in histories(subject):
        for install in history.own:
            for requirement in install.requirements:
                found = re.search(_WHEEL, requirement.url) if requirement.url else None
                if found is None:
                    continue
                torch = torch_in(install) or torch_at(history, install)
                wrong = _misfits(found, torch, python_at(history, install))
                if wrong:
                    related = (torch.related,) if torch else ()
                    yield Unmet(
                        f"this wheel {wrong[0]}",
                        requirement.span,
                        related=related,
                        unsure=install.unsure,
                        notes=(
                            *(f"It also {other}." for other in wrong[1:]),
                            "pip refuses the wheel, or `import flash_attn` fails with an undefined symbol.",
                        ),
                        help="Install the wheel for the installed torch, Python, CUDA and C++ ABI",
                        references=("flash-attention publish.yml", "flash-attention issue 1644"),
                    )


def _misfits(wheel: re.Match[str], torch: TorchState | None, python: str | None) -> list[str]:
    wrong: list[str] = []
    if torch is not None and wheel["torch"] != torch.minor:
        wrong.append(f"is built for torch {wheel['torch']}, not {torch.version}")
    elif (
        torch is not None and wheel["abi"] and torch.install is not None and torch.cuda and torch.cuda.startswith("cu")
    ):
        abi = _abi(torch)
        if abi is not None and abi != wheel["abi"].upper():
            wrong.append(f"has cxx11abi{wheel['abi']}, and torch {torch.version} has {abi}")
    build = torch.cuda if torch is not None and (torch.cuda or "").startswith("cu") else None
    if build and wheel["cuda"] and _major(wheel["cuda"]) != _major(build):
        wrong.append(f"is built for CUDA {_major(wheel['cuda'])}, and torch for {build}")
    if python is not None and wheel["python"] != f"cp{python.replace('.', '')}":
        wrong.append(f"is built for {wheel['python']}, not Python {python}")
    return wrong


def _abi(torch: TorchState) -> str | None:
    """Return the C++ ABI of a build of torch, TRUE for the new one; None if the builds of a release differ."""
    row = table("flash-attn")["abi"]
    if older(torch.minor, row["old"]):
        return "FALSE"
    if not older(torch.minor, row["new"]):
        return "TRUE"
    return {"cu118": "FALSE", "cu124": "FALSE", "cu126": "TRUE"}.get(torch.cuda or "")


@check("ml/release-not-published")
def release_not_published(subject: Subject) -> Outcomes:
    """PyPI has the pinned release of flash-attn."""
    row = table("flash-attn")["published"]
    for history in histories(subject):
        for install in history.own:
            if unmet := _unpublished(subject, install, row["lines"], row["versions"]):
                yield unmet


def _unpublished(subject: Subject, install: Install, lines: list[str], versions: list[str]) -> Unmet | None:
    """Return the finding for a release of flash-attn that PyPI does not have, or that is newer than the table."""
    requirement = install.get("flash-attn")
    version = pinned(requirement)
    if requirement is None or version is None or requirement.url or version in versions or "+" in version:
        return None
    if not all(s.pytorch or "pypi" in (s.url or "") for s in install.sources.all):
        return None
    if minor(version) not in lines or _beyond(version, versions):
        if older(versions[-1], version):
            return Unmet(
                f"flash-attn {plain(version, 20)} is newer than the known releases",
                requirement.span,
                severity=Severity.INFO,
                notes=(f"The newest release in the table that zr4lint ships is {versions[-1]}.",),
            )
        return None
    posts = [v for v in versions if v.startswith(f"{version}.post")]
    instead = posts[-1] if posts else max((v for v in versions if minor(v) == minor(version)), key=versions.index)
    words = subject.words(requirement.span)
    return Unmet(
        f"PyPI has no flash-attn {plain(version, 20)}",
        requirement.span,
        expected=f"flash-attn=={instead}",
        fix=replace(requirement.span, words.replace(version, instead), f"Use {instead}", UNSAFE)
        if version in words
        else None,
        unsure=install.unsure,
        notes=(
            "pip fails with `No matching distribution found`.",
            *(("`==` does not match post releases.",) if posts else ()),
        ),
        help=f"Pin {instead}",
        references=("PyPI, release history of flash-attn",),
    )


def _beyond(version: str, versions: list[str]) -> bool:
    """Return whether a version is newer than the last known one of the newest minor version."""
    return minor(version) == minor(versions[-1]) and older(versions[-1], version)


@check("ml/wheel-page-mismatch")
def wheel_page_mismatch(subject: Subject) -> Outcomes:
    """A page of wheels is for the installed torch and its CUDA."""
    for history in histories(subject):
        for install in history.own:
            torch = torch_in(install) or torch_at(history, install)
            for source in install.sources.all:
                found = re.search(_PAGE, source.url or "")
                if torch is None or found is None or install.unsure:
                    continue
                other = ".".join(found["torch"].split(".")[:2]) != torch.minor
                cuda = found["cuda"] or found["before"]
                build = torch.cuda if (torch.cuda or "").startswith("cu") else None
                if not other and (cuda is None or build is None or cuda == build):
                    continue
                what = f"torch {found['torch']}" if other else cuda
                yield Unmet(
                    f"this page has wheels for {what}, not for torch {torch.version}"
                    if other
                    else f"this page has wheels for {what}, but torch is built for {build}",
                    source.span if source.span is not None else install.run.command.words,
                    severity=None if other else Severity.WARNING,
                    related=(torch.related,),
                    notes=("The wheels install, and their import fails with undefined symbols.",),
                    help="Use the page for the installed torch and CUDA",
                    references=("pytorch_geometric documentation, installation",),
                )
