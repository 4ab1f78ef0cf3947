"""Checks for libraries that packages need at run time: libGL, numpy 1, and torch with CUDA."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zr4lint.checks.ml.stage_history import histories, shipped
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun
from zr4lint.facts.installed_torch import default_python, older, python_at, torch_at, torch_in
from zr4lint.knowledge.tables import references, release, table
from zr4lint.knowledge.versions import bounds
from zr4lint.model.finding import Severity
from zr4lint.model.quoting import code

if TYPE_CHECKING:
    from zr4lint.facts.history import History
    from zr4lint.facts.pip_install import Install
    from zr4lint.knowledge.versions import Bounds
    from zr4lint.programs.pip import Requirement

_WITH_GUI = ("opencv-python", "opencv-contrib-python")
_HINTS = r"libgl|libGL|libopencv|python3-opencv|ffmpeg|vnc|xfce|mesa"


@check("ml/opencv-libraries-missing")
def opencv_libraries_missing(subject: Subject) -> Outcomes:
    """opencv-python finds libGL and glib at run time."""
    row = table("packages")["opencv"]
    for history in histories(subject):
        base = history.base
        bare = base is not None and (base.kind in ("ubuntu", "debian", "cuda") or _slim(history))
        if not bare or not history.final or _apt_is_open(history) or history.mentions(None, _HINTS):
            continue
        if history.stage.number != max(stage.number for stage in subject.facts.shipped):
            continue
        installs = [*shipped(subject, history)]
        headless = any(r.name.endswith("-headless") for i in installs for r in i.requirements)
        for install in installs:
            requirement = next((r for name in (*_WITH_GUI, *row["through"]) if (r := install.get(name))), None)
            if requirement is None or headless or requirement.url is not None:
                continue
            other = f"{requirement.name}-headless" if requirement.name in _WITH_GUI else "opencv-python-headless"
            yield Unmet(
                f"{requirement.name} needs libgl1 and libglib2.0-0 at run time",
                requirement.span,
                expected="apt-get install libgl1 libglib2.0-0",
                unsure=install.unsure,
                notes=("`import cv2` fails with `ImportError: libGL.so.1`. The builds named -headless need neither.",),
                help=f"Install libgl1 and libglib2.0-0, or {other}",
                references=references(row),
            )
            break


def _slim(history: History) -> bool:
    base = history.base
    return base is not None and base.kind == "python" and "slim" in base.image.tag


def _apt_is_open(history: History) -> bool:
    """Return whether apt installs the libraries or unknown packages."""
    row = table("packages")["opencv"]
    for run in history.of(AptRun):
        if run.command.action == "install" and (
            run.command.parsed.unknown or {p.name for p in run.command.packages} & set(row["libraries"])
        ):
            return True
    return False


@check("ml/torch-needs-numpy-1", raises=True)
def torch_needs_numpy_1(subject: Subject) -> Outcomes:
    """A torch that was built for numpy 1 is used with numpy 1."""
    row = table("packages")["numpy_1"]
    brings = ("torchvision", *row["brings"])
    for history in histories(subject):
        bounded = any(_below_2(i) for i in history.installs)
        for install in history.own:
            named = install.get("numpy")
            if bounded or (named is None and not any(r.name in brings for r in install.requirements)):
                continue
            torch = torch_in(install) or torch_at(history, install)
            if torch is None or torch.order < 0 or not older(torch.minor, row["torch"]):
                continue
            if any(_holds_1(other, row["keeps"]) for other in history.installs):
                continue
            if older(torch.minor, row["since"]):
                continue  # its wheels need a Python that numpy 2 does not support
            requirement = named or _brings_numpy(history, install)
            if requirement is None or requirement.url is not None or install.constrained:
                continue
            python = python_at(history, install) or default_python(history, install.at)
            limits = bounds(requirement.specifier if named is not None else "")
            if limits is None or _keeps_1(limits) or (python is not None and older(python, "3.9")):
                continue
            yield Unmet(
                f"torch {torch.version} was built for numpy 1",
                requirement.span,
                expected='"numpy<2"',
                unsure=install.unsure,
                severity=Severity.ERROR if _only_2(limits) and not install.unsure else None,
                related=(torch.related,),
                notes=("pip takes numpy 2. torch then says `Numpy is not available`.",),
                help='Install `"numpy<2"`',
                references=references(row),
            )


def _brings_numpy(history: History, install: Install) -> Requirement | None:
    """Return torchvision or a package in its newest release that installs numpy, or None.

    These accept any numpy if none is installed.
    """
    if install.option("no-deps") or install.environment is None:
        return None
    vision = install.get("torchvision") if torch_in(install) is not None else None
    newest = table("packages")["numpy_1"]["brings"]
    free = (r for r in install.requirements if r.name in newest and not r.specifier and r.url is None)
    found = next((r for r in (vision, *free) if r is not None and r.marker is None), None)
    if found is None or history.has("numpy", install.at) is not False or history.mentions(None, "numpy"):
        return None
    return found


def _below_2(install: Install) -> bool:
    requirement = install.get("numpy")
    limits = bounds(requirement.specifier) if requirement is not None else None
    return limits is not None and _keeps_1(limits)


def _holds_1(install: Install, keeps: Sequence[Sequence[str]]) -> bool:
    """Return whether the highest release that an install allows of a package requires numpy 1."""
    for name, first, end in keeps:
        requirement = install.get(name)
        limits = bounds(requirement.specifier) if requirement is not None else None
        if limits is not None and limits.upper is not None:
            highest = release(str(limits.upper))
            if release(first) <= highest < release(end) or (highest == release(end) and not limits.upper_included):
                return True
    return False


def _keeps_1(limits: Bounds) -> bool:
    """Return whether an upper bound may keep numpy 1. Only a range of numpy 2 alone does not."""
    return limits.upper is not None and not _only_2(limits)


def _only_2(limits: Bounds) -> bool:
    """Return whether a range excludes numpy 1."""
    return limits.lower is not None and limits.lower.major >= 2


def _is_for_cpu(install: Install) -> bool:
    """Return whether an install names a torch without CUDA."""
    torch = torch_in(install)
    return (torch is not None and torch.cuda == "cpu") or install.sources.tags == ("cpu",)


@check("ml/cpu-torch-on-cuda-image")
def cpu_torch_on_cuda_image(subject: Subject) -> Outcomes:
    """An image with CUDA gets a torch with CUDA."""
    for history in histories(subject):
        base = history.base
        if base is None or base.kind != "cuda" or not history.final:
            continue
        naming = [install for install in history.own if install.get("torch") is not None]
        for index, install in enumerate(naming):
            requirement = install.get("torch")
            if requirement is None or requirement.marker is not None or install.unsure:
                continue
            if not all(map(_is_for_cpu, naming[index:])):  # a later install may replace it
                continue
            yield Unmet(
                f"torch is installed without CUDA on {code(base.reference, 40)}",
                requirement.span,
                notes=("The index has builds for the CPU only, so torch does not use the GPU.",),
                help="Use an index for CUDA, or an image without it",
                references=("pytorch.org, previous versions",),
            )
