"""Checks for failures at run time: imports, compilers, interpreters, and removed commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE, replace
from zr4lint.checks.ml.stage_history import histories, shipped
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun, EnvSet, Ran
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import older, python_at, torch_at, torch_in
from zr4lint.knowledge.tables import Row, references, sure, table
from zr4lint.knowledge.versions import bounds, lets_in
from zr4lint.model.finding import Severity
from zr4lint.model.quoting import code
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.pip_install import Install
    from zr4lint.programs.pip import Requirement

_COMPILERS = r"build-essential|\bgcc\b|\bg\+\+|\bclang|\bcc\b|conda|mamba|gcc-\d|python3?-dev"
_NVCC = r"cuda-nvcc|cuda-toolkit|nvidia-cuda-toolkit|\bnvcc\b|cuda-minimal-build|cuda_\d"
_HUB_BOUND = ("transformers", "diffusers", "datasets", "tokenizers", "accelerate", "gradio")


@check("ml/import-fails", raises=True)
def import_fails(subject: Subject) -> Outcomes:
    """A package can be imported with the other packages, its Python and its torch."""
    for history in histories(subject):
        for install in history.own:
            for row in table("packages")["import"]:
                requirement = install.get(row["name"])
                if requirement is None or requirement.url is not None or requirement.marker is not None:
                    continue
                words = _failing(history, install, requirement, row)
                if words is not None:
                    yield Unmet(
                        row["message"].format(**words),
                        requirement.span,
                        unsure=install.unsure or not (sure(row) or _certain(history, install, requirement, row)),
                        severity=Severity.ERROR if row.get("level") == "error" else None,
                        notes=("The install succeeds, and the failure shows when the image runs.",),
                        help=row["help"].format(**words),
                        references=references(row),
                    )


def _failing(history: History, install: Install, requirement: Requirement, row: Row) -> dict[str, str] | None:
    """Return the words for the message of a row if all of its conditions hold, else None."""
    words: dict[str, str] = {}
    if not _of_release(requirement, row) or (row.get("cuda") and not _has_cuda(history)):
        return None
    if "python" in row:
        python = python_at(history, install)
        if python is None or older(python, row["python"]):
            return None
        words["python"] = python
    if "torch" in row:
        torch = torch_in(install) or torch_at(history, install)
        if torch is None or older(torch.version, row["torch"]):
            return None
        words["torch"] = torch.version
    if "beside" in row:
        other = _beside(history, install, row)
        if other is None:
            return None
        words["other"] = other
    if "without" in row:
        missing = _missing(history, install, row)
        if missing is None:
            return None
        words["other"] = missing
    return words


def _certain(history: History, install: Install, requirement: Requirement, row: Row) -> bool:
    """Return whether the build of torch makes a likely failure certain."""
    torch = torch_in(install) or torch_at(history, install)
    known = row.get("certain")
    return (
        known is not None
        and torch is not None
        and torch.order >= 0
        and (torch.cuda or "").startswith(known)
        and pinned(requirement) not in row["except"]
    )


def _of_release(requirement: Requirement, row: Row) -> bool:
    pin = pinned(requirement)
    if "versions" not in row:
        return True
    return lets_in(row["versions"], pin) if pin is not None else not row.get("pinned", False)


def _has_cuda(history: History) -> bool:
    return history.base is not None and history.base.cuda is not None


def _beside(history: History, install: Install, row: Row) -> str | None:
    """Return a package that is in the same environment, from this command or an earlier one."""
    for other in (*history.before(install.at), install):
        found = next((str(n) for n in row["beside"] if (r := other.get(n)) is not None and r.marker is None), None)
        if found is not None and other.environment == install.environment and not (other.unsure or install.unsure):
            return found
    return None


def _missing(history: History, install: Install, row: Row) -> str | None:
    """Return a package that no instruction of the file installs."""
    later = [i for i in history.installs if i.opaque]
    if later or history.opaque(install.at) or not history.final or history.mentions(None, r"\bmim\b|openmim"):
        return None
    there = {r.name for i in history.installs for r in i.requirements}
    there |= {"mmengine"} if there & {"mmcv", "mmcv-full", "mmdet"} else set()
    return next((str(name) for name in row["without"] if name not in there), None)


@check("ml/huggingface-cli-gone")
def huggingface_cli_gone(subject: Subject) -> Outcomes:
    """The installed huggingface_hub has the command that is called."""
    row = table("packages")["huggingface_cli"]
    for history in histories(subject):
        for ran in history.commands:
            if ran.program != "huggingface-cli" or ran.at.reach is Reach.NEVER or not _without_cli(history, ran, row):
                continue
            words = [a.value or "" for a in ran.arguments]
            instead = row["subcommands"].get(words[1]) if len(words) > 1 else None
            word = ran.arguments[0].span
            same = instead is not None and instead == words[1] and _same_options(words[2:], row["options"])
            fix = replace(word, "hf", "Call hf", SAFE) if same else None
            yield Unmet(
                f"huggingface_hub {row['gone']} removed huggingface-cli",
                word,
                expected=f"hf {instead}" if instead else "hf",
                fix=fix,
                unsure=ran.at.unsure,
                notes=("The newest huggingface_hub is installed, which has the command hf only.",),
                help=f"Call `hf {instead}`" if instead else "Call `hf`",
                references=references(row),
            )


def _same_options(words: list[str], known: list[str]) -> bool:
    """Return whether hf has all the options of a command."""
    return all(word.partition("=")[0] in known for word in words if word.startswith("-"))


def _without_cli(history: History, ran: Ran, row: Row) -> bool:
    """Return whether the installed huggingface_hub certainly lacks the command."""
    if history.base is None or not history.base.plain or history.opaque(ran.at):
        return False
    found: Requirement | None = None
    for install in history.before(ran.at):
        others = [r for n in _HUB_BOUND if (r := install.get(n)) is not None]
        python = python_at(history, install)
        if any(r.specifier for r in others) or install.constrained or (python is not None and older(python, "3.10")):
            return False
        found = install.get("huggingface-hub") or found
    limits = bounds(found.specifier) if found is not None else None
    if limits is None:
        return False
    if limits.upper is not None and limits.pin is None:
        return False
    return limits.pin is None or not older(str(limits.pin), row["gone"])


@check("ml/compiler-missing-at-run")
def compiler_missing_at_run(subject: Subject) -> Outcomes:
    """A package that compiles at run time finds a compiler in the image."""
    for history in histories(subject):
        base = history.base
        if base is None or not history.final or history.stage.number != max(s.number for s in subject.facts.shipped):
            continue
        slim = base.kind in ("ubuntu", "debian") or (base.kind == "python" and "slim" in base.image.tag)
        if not slim and not (base.kind == "cuda" and base.flavour and "devel" not in base.flavour):
            continue
        for row in table("packages")["compiles"]:
            found = next(_brought(subject, history, row), None)
            nvcc = row["needs"] == "nvcc"
            if found is None or history.mentions(None, _NVCC if nvcc else _COMPILERS):
                continue
            if not nvcc and _by_pip(history):
                continue
            install, requirement = found
            yield Unmet(
                f"{requirement.name} compiles when it runs, and the image has no {'nvcc' if nvcc else 'C compiler'}",
                requirement.span,
                expected="a devel image" if nvcc else "apt-get install gcc",
                unsure=install.unsure,
                notes=("It compiles kernels at their first use, for the GPU that it finds.",),
                help="Build the last stage on a devel image" if nvcc else "Install gcc and libc6-dev in the last stage",
                references=references(row),
            )


def _brought(subject: Subject, history: History, row: Row) -> Iterator[tuple[Install, Requirement]]:
    """Yield the installs of a row's packages that end up in the image."""
    for install in shipped(subject, history):
        requirement = next((r for n in row["names"] if (r := install.get(n)) is not None), None)
        if requirement is not None and requirement.marker is None:
            yield install, requirement


