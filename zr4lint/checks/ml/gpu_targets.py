"""Checks that an image runs on the GPUs that its rule names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.checks.ml.builds import cuda_builds, source_builds_of
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import EnvSet, Ran
from zr4lint.facts.installed_torch import TorchState, older, torch_in
from zr4lint.knowledge.gpus import architecture_of, runs_on, sm, toolkit
from zr4lint.knowledge.tables import (
    Row,
    build_tag,
    names_architectures,
    references,
    release,
    source_builds,
    sure,
    table,
)
from zr4lint.model.quoting import code, plain
from zr4lint.model.source import Span
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Gpu
    from zr4lint.facts.history import History

_CMAKE = r"(?:-D\s*)?CMAKE_CUDA_ARCHITECTURES(?::\w+)?=[\"']?([\w;.-]+)"
_GENCODE = r"(?:-gencode|--generate-code)[ =]?[\"']?arch=compute_(\d+)[af]?,code=\[?([\w,]+)\]?"
_ARCH = r"(?:-arch|--gpu-architecture)[ =](sm|compute)_(\d+)[af]?\b"
_WHEEL = r"flash_attn-(?P<version>[\d.]+(?:\.post\d+)?)(?:\+|%2B)cu"


class Compiled(Struct, frozen=True):
    """The architectures that a setting compiles for, as binaries and as PTX."""

    words: str
    span: Span
    binaries: tuple[str, ...]
    ptx: tuple[str, ...]


@check("ml/gpu-torch")
def gpu_torch(subject: Subject, *, gpu: list[Gpu]) -> Outcomes:
    """The torch that is installed or in the image has code for the GPUs.

    `gpu` names GPUs, such as `rtx5090`, or architectures, such as `sm_120`.
    """
    for history in histories(subject):
        if not history.final:
            continue
        for torch in _torches(history):
            if torch.cuda == "cpu" or (torch.cuda or "").startswith(("rocm", "xpu")):
                continue
            cuda = _cuda_of(torch)
            for name, arch in _wanted(gpu):
                told = _no_kernels(torch, cuda, arch)
                if told is not None:
                    row, why = told
                    yield Unmet(
                        f"torch {plain(torch.version, 16)} has no code for {_shown(name, arch)}",
                        torch.span,
                        expected=_newer(arch),
                        unsure=not sure(row) or (torch.install is not None and torch.install.unsure),
                        notes=(why, "torch reports `no kernel image is available for execution on the device`."),
                        help=f"Use {_newer(arch)}",
                        references=references(row),
                    )
                    break


def _torches(history: History) -> Iterator[TorchState]:
    """Yield the torch of a stage: the last that it installs by version, else that of its image."""
    found = [state for install in history.own if (state := torch_in(install)) is not None]
    if found:
        yield found[-1]
    elif history.stage.parent is None and history.base is not None and history.base.torch is not None:
        cuda = history.base.cuda
        build = build_tag(cuda) if cuda is not None else None
        if not any(install.get("torch") for install in history.own):
            yield TorchState(history.base.torch, build, history.root.image_span, -1, None)


def _cuda_of(torch: TorchState) -> str | None:
    """Return the CUDA that a torch was built with, such as "12.4"."""
    digits = re.fullmatch(r"cu(\d\d)(\d)", torch.cuda or "")
    return f"{digits[1]}.{digits[2]}" if digits is not None else None


def _no_kernels(torch: TorchState, cuda: str | None, arch: str) -> tuple[Row, str] | None:
    """Return why a torch has no code for an architecture; None if it may have."""
    row = table("gpus")["torch"]
    if older(torch.version, row["before"]) and older(row["last"], arch) and torch.install is not None:
        return row, f"torch before {row['before']} knows no architecture after {row['last']}."
    known = toolkit(cuda) if cuda is not None else None
    if known is None or runs_on(arch, known["archs"]):
        return None
    archs = known["archs"]
    return known, f"It is built with CUDA {cuda}, which compiles for {sm(archs[0])} to {sm(archs[-1])}."


def _newer(arch: str) -> str:
    if release(arch)[0] >= 10:
        return "torch 2.7 or newer for CUDA 12.8 or newer"
    if release(arch) < release("7.5"):
        return "a torch for CUDA 12.6"
    return "a torch for a CUDA that compiles for this GPU"


def _wanted(gpu: list[str]) -> list[tuple[str, str]]:
    """Return the known GPUs with their architectures."""
    found = ((name, architecture_of(name)) for name in gpu)
    return [(name, arch) for name, arch in found if arch is not None]


def _shown(name: str, arch: str) -> str:
    number = sm(arch)
    plainly = name.lower().removeprefix("sm_") in (number[3:], arch)
    return number if plainly else f"{number}, that of {plain(name, 20)}"


@check("ml/gpu-toolkit")
def gpu_toolkit(subject: Subject, *, gpu: list[Gpu]) -> Outcomes:
    """Extensions for CUDA are compiled by a CUDA that supports the GPUs.

    `gpu` names GPUs, such as `rtx5090`, or architectures, such as `sm_120`.
    """
    for history in histories(subject):
        base = history.base
        known = toolkit(base.cuda) if base is not None and base.cuda is not None and base.kind == "cuda" else None
        builds = (b for b in cuda_builds(history) if not b.unsure and not source_builds()[b.package].downloads)
        build = next(builds, None) if known is not None else None
        if build is None or known is None or base is None:
            continue
        for name, arch in _wanted(gpu):
            if not runs_on(arch, known["archs"]):
                yield Unmet(
                    f"{plain(build.package, 20)} is compiled by CUDA {base.cuda}, without {_shown(name, arch)}",
                    build.requirement.span,
                    unsure=not sure(known),
                    notes=(f"nvcc of this CUDA compiles for {sm(known['archs'][0])} to {sm(known['archs'][-1])}.",),
                    help="Build on an image whose CUDA compiles for this GPU",
                    references=references(known),
                )
                break


@check("ml/gpu-not-compiled-for")
def gpu_not_compiled_for(subject: Subject, *, gpu: list[Gpu]) -> Outcomes:
    """Lists of architectures, flags of nvcc and wheels include the GPUs.

    `gpu` names GPUs, such as `rtx5090`, or architectures, such as `sm_120`. Code for the same major version and a lower
    minor version counts, as does PTX of any architecture that is not newer.
    """
    for history in histories(subject):
        for compiled in (*_lists(history), *_flags(subject, history)):
            for name, arch in _wanted(gpu):
                if not runs_on(arch, compiled.binaries, compiled.ptx):
                    yield Unmet(
                        f"{code(compiled.words, 34)} compiles nothing for {_shown(name, arch)}",
                        compiled.span,
                        expected=f"{arch} among the architectures",
                        notes=(
                            (
                                "Code runs on GPUs with the same major number and an equal or higher minor number. "
                                "PTX also runs on newer GPUs."
                            ),
                        ),
                        help=f"Add {arch}, or +PTX to the last architecture",
                        references=("CUDA C++ programming guide, compute capability",),
                    )
                    break
        yield from _wheels(history, gpu)


def _lists(history: History) -> Iterator[Compiled]:
    """Yield the lists of architectures in variables for the extensions that are built."""
    builds = [(b, row) for b, row in source_builds_of(history) if row.nvcc and not b.unsure]
    for env in history.of(EnvSet):
        later = [(b, row) for b, row in builds if b.install.at.order > env.at.order]
        own = [b for b, _ in later if b.package == "flash-attn"]
        torch = [b for b, row in later if not row.own_list]
        counts = {"TORCH_CUDA_ARCH_LIST": torch, "FLASH_ATTN_CUDA_ARCHS": own}.get(env.name)
        if env.value and counts:
            yield from _of_list(f"{env.name}={env.value}", env.value, env.span)
    environment = {e.value for e in history.of(EnvSet) if e.name == "TORCH_CUDA_ARCH_LIST"}
    for build, row in builds:
        value = build.install.run.variables.get("TORCH_CUDA_ARCH_LIST")
        if value and value not in environment and not row.own_list:
            yield from _of_list(f"TORCH_CUDA_ARCH_LIST={value}", value, build.install.run.command.words)


def _of_list(words: str, value: str, span: Span) -> Iterator[Compiled]:
    binaries: list[str] = []
    ptx: list[str] = []
    for part in filter(None, re.split(r"[;, ]+", value)):
        number = part.removesuffix("+PTX").rstrip("af")
        if names_architectures(number) or (arch := architecture_of(f"sm_{number.removeprefix('sm_')}")) is None:
            return  # part of the list is unknown
        binaries.append(arch)
        ptx += [arch] if part.endswith("+PTX") else []
    if binaries:
        yield Compiled(words, span, tuple(binaries), tuple(ptx))


def _flags(subject: Subject, history: History) -> Iterator[Compiled]:
    """Yield the architectures that the arguments of a command give to CMake or nvcc."""
    for ran in history.of_stage(Ran):
        if ran.program not in ("cmake", "nvcc", "pip", "pip3", "make", "ninja") or ran.at.reach is not Reach.ALWAYS:
            continue
        words = subject.words(ran.at.span)
        cmake = ran.variables.get("CMAKE_ARGS") or "" if ran.program in ("pip", "pip3") else words
        if found := re.search(_CMAKE, cmake):
            yield from _of_cmake(found, ran.at.span)
        if ran.program in ("nvcc", "make"):
            yield from _of_nvcc(words, ran.at.span)


def _of_cmake(found: re.Match[str], span: Span) -> Iterator[Compiled]:
    binaries: list[str] = []
    ptx: list[str] = []
    for part in filter(None, re.split(r"[;]+", found[1])):
        number, _, what = part.partition("-")
        arch = architecture_of(f"sm_{number}") if number.rstrip("af").isdigit() else None
        if arch is None:
            return
        binaries += [arch] if what in ("", "real") else []
        ptx += [arch] if what in ("", "virtual") else []
    yield Compiled(f"CMAKE_CUDA_ARCHITECTURES={found[1]}", span, tuple(binaries), tuple(ptx))


def _of_nvcc(words: str, span: Span) -> Iterator[Compiled]:
    binaries: list[str] = []
    ptx: list[str] = []
    for _, codes in re.findall(_GENCODE, words):
        for target in codes.split(","):
            kind, _, number = target.partition("_")
            arch = architecture_of(f"sm_{number}")
            if arch is None or kind not in ("sm", "compute", "lto"):
                return
            (binaries if kind == "sm" else ptx).append(arch)
    for _, number in re.findall(_ARCH, words):
        arch = architecture_of(f"sm_{number}")
        if arch is None:
            return
        binaries.append(arch)
        ptx.append(arch)
    if binaries or ptx:
        yield Compiled(" ".join(words.split()[:3]), span, tuple(binaries), tuple(ptx))


def _wheels(history: History, gpu: list[str]) -> Outcomes:
    """Yield outcomes for wheels that are given by URL."""
    for install in history.own:
        for requirement in install.requirements:
            found = re.search(_WHEEL, requirement.url or "")
            rows = table("gpus")["wheel"]
            row = next((r for r in rows if found is not None and r["version"] == found["version"]), None)
            known = toolkit(row["cuda"]) if row is not None else None
            if row is None or known is None:
                continue
            for name, arch in _wanted(gpu):
                if not runs_on(arch, known["archs"]):
                    yield Unmet(
                        f"this wheel of {row['name']} has no code for {_shown(name, arch)}",
                        requirement.span,
                        unsure=install.unsure,
                        notes=(f"It was compiled with CUDA {row['cuda']}.",),
                        help=f"Install a newer {row['name']}",
                        references=references(row),
                    )
                    break
