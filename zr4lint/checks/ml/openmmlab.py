"""Checks for OpenMMLab: mmcv and the packages that need it."""

from __future__ import annotations

from msgspec import Struct

from zr4lint.checks.ml.builds import MMCV
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import Ran
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import torch_at, torch_in
from zr4lint.knowledge.tables import mmcv_versions, mmcv_wheels, references, release, table
from zr4lint.knowledge.versions import lets_in
from zr4lint.model.finding import Related
from zr4lint.model.quoting import plain
from zr4lint.programs.pip import Requirement, parse_requirement
from zr4lint.shell import Reach


class Wanted(Struct, frozen=True):
    """A requirement of a pip or mim install."""

    requirement: Requirement
    order: int
    unsure: bool
    mim: bool


def _wanted(history: History, name: str) -> list[Wanted]:
    """Return all requirements of a package in this stage and those before it."""
    found = [
        Wanted(requirement, install.at.order, install.unsure, False)
        for install in history.installs
        if (requirement := install.get(name)) is not None and requirement.marker is None
    ]
    for ran in history.of(Ran):
        if ran.program != "mim" or [a.value for a in ran.arguments[1:2]] != ["install"]:
            continue
        for argument in ran.arguments[2:]:
            requirement = parse_requirement(argument)
            if requirement is not None and requirement.name == name:
                found.append(Wanted(requirement, ran.at.order, ran.at.reach is not Reach.ALWAYS, True))
    return sorted(found, key=lambda w: w.order)


@check("ml/no-mmcv-wheel")
def no_mmcv_wheel(subject: Subject) -> Outcomes:
    """A wheel of mmcv exists for the installed torch and CUDA."""
    for history in histories(subject):
        for install in history.own:
            requirement = install.get("mmcv")
            if requirement is None or requirement.url or install.option("no-index"):
                continue
            torch = torch_in(install) or torch_at(history, install)
            pin = pinned(requirement)
            versions = [v for v in mmcv_versions() if lets_in(requirement.specifier, v)]
            if torch is None or torch.cuda is None or not versions or (pin is not None and mmcv_wheels(pin) is None):
                continue
            if any(torch.minor in (mmcv_wheels(v) or {}).get(torch.cuda, ()) for v in versions):
                continue
            newest = versions[-1]
            there = [
                f"torch {minors[0] if newest == '2.2.0' else minors[-1]} with {tag}"
                for tag, minors in (mmcv_wheels(newest) or {}).items()
                if tag == "cu121"
            ]
            yield Unmet(
                f"mmcv {newest} has no wheel for torch {torch.version} with {torch.cuda}",
                requirement.span,
                notes=(
                    (
                        "pip builds mmcv from source. That needs a devel image, torch installed before, "
                        "--no-build-isolation, FORCE_CUDA=1, TORCH_CUDA_ARCH_LIST, ninja and psutil."
                    ),
                ),
                help=f"Use {there[0]}, for which there is a wheel" if there else None,
                references=("mmcv docs/en/_static/version.json, 2024-08",),
                related=(torch.related,),
            )


@check("ml/mmdet-mmcv-bound")
def mmdet_mmcv_bound(subject: Subject) -> Outcomes:
    """The installed mmcv is within the bounds of mmdet."""
    row = table("openmmlab")["bound"]
    newest = mmcv_versions()[-1]
    for history in histories(subject):
        mmdets = [
            w
            for w in _wanted(history, "mmdet")
            if not w.requirement.url and lets_in(w.requirement.specifier, row["mmdet"][-1])
        ]
        mmcvs = [w for name in MMCV[:1] for w in _wanted(history, name)]
        if not mmdets or not mmcvs or history.mentions(None, r"mmdet/__init__") or not _here(history, mmdets, mmcvs):
            continue
        mmcv = mmcvs[-1]
        version = pinned(mmcv.requirement)
        if mmcv.requirement.url is not None:
            continue
        taken = version or (newest if lets_in(mmcv.requirement.specifier, newest) else None)
        if taken is None or release(taken) < release("2.2.0"):
            continue
        yield Unmet(
            f"mmdet {row['mmdet'][-1]} refuses mmcv {plain(taken, 20)}",
            mmcv.requirement.span,
            notes=(f"mmdet accepts mmcv{row['mmcv']}; with any other `import mmdet` fails with an AssertionError.",),
            help='Install `"mmcv>=2.1.0,<2.2.0"`',
            references=references(row),
            expected='"mmcv>=2.1.0,<2.2.0"',
            related=(Related("mmdet is installed here", mmdets[-1].requirement.span),),
            unsure=mmcv.unsure or mmdets[-1].unsure or (mmcv.mim and version is None),
        )


def _here(history: History, *groups: list[Wanted]) -> bool:
    """Return whether the last of these is in the history's own stage, so that it is reported only once."""
    last = max(w.order for group in groups for w in group)
    return history.facts.facts[last].at.stage == history.stage.number
