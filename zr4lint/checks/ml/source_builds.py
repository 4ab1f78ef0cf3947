"""Packages that are built from source: isolation, build tools, what the build has to be told."""

from __future__ import annotations

from zr4lint.checks.fixes import UNSAFE, add_words
from zr4lint.checks.ml.builds import MMCV, Build, builds, mmcv_wheel
from zr4lint.checks.ml.scene import Scene, scenes
from zr4lint.checks.ml.state import older, torch_at, torch_in
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.checks.versions import bounds, lets_in
from zr4lint.facts import AptRun, EnvSet, Written
from zr4lint.knowledge import release, table
from zr4lint.shell import Reach
from zr4lint.source import Span

_SMALL = frozenset({
    "pip", "setuptools", "wheel", "torch", "torchvision", "torchaudio", "numpy", "packaging", "ninja", "psutil",
    "flash-attn", "xformers", "einops", "mmcv", "cython", "uv", "requests",
})  # fmt: skip
"""Packages that bring no build tool with them but those named below."""


@check("ml/build-isolated")
def build_isolated(subject: Subject) -> Outcomes:
    """What imports torch or pip to build sees them (gpu facts 3.1, 4.4, 4.9)."""
    for scene in scenes(subject):
        for build in builds(scene, "flash-attn", *MMCV, "chumpy"):
            yield from _isolated(scene, build)
        for build in builds(scene, "mmpose"):
            yield from _mmpose(scene, build)


def _isolated(scene: Scene, build: Build) -> Outcomes:
    install, package = build.install, build.package
    if package in MMCV and mmcv_wheel(scene, build) is True and any(s.role == "links" for s in install.sources.all):
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
            f"{package} is built in isolation: {what}; add --no-build-isolation, with torch and the build tools "
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
            unsure=build.unsure,
        )
    elif package == "flash-attn" and scene.has("torch", install.at) is False:
        also = " by the same command, but pip asks setup.py for its requirements first" if install.get("torch") else ""
        yield Unmet(
            f"flash-attn imports torch to be built, and no torch is installed before{also}: the install ends with `No "
            "module "
            "named 'torch'` (flash-attention setup.py); install torch by a command before",
            build.requirement.span,
            expected="torch installed before",
            unsure=build.unsure,
        )


def _mmpose(scene: Scene, build: Build) -> Outcomes:
    row = table("openmmlab")["chumpy"]
    install = build.install
    if build.requirement.url or not lets_in(build.requirement.specifier, row["newest"]) or not install.isolated:
        return
    if (
        install.option("no-deps")
        or scene.has("chumpy", install.at) is not False
        or scene.mentions(install.at, "chumpy")
    ):
        return
    yield Unmet(
        "mmpose depends on chumpy, whose setup.py imports pip: built in isolation it ends with `No module named 'pip'` "
        "(run with "
        "pip 26.3; mmpose issue 3218); install chumpy first with --no-build-isolation",
        build.requirement.span,
        expected="pip install --no-build-isolation chumpy, before",
        unsure=build.unsure,
    )


@check("ml/build-tools-missing")
def build_tools_missing(subject: Subject) -> Outcomes:
    """Without isolation the build tools of flash-attn are installed before (gpu facts 3.1)."""
    for scene in scenes(subject):
        if scene.base is None or not scene.base.plain:
            continue
        for build in builds(scene, "flash-attn"):
            install = build.install
            if install.isolated or scene.opaque(install.at):
                continue
            before = {r.name for other in scene.before(install.at) for r in other.requirements}
            if before - _SMALL or build.unsure:
                continue  # some package may have brought them
            apt = {p.name for run in scene.facts.of(AptRun, scene.chain) for p in run.command.packages}
            jobs = scene.setting(install.run.variables, "MAX_JOBS")
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


@check("ml/setuptools-too-new")
def setuptools_too_new(subject: Subject) -> Outcomes:
    """What needs pkg_resources is built with a setuptools that has it (gpu facts 4.5, 11.4, 11.5)."""
    for scene in scenes(subject):
        for build in builds(scene, *MMCV):
            if mmcv_wheel(scene, build) is True and build.install.sources.all:
                continue
            isolated = build.install.isolated
            if isolated and (
                build.install.option("build-constraint") or "PIP_BUILD_CONSTRAINT" in build.install.run.settings
            ):
                continue
            if isolated and ("PIP_CONSTRAINT" in build.install.run.settings or build.install.uv):
                continue
            if isolated or _newest_setuptools(scene, build.install.at.order, "82"):
                where = (
                    "the environment pip builds in has the newest one"
                    if isolated
                    else "it was upgraded without a bound"
                )
                yield _no_pkg_resources(build.package, build.requirement.span, where, build.unsure)
        for ran in scene.commands:
            if (
                ran.program == "mim"
                and ran.at.reach is not Reach.NEVER
                and _newest_setuptools(scene, ran.at.order, "82")
            ):
                yield _no_pkg_resources(
                    "mim", ran.at.span, "it was upgraded without a bound", ran.at.reach is Reach.MAYBE
                )
        for build in builds(scene, "flash-attn"):
            torch = torch_at(scene, build.install.at)
            if torch is None or not older(torch.version, "2.2") or build.install.isolated:
                continue
            if _newest_setuptools(scene, build.install.at.order, "70"):
                yield Unmet(
                    f"torch {torch.version} imports `packaging` from pkg_resources to compile extensions, and "
                    "setuptools was "
                    "upgraded to one that lacks it: the build fails (torch.utils.cpp_extension; flashinfer pull "
                    "request 319); "
                    "pin setuptools<70 before",
                    build.requirement.span,
                    expected='"setuptools<70" before',
                    unsure=build.unsure,
                )


