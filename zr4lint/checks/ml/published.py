"""Checks for packages that PyPI does not have: names, releases, and builds on other indexes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE, replace
from zr4lint.checks.ml.builds import other_index
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import older
from zr4lint.knowledge.tables import Row, references, release, sure, table
from zr4lint.knowledge.versions import bounds
from zr4lint.model.finding import Fix, Severity
from zr4lint.model.quoting import plain

if TYPE_CHECKING:
    from zr4lint.facts.pip_install import Install
    from zr4lint.programs.pip import Requirement

_NIGHTLY = r"\.dev(\d{8})"


def only_pypi(install: Install) -> bool:
    """Return whether only PyPI and PyTorch's indexes can have a package."""
    links = any(source.role == "links" for source in install.sources.all)
    return not links and not other_index(install) and not install.option("no-index")


@check("ml/not-on-pypi")
def not_on_pypi(subject: Subject) -> Outcomes:
    """PyPI has a package of this name."""
    for history in histories(subject):
        for install in history.own:
            for requirement in install.requirements if only_pypi(install) else ():
                row = next((r for r in table("packages")["absent"] if requirement.name in r["names"]), None)
                if (
                    row is None
                    or requirement.url is not None
                    or requirement.marker
                    or _there(history, install, requirement, row)
                ):
                    continue
                if history.has(requirement.name, install.at) is not False and not requirement.specifier:
                    continue
                yield Unmet(
                    row["what"].format(name=requirement.name),
                    requirement.span,
                    unsure=install.unsure,
                    fix=_renamed(subject, requirement, row.get("rename")),
                    notes=("pip fails, or installs another project.",),
                    help=row["instead"],
                    references=references(row),
                )


def _renamed(subject: Subject, requirement: Requirement, name: str | None) -> Fix | None:
    """Return a fix that installs the package under its correct name."""
    words = subject.words(requirement.span)
    if name is None or words.strip("'\"") != requirement.name:
        return None
    return replace(requirement.span, words.replace(requirement.name, name), f"Install {name}", SAFE)


def _there(history: History, install: Install, requirement: Requirement, row: Row) -> bool:
    """Return whether PyPI may have a matching release, or a variable allows a deprecated name."""
    if "unless" in row and history.setting(install.run.variables, row["unless"]) != "":
        return True
    below = row.get("below")
    limits = bounds(requirement.specifier)
    if below is None or limits is None:
        return below is not None
    if limits.lower is not None and release(str(limits.lower)) >= release(below):
        return False
    return row.get("only_pinned", False) or limits.upper is not None


@check("ml/release-gone")
def release_gone(subject: Subject) -> Outcomes:
    """A pinned release is still on PyPI."""
    for history in histories(subject):
        for install in history.own:
            for row in table("packages")["left"]:
                requirement = install.get(row["name"])
                version = pinned(requirement)
                if requirement is None or version is None or requirement.url or not only_pypi(install):
                    continue
                versions = row["versions"]
                if version in versions or older(versions[-1], version) or len(release(version)) != 3:
                    continue
                later = next((v for v in versions if release(v) > release(version)), versions[-1])
                yield Unmet(
                    f"{row['name']} {plain(version, 20)} is no longer on PyPI",
                    requirement.span,
                    expected=f"{row['name']}=={later}",
                    unsure=install.unsure,
                    notes=("pip fails with `No matching distribution found`.",),
                    help=f"Pin {later}",
                    references=references(row),
                )


@check("ml/local-version-not-on-pypi")
def local_version_not_on_pypi(subject: Subject) -> Outcomes:
    """A build such as 2.5.1+cu124 is installed from an index that has it."""
    for history in histories(subject):
        for install in history.own:
            if install.sources.all or install.sources.backend or install.option("no-index"):
                continue
            for requirement in install.requirements:
                version = pinned(requirement)
                if version is None or "+" not in version or requirement.url or requirement.marker:
                    continue
                if history.base is not None and history.base.torch is not None:
                    continue  # the image may have this build
                if history.has(requirement.name, install.at) is not False:
                    continue
                yield Unmet(
                    f"PyPI has no {requirement.name} {plain(version, 30)}",
                    requirement.span,
                    expected=_index(version),
                    unsure=install.unsure,
                    notes=("PyPI takes no versions with a `+`. pip fails with `No matching distribution found`.",),
                    help=f"Add {_index(version)}",
                    references=("PEP 440, local version identifiers",),
                )


def _index(version: str) -> str:
    return f"--index-url https://download.pytorch.org/whl/{version.partition('+')[2]}"


@check("ml/nightly-pinned")
def nightly_pinned(subject: Subject) -> Outcomes:
    """No requirement is pinned to a nightly build that PyTorch deletes."""
    row = table("torch")["nightly"]
    for history in histories(subject):
        for install in history.own:
            for requirement in install.requirements:
                found = re.search(_NIGHTLY, requirement.specifier) if "==" in requirement.specifier else None
                if found is None or requirement.name not in row["names"]:
                    continue
                if not any(s.pytorch for s in install.sources.all):
                    continue
                yield Unmet(
                    f"{requirement.name} is pinned to a nightly build of {found[1]}",
                    requirement.span,
                    unsure=False,
                    notes=("PyTorch deletes nightly builds after some weeks, so pip finds none.",),
                    help="Pin a release, or leave the date out",
                    references=references(row),
                )


@check("ml/onnxruntime-cuda-mismatch")
def onnxruntime_cuda_mismatch(subject: Subject) -> Outcomes:
    """onnxruntime-gpu is built for the CUDA of the image."""
    for history in histories(subject):
        base = history.base
        if base is None or base.kind != "cuda" or base.cuda is None:
            continue
        for install in history.own:
            requirement = install.get("onnxruntime-gpu")
            if requirement is None or requirement.url or not only_pypi(install) or requirement.extras:
                continue
            if unmet := _other_cuda(install, requirement, base.cuda):
                yield unmet


def _other_cuda(install: Install, requirement: Requirement, cuda: str) -> Unmet | None:
    rows = table("packages")["onnxruntime"]
    version = pinned(requirement)
    if version is None:
        limits = bounds(requirement.specifier)
        if limits is None or limits.upper is not None or install.constrained:
            return None
        row = rows[-1]
    else:
        row = next((r for r in reversed(rows) if release(r["since"]) <= release(version)), rows[0])
    if row["cuda"] == cuda.partition(".")[0]:
        return None
    name = f"onnxruntime-gpu {plain(version, 20)}" if version else "the newest onnxruntime-gpu"
    fitting = [r for r in rows if r["cuda"] == cuda.partition(".")[0]]
    after = rows[rows.index(fitting[0]) + 1] if fitting and fitting[0] is not rows[-1] else None
    return Unmet(
        f"{name} needs CUDA {row['cuda']}, but the image has {cuda}",
        requirement.span,
        expected=f'"onnxruntime-gpu<{after["since"]}"' if after else None,
        unsure=install.unsure or not sure(row),
        severity=Severity.WARNING,
        notes=("It then falls back to the CPU, and reports that only in its log.",),
        help=f'Install "onnxruntime-gpu<{after["since"]}"' if after else f"Use an image of CUDA {row['cuda']}",
        references=references(row),
    )
