"""Packages that are built from source: isolation, build tools, what the build has to be told."""

from __future__ import annotations

from zr4lint.checks.edits import UNSAFE, add_words
from zr4lint.checks.ml.builds import MMCV, Build, builds, isolates, mmcv_wheel
from zr4lint.checks.ml.history import History, histories
from zr4lint.checks.ml.installed import older, torch_at, torch_in
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun
from zr4lint.knowledge.tables import table
from zr4lint.knowledge.versions import lets_in

_SMALL = frozenset({
    "pip", "setuptools", "wheel", "torch", "torchvision", "torchaudio", "numpy", "packaging", "ninja", "psutil",
    "flash-attn", "xformers", "einops", "mmcv", "cython", "uv", "requests",
})  # fmt: skip
"""Packages that bring no build tool with them but those named below."""


@check("ml/build-isolated")
def build_isolated(subject: Subject) -> Outcomes:
    """What imports torch or pip to build sees them (gpu facts 3.1, 4.4, 4.9)."""
    for history in histories(subject):
        for build in builds(history, "flash-attn", *MMCV, "chumpy"):
            yield from _isolated(history, build)
        for build in builds(history, "mmpose"):
            yield from _mmpose(history, build)


def _isolated(history: History, build: Build) -> Outcomes:
    install, package = build.install, build.package
    if package in MMCV and mmcv_wheel(history, build) is True and any(s.role == "links" for s in install.sources.all):
        return
    if install.isolated:
        what = {
            "flash-attn": "setup.py imports torch, and the environment pip builds in has none: the install ends with "
            "`ModuleNotFoundError: No module named 'torch'` (run with pip 26.3)",
            "chumpy": "setup.py imports pip, and the environment pip builds in has none: the install ends with `No "
            "module named "
            "'pip'` (run with pip 26.3; mmpose issue 3218)",
        }.get(
            package,
            "setup.py does not see torch in the environment pip builds in: it ends with `No module named "
            "'pkg_resources'`, or, "
            "with setuptools older than 82, installs mmcv without its compiled operations (run; mmcv issue 3310)",
        )
        yield Unmet(
            f"{package} is built in isolation by uv and by pip from 25.3 on: {what}; add --no-build-isolation, with "
            "torch and the build tools "
            "installed before",
            build.requirement.span,
            expected="--no-build-isolation",
            fix=add_words(
                install.at.instruction,
                install.run.command.words.end,
                "--no-build-isolation",
                "Add --no-build-isolation",
                UNSAFE,
            ),
            unsure=build.unsure or not isolates(history, install),
        )
    elif package == "flash-attn" and history.has("torch", install.at) is False:
        also = " by the same command, but pip asks setup.py for its requirements first" if install.get("torch") else ""
        yield Unmet(
            f"flash-attn imports torch to be built, and no torch is installed before{also}: the install ends with `No "
            "module "
            "named 'torch'` (flash-attention setup.py); install torch by a command before",
            build.requirement.span,
            expected="torch installed before",
            unsure=build.unsure,
        )


def _mmpose(history: History, build: Build) -> Outcomes:
    row = table("openmmlab")["chumpy"]
    install = build.install
    if build.requirement.url or not lets_in(build.requirement.specifier, row["newest"]) or not install.isolated:
        return
    if (
        install.option("no-deps")
        or history.has("chumpy", install.at) is not False
        or history.mentions(install.at, "chumpy")
    ):
        return
    yield Unmet(
        "mmpose depends on chumpy, whose setup.py imports pip: built in isolation it ends with `No module named 'pip'` "
        "(run with "
        "pip 26.3; mmpose issue 3218); install chumpy first with --no-build-isolation",
        build.requirement.span,
        expected="pip install --no-build-isolation chumpy, before",
        unsure=build.unsure or not isolates(history, install),
    )


@check("ml/build-tools-missing")
def build_tools_missing(subject: Subject) -> Outcomes:
    """Without isolation the build tools of flash-attn are installed before (gpu facts 3.1)."""
    for history in histories(subject):
        if history.base is None or not history.base.plain:
            continue
        for build in builds(history, "flash-attn"):
            install = build.install
            if install.isolated or history.opaque(install.at):
                continue
            before = {r.name for other in history.before(install.at) for r in other.requirements}
            if before - _SMALL or build.unsure:
                continue  # some package may have brought them
            apt = {p.name for run in history.facts.of(AptRun, history.chain) for p in run.command.packages}
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
                    f"--no-build-isolation leaves the build tools to you, and {', '.join(missing)} "
                    f"{'is' if len(missing) == 1 else 'are'} not installed: setup.py fails, or compiles one file at a "
                    "time for "
                    f"hours (flash-attention README and setup.py); run `pip install {' '.join(missing)}` before",
                    build.requirement.span,
                    expected=f"pip install {' '.join(missing)}, before",
                )


def _forced(history: History, build: Build) -> bool:
    """Whether mmcv is built where it sees torch, a torch with CUDA."""
    if build.install.isolated or build.unsure or mmcv_wheel(history, build) is True:
        return False
    torch = torch_at(history, build.install.at) or torch_in(build.install)
    if torch is not None and torch.cuda == "cpu":
        return False
    return history.setting(build.install.run.variables, "MMCV_WITH_OPS") != "0"


@check("ml/cuda-ops-not-forced")
def cuda_ops_not_forced(subject: Subject) -> Outcomes:
    """Mmcv is told to compile for CUDA, since a build sees no GPU (gpu facts 4.6)."""
    for history in histories(subject):
        for build in builds(history, *MMCV):
            value = history.setting(build.install.run.variables, "FORCE_CUDA")
            if value is None or value == "1" or not _forced(history, build):
                continue
            yield Unmet(
                f"{build.package} asks torch for a GPU, and docker build has none: it compiles its operations for the "
                "CPU only, "
                "without a word, and they fail on the GPU (mmcv setup.py); set FORCE_CUDA=1 and TORCH_CUDA_ARCH_LIST",
                build.requirement.span,
                expected='FORCE_CUDA=1 TORCH_CUDA_ARCH_LIST="8.0;8.6;8.9;9.0" before pip install',
            )


@check("ml/arch-list-missing")
def arch_list_missing(subject: Subject) -> Outcomes:
    """An extension that is compiled without a GPU is told for which GPUs (gpu facts 4.6)."""
    row = table("openmmlab")["arch_list"]
    for history in histories(subject):
        for build in builds(history, *MMCV):
            forced = history.setting(build.install.run.variables, "FORCE_CUDA") == "1" and _forced(history, build)
            if not forced or history.setting(build.install.run.variables, "TORCH_CUDA_ARCH_LIST") != "":
                continue
            torch = torch_at(history, build.install.at)
            checked = (
                torch is not None
                and not older(torch.minor, row["torch"][0])
                and not older(row["torch"][1], torch.minor)
            )
            yield Unmet(
                f"{build.package} is compiled for CUDA where there is no GPU, and TORCH_CUDA_ARCH_LIST is not set: "
                "torch ends the "
                "build with `IndexError: list index out of range` (torch.utils.cpp_extension; pytorch/extension-cpp "
                "issue 71); "
                "name the architectures",
                build.requirement.span,
                expected='TORCH_CUDA_ARCH_LIST="8.0;8.6;8.9;9.0"',
                unsure=not checked,
            )
