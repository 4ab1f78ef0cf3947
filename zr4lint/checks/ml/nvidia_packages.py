"""Checks for packages of NVIDIA's apt repository: held, not available, or not for this image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun, Copied, Origin
from zr4lint.filesystem.globs import matches
from zr4lint.knowledge.tables import Row, cuda_tags, minor, references, table
from zr4lint.model.finding import Severity
from zr4lint.model.quoting import code

if TYPE_CHECKING:
    from zr4lint.facts.history import History
    from zr4lint.facts.images import Base
    from zr4lint.programs.apt import Package

_REPOSITORY = (
    r"(?i)nvidia\.(?:com|github)|cuda-keyring|cuda-repo|nv-tensorrt|sources\.list|add-apt-repository|\.deb\b|apt-key|"
    r"trusted\.gpg|/etc/apt"
)
_HOLD = r"allow-change-held-packages|apt-mark unhold|force-yes"
_BEGINNINGS = ("cuda", "libcu", "libnv", "libnccl", "tensorrt", "nvidia", "python3-libnv")
_VERSIONED = r"cuda-(?:[a-z][a-z-]*-)?(\d+)-(\d+)\Z"
_VERSIONED_LIBRARY = r"libcublas-(?:dev-)?(\d+)-(\d+)"


def _installed(history: History) -> Iterator[tuple[AptRun, Package]]:
    for run in history.of(AptRun):
        if run.at.stage == history.stage.number and run.command.action == "install":
            yield from ((run, package) for package in run.command.packages if package.name.startswith(_BEGINNINGS))


def _is(package: Package, patterns: Iterable[str]) -> bool:
    return any(matches(package.name, pattern) for pattern in patterns)


@check("ml/nvidia-package-unavailable")
def nvidia_package_unavailable(subject: Subject) -> Outcomes:
    """Apt knows the repository of NVIDIA's package, and the image does not hold the package."""
    for history in histories(subject):
        base = history.base
        if base is None or base.kind not in ("cuda", "ubuntu", "debian", "python"):
            continue
        told: set[str] = set()
        for run, package in _installed(history):
            row = _held(history, base, package) if base.kind == "cuda" else _unknown(history, base, run, package)
            if row is None or row["source"] + package.name in told:
                continue
            told.add(row["source"] + package.name)
            held = base.kind == "cuda"
            yield Unmet(
                f"the image pins the version of {code(package.name)}, so apt may fail"
                if held
                else f"{code(package.name)} is only in NVIDIA's apt repository",
                package.span,
                unsure=run.at.unsure,
                severity=Severity.WARNING if held else None,
                notes=(
                    "If the repository has another version, apt-get says `Held packages were changed` and fails."
                    if held
                    else "apt-get fails with `Unable to locate package`.",
                ),
                help="Use an image that has it, or pass --allow-change-held-packages"
                if held
                else "Install cuda-keyring first, or build on nvidia/cuda",
                references=references(row),
            )


def _held(history: History, base: Base, package: Package) -> Row | None:
    if package.version is not None or history.mentions(None, _HOLD):
        return None
    versioned = re.fullmatch(_VERSIONED_LIBRARY, package.name)
    line = minor(base.cuda or "")
    if (
        versioned is not None
        and f"{versioned[1]}.{versioned[2]}" == line
        and cuda_tags().patches(line)[-1:] == [base.cuda]
    ):
        return None  # the repository has no newer one for this version of CUDA
    words = (base.flavour or "").split("-")
    rows = (row for row in table("nvidia-apt")["held"] if set(row["flavours"]) & set(words))
    return next((row for row in rows if _is(package, row["packages"])), None)


def _unknown(history: History, base: Base, run: AptRun, package: Package) -> Row | None:
    if base.distribution is None or history.mentions(run.at, _REPOSITORY):
        return None
    copied = history.of(Copied)
    if any(c.origin is not Origin.CONTEXT or "/etc" in (c.target or "/etc") for c in copied):
        return None
    rows = (row for row in table("nvidia-apt")["own"] if base.distribution not in row["except"])
    return next((row for row in rows if _is(package, row["packages"])), None)


@check("ml/nvidia-package-misfit")
def nvidia_package_misfit(subject: Subject) -> Outcomes:
    """A package from NVIDIA fits the CUDA of the image, and does not belong to the host."""
    for history in histories(subject):
        base = history.base
        if base is None or base.kind != "cuda" or base.cuda is None:
            continue
        for run, package in _installed(history):
            told = _misfit(base.cuda, package)
            if told is None:
                continue
            message, note, help_, row = told
            yield Unmet(
                message,
                package.span,
                unsure=run.at.unsure,
                notes=(note,),
                help=help_,
                references=references(row),
            )


def _misfit(cuda: str, package: Package) -> tuple[str, str, str, Row] | None:
    data = table("nvidia-apt")
    name = code(package.name)
    if _is(package, data["driver"]["packages"]):
        note = (
            "A container uses the driver of its host. One in the image takes space, and may hide the host's libraries."
        )
        return f"{name} brings a driver, which containers take from the host", note, "Remove it", data["driver"]
    if _is(package, data["newest"]["packages"]) and package.version is None and minor(cuda) != minor(cuda_tags().last):
        note = f"Its version follows the repository, which is ahead of the image's CUDA {cuda}."
        return f"{name} is built for the newest CUDA", note, "Pin a version built for this CUDA", data["newest"]
    found = re.fullmatch(_VERSIONED, package.name)
    if found is None or f"{found[1]}.{found[2]}" == minor(cuda) or package.name.startswith("cuda-compat"):
        return None
    message = f"{name} belongs to CUDA {found[1]}.{found[2]}, but the image has {cuda}"
    return message, "The image gets a second toolkit.", "Install the package of the image's CUDA", data