def _by_pip(history: History) -> bool:
    """Return whether apt may install a compiler with python3-pip, which recommends one."""
    for run in history.of(AptRun):
        if run.command.action != "install":
            continue
        names = {package.name for package in run.command.packages}
        if run.command.parsed.unknown or ("python3-pip" in names and not run.command.skips_recommends):
            return True
    return False


@check("ml/library-path-replaced")
def library_path_replaced(subject: Subject) -> Outcomes:
    """LD_LIBRARY_PATH keeps the folders that the base image set."""
    for history in histories(subject):
        base = history.base
        if base is None or base.kind != "cuda" or not history.final:
            continue
        for env in history.of(EnvSet):
            words = subject.words(env.value_span)
            if env.at.stage != history.stage.number or env.name != "LD_LIBRARY_PATH" or "LD_LIBRARY_PATH" in words:
                continue
            if env.value is None or re.search(r"/usr/local/nvidia|/usr/local/cuda[^:]*/lib64", env.value):
                continue
            if history.mentions(env.at, "LD_LIBRARY_PATH"):
                continue
            yield Unmet(
                f"this ENV removes {code('/usr/local/nvidia/lib64', 30)} from LD_LIBRARY_PATH",
                env.span,
                expected=f"LD_LIBRARY_PATH={env.value}:$LD_LIBRARY_PATH",
                notes=("Older container runtimes put the driver's libraries there.",),
                help="Add `:$LD_LIBRARY_PATH`",
                references=("NVIDIA container images, dist/12.4.1/ubuntu2204",),
            )
