"""Checks for wheels other than torch's: the Python, CUDA and cuDNN that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE, replace
from zr4lint.checks.ml.published import only_pypi
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import older, python_at, torch_at, torch_in
from zr4lint.facts.pips import newest_of
from zr4lint.knowledge.tables import Row, cudnn_row, references, sure, table
from zr4lint.knowledge.versions import bounds, lets_in
from zr4lint.model.finding import Severity
from zr4lint.model.quoting import code, plain

if TYPE_CHECKING:
    from zr4lint.facts.images import Base
    from zr4lint.facts.pip_install import Install
    from zr4lint.programs.pip import Requirement

_BOUND_TO_PYTHON = ("pip", "setuptools")


@check("ml/no-wheel-for-python")
def no_wheel_for_python(subject: Subject) -> Outcomes:
    """A pinned package has wheels for the Python that installs it."""
    for history in histories(subject):
        for install in history.own:
            python = python_at(history, install)
            if python is None or not only_pypi(install):
                continue
            for requirement in install.requirements:
                if requirement.url is None and requirement.marker is None:
                    yield from _without_wheel(install, requirement, python)


def _without_wheel(install: Install, requirement: Requirement, python: str) -> Outcomes:
    if requirement.name in _BOUND_TO_PYTHON:
        yield from _too_new(install, requirement, python)
        return
    pin = pinned(requirement)
    row = _row(requirement.name, pin)
    if not requirement.specifier:
        row = next((r for r in _rows().get(requirement.name, ()) if r.get("last")), None)
    if row is None or "python" not in row:
        return
    oldest, newest = row["python"]
    if not older(python, oldest) and not (newest and older(newest, python)):
        return
    wanted = f"Python {oldest} to {newest}" if newest else f"Python {oldest} or newer"
    yield Unmet(
        f"{plain(f'{requirement.name} {pin}' if pin else requirement.name, 34)} has no wheel for Python {python}",
        requirement.span,
        expected=wanted,
        unsure=install.unsure or not sure(row),
        notes=("pip fails with `No matching distribution found`, or tries to compile an archive.",),
        help=f"Use {wanted}",
        references=references(row),
    )


def _too_new(install: Install, requirement: Requirement, python: str) -> Outcomes:
    """Yield an outcome for a pip or setuptools that is too new for this Python."""
    newest, limits = newest_of(python, requirement.name), bounds(requirement.specifier)
    last = not older(python, table("pip")["newest"][-1]["python"])
    if newest is None or last or limits is None or limits.lower is None or not older(newest, str(limits.lower)):
        return
    yield Unmet(
        f"{requirement.name} {plain(str(limits.lower), 20)} does not run on Python {python}",
        requirement.span,
        expected=f"{requirement.name}=={newest}",
        unsure=install.unsure,
        notes=(f"The newest {requirement.name} for Python {python} is {newest}.",),
        help=f"Ask for {requirement.name} {newest} or older",
        references=(f"PyPI, observed with Python {python}",),
    )


@cache
def _rows() -> Mapping[str, Sequence[Row]]:
    """Return the rows of the table by package."""
    found: dict[str, list[Row]] = {}
    for row in table("gpu-wheels")["wheel"]:
        found.setdefault(row["name"], []).append(row)
    return found


def _row(name: str, version: str | None) -> Row | None:
    """Return the row for a release, or for the newest release if `version` is None."""
    rows = _rows().get(name, ())
    if version is None:
        return rows[-1] if rows and "newest" in rows[-1] else None
    return next((row for row in rows if lets_in(row["versions"], version)), None)


@check("ml/gpu-libraries-mismatch", raises=True)
def gpu_libraries_mismatch(subject: Subject) -> Outcomes:
    """A package finds the CUDA and cuDNN that it needs in the system."""
    for history in histories(subject):
        yield from _beside_torch(history)
        base = history.base
        if base is None or not base.plain or not history.final:
            continue
        for install in history.own:
            for requirement in install.requirements:
                if requirement.url is None and requirement.marker is None and only_pypi(install):
                    yield from _of_system(history, base, install, requirement)
                    yield from _of_local_extra(base, install, requirement)
                    yield from _twice(base, install, requirement)


def _beside_torch(history: History) -> Outcomes:
    """Yield outcomes for extras that install another CUDA or cuDNN than torch in the same environment."""
    for install in history.own:
        torch = None
        for requirement in install.requirements:
            row = _brought(requirement)
            if row is None or install.environment is None:
                continue
            torch = torch or torch_in(install) or torch_at(history, install)
            if torch is None or torch.install is None or torch.install.environment != install.environment:
                break
            if not (torch.cuda or "").startswith("cu1"):
                break
            cuda = (torch.cuda or "").removeprefix("cu")[:2]
            cudnn = "8" if older(torch.minor, table("gpu-wheels")["torch_cudnn"]["since"]) else "9"
            other = row["cuda"] not in ("", cuda)
            if not other and (row["cudnn"] in ("", cudnn) or cuda != "12"):
                continue
            brings = f"CUDA {row['cuda']}" if other else f"cuDNN {row['cudnn']}"
            has = f"CUDA {cuda}" if other else f"cuDNN {cudnn}"
            yield Unmet(
                f"{requirement.name}[{row['extra']}] brings {brings}, but torch {torch.version} brings {has}",
                requirement.span,
                unsure=install.unsure,
                related=(torch.related,),
                notes=("Both load their own into one process, or one replaces that of the other.",),
                help="Install them into two environments, or take releases for the same CUDA and cuDNN",
                references=references(row),
            )


def _brought(requirement: Requirement) -> Row | None:
    """Return the row for what an extra installs; None if the release or marker leaves that open."""
    if not requirement.extras or requirement.url is not None or requirement.marker is not None:
        return None
    version = pinned(requirement)
    rows: Sequence[Row] = table("gpu-wheels")["brought"]
    for row in rows:
        if row["name"] != requirement.name or row["extra"] not in _extras(requirement):
            continue
        if not row["versions"] or (version is not None and lets_in(row["versions"], version)):
            return row
    return None


def _twice(base: Base, install: Install, requirement: Requirement) -> Outcomes:
    """Yield an outcome for an extra that installs CUDA and cuDNN in an image that has both."""
    row = _row(requirement.name, pinned(requirement) if requirement.specifier else None)
    extra = row.get("extra") if row is not None else None
    if row is None or extra not in _extras(requirement) or base.kind != "cuda" or _cudnn(base) is None:
        return
    yield Unmet(
        f"{requirement.name}[{extra}] brings CUDA and cuDNN, which the image has too",
        requirement.span,
        severity=Severity.INFO,
        unsure=install.unsure,
        notes=("The package loads its own libraries, and those of the image only take space.",),
        help="Use an image without cuDNN, for example one with `base` in its tag",
        references=references(row),
    )


def _of_system(history: History, base: Base, install: Install, requirement: Requirement) -> Outcomes:
    """Yield an outcome for a package whose CUDA and cuDNN come from the image, which has others."""
    version = pinned(requirement)
    row = _row(requirement.name, version if requirement.specifier else None)
    if row is None or "cuda" not in row or base.kind != "cuda" or base.cuda is None or install.constrained:
        return
    if version is None and not _newest_fits(python_at(history, install), row):
        return
    if row.get("extra", "-") in requirement.extras or history.mentions(None, r"nvidia-cudnn|libcudnn|nvidia-cublas"):
        return
    name = f"{requirement.name} {plain(version, 20)}" if version else f"the newest {requirement.name}"
    cuda, cudnn = base.cuda.partition(".")[0], _cudnn(base)
    if cuda != row["cuda"]:
        told = f"{name} needs CUDA {row['cuda']}, but the image has {base.cuda}"
    elif cudnn is None and requirement.name == "ctranslate2":
        return  # ml/system-cudnn-missing reports this
    elif cudnn is None:
        told = f"{name} finds no cuDNN in this image"
    elif cudnn != row["cudnn"]:
        told = f"{name} needs cuDNN {row['cudnn']}, but the image has cuDNN {cudnn}"
    else:
        return
    extra = row.get("extra")
    instead = (
        f'"{requirement.name}[{extra}]"' if extra else f"an image with CUDA {row['cuda']} and cuDNN {row['cudnn']}"
    )
    yield Unmet(
        told,
        requirement.span,
        expected=instead,
        unsure=install.unsure or not sure(row),
        severity=Severity.ERROR if row.get("fails") and cuda != row["cuda"] else None,
        notes=("It then does not use the GPU, or fails when it first does.",),
        help=f"Install {instead}, which brings both" if extra else f"Use {instead}",
        references=references(row),
    )


def _newest_fits(python: str | None, row: Row) -> bool:
    """Return whether the newest release supports a Python, so that pip does not choose an older one."""
    oldest, newest = row["python"]
    return python is not None and not older(python, oldest) and not older(newest, python)


def _cudnn(base: Base) -> str | None:
    """Return the major version of cuDNN in an image of nvidia/cuda."""
    if "cudnn" not in (base.flavour or "") or base.cuda is None:
        return None
    return str(cudnn_row(base.cuda)["major"])


def _of_local_extra(base: Base, install: Install, requirement: Requirement) -> Outcomes:
    extras = {extra.replace("_", "-") for extra in _extras(requirement)}  # as pip normalizes them
    for row in table("gpu-wheels")["local"] if requirement.extras else ():
        if row["name"] != requirement.name or row["extra"] not in extras:
            continue
        there = (base.cuda or "").partition(".")[0] if base.kind == "cuda" else ""
        if there == row["cuda"] or (base.kind == "cuda" and not there):
            continue
        what = f"the image has CUDA {base.cuda}" if there else f"{code(base.reference, 30)} has none"
        yield Unmet(
            f"{requirement.name}[{row['extra']}] needs CUDA {row['cuda']}, and {what}",
            requirement.span,
            severity=Severity.ERROR,
            unsure=install.unsure,
            notes=("The extra installs no CUDA: it takes that of the system.",),
            help=f"Use an image with CUDA {row['cuda']} and cuDNN, or the extra cuda{row['cuda']}",
            references=references(row),
        )


def _extras(requirement: Requirement) -> set[str]:
    return {extra.strip() for extra in requirement.extras.strip("[]").split(",")}


@check("ml/extra-gone")
def extra_gone(subject: Subject) -> Outcomes:
    """The package still has the requested extra."""
    for history in histories(subject):
        for install in history.own:
            for requirement in install.requirements:
                if requirement.specifier or requirement.url is not None or requirement.marker is not None:
                    continue
                for row in table("gpu-wheels")["extra"]:
                    gone = sorted(_extras(requirement) & set(row["extras"])) if row["name"] == requirement.name else []
                    if gone and not _takes_older(history, install, row):
                        yield _without_extra(subject, install, requirement, row, gone[0])


def _takes_older(history: History, install: Install, row: Row) -> bool:
    """Return whether an old Python or another requirement bounds the package to releases that may have the extra."""
    python = python_at(history, install)
    other = install.get(row["bound_by"])
    return (python is not None and older(python, row["python"])) or (other is not None and other.specifier != "")


def _without_extra(subject: Subject, install: Install, requirement: Requirement, row: Row, extra: str) -> Unmet:
    words = subject.words(requirement.span)
    instead = row["instead"]
    fix = replace(requirement.span, words.replace(extra, instead), f"Use {instead}", SAFE) if instead else None
    return Unmet(
        f"{requirement.name} no longer has the extra {code(extra)}",
        requirement.span,
        expected=f"{requirement.name}[{instead}]" if instead else None,
        fix=fix if words.count(extra) == 1 else None,
        unsure=install.unsure,
        notes=(f"pip only warns, and installs {requirement.name} for the CPU.",),
        help=f"Use the extra {code(instead)}" if instead else "Use an extra for CUDA 12 or 13, and such an image",
        references=references(row),
    )