def _no_pkg_resources(package: str, span: Span, where: str, unsure: bool) -> Unmet:
    return Unmet(
        f"{package} imports pkg_resources, which setuptools 82 took out in February 2026, and {where}: it ends with "
        "`No module "
        "named 'pkg_resources'` (run; mmcv issue 3325); install `setuptools<82` before, without isolation",
        span,
        expected='"setuptools<82" before',
        unsure=unsure,
    )


def _newest_setuptools(scene: Scene, order: int, bound: str) -> bool:
    """Whether the last install that names setuptools before leaves one that is not older than a bound."""
    newest = False
    for install in scene.installs:
        requirement = install.get("setuptools")
        if install.at.order >= order or requirement is None:
            continue
        found = bounds(requirement.specifier)
        if found is None:
            newest = False
        elif found.upper is not None:
            newest = release(str(found.upper)) > release(bound) or (
                release(str(found.upper)) == release(bound) and found.upper_included
            )
        elif found.lower is not None and release(str(found.lower)) >= release(bound):
            newest = True
        elif install.run.command.upgrades:
            newest = not install.unsure and not install.constrained
    return newest


def _forced(scene: Scene, build: Build) -> bool:
    """Whether mmcv is built where it sees torch, a torch with CUDA."""
    if build.install.isolated or build.unsure or mmcv_wheel(scene, build) is True:
        return False
    torch = torch_at(scene, build.install.at) or torch_in(build.install)
    if torch is not None and torch.cuda == "cpu":
        return False
    return scene.setting(build.install.run.variables, "MMCV_WITH_OPS") != "0"


@check("ml/cuda-ops-not-forced")
def cuda_ops_not_forced(subject: Subject) -> Outcomes:
    """Mmcv is told to compile for CUDA, since a build sees no GPU (gpu facts 4.6)."""
    for scene in scenes(subject):
        for build in builds(scene, *MMCV):
            value = scene.setting(build.install.run.variables, "FORCE_CUDA")
            if value is None or value == "1" or not _forced(scene, build):
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
    for scene in scenes(subject):
        for build in builds(scene, *MMCV):
            forced = scene.setting(build.install.run.variables, "FORCE_CUDA") == "1" and _forced(scene, build)
            if not forced or scene.setting(build.install.run.variables, "TORCH_CUDA_ARCH_LIST") != "":
                continue
            torch = torch_at(scene, build.install.at)
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


@check("ml/constraint-not-for-builds")
def constraint_not_for_builds(subject: Subject) -> Outcomes:
    """A constraint on build tools is given for builds too (gpu facts 11.3)."""
    for scene in scenes(subject):
        for env in subject.facts.of(EnvSet, scene.chain):
            if env.name != "PIP_CONSTRAINT" or env.value is None or env.at.stage != scene.stage.number:
                continue
            names = [e.name for e in subject.facts.of(EnvSet, scene.chain)]
            written = [w for w in subject.facts.of(Written, scene.chain) if w.path == env.value]
            tools = {
                line.strip().lower().split("<")[0].split("=")[0].split(">")[0].strip()
                for w in written
                for line in w.text.text.splitlines()
            } & {"setuptools", "cython", "numpy", "wheel"}
            if not tools or "PIP_BUILD_CONSTRAINT" in names or _old_pip(scene):
                continue
            upgraded = any(i.get("pip") and i.run.command.upgrades for i in scene.installs)
            yield Unmet(
                f"pip 26.2 and later no longer apply PIP_CONSTRAINT to the environments they build in: "
                f"{', '.join(sorted(tools))} "
                "is free there (run with pip 25.2 to 26.3); set PIP_BUILD_CONSTRAINT too",
                env.span,
                expected=f"PIP_BUILD_CONSTRAINT={env.value}",
                unsure=not upgraded,
            )


def _old_pip(scene: Scene) -> bool:
    """Whether pip is held below the version that changed."""
    for install in scene.installs:
        requirement = install.get("pip")
        found = bounds(requirement.specifier) if requirement is not None else None
        if found is not None and found.upper is not None and release(str(found.upper)) <= (26, 2):
            return True
    return False
