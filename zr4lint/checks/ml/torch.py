"""Checks for torch and the packages that must match it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE, UNSAFE, replace
from zr4lint.checks.ml.cloned import transformers_of_clone
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import TorchState, numbers, older, python_at, torch_at, torch_in
from zr4lint.knowledge.tables import Torch, newest_torch, references, release, table, torch_release
from zr4lint.knowledge.versions import bounds
from zr4lint.model.finding import Fix, Severity
from zr4lint.model.quoting import code, plain

if TYPE_CHECKING:
    from zr4lint.facts.pip_install import Install
    from zr4lint.programs.pip import Requirement

_PYTORCH_HOSTS = r"//(?:[\w-]+\.)*(?:pytorch\.org|pythonhosted\.org)/"
"""Matches the URL of a wheel that PyTorch published; the releases of other publishers may match in other pairs."""
COMPANIONS = ("torchvision", "torchaudio")
_SOURCES = ("pytorch RELEASE.md", "wheel metadata of torch, torchvision and torchaudio")


def _rename(subject: Subject, requirement: Requirement, version: str, *, safe: bool = False) -> Fix | None:
    """Return a fix that pins exactly this version; None if the words are not simply the requirement."""
    words = subject.words(requirement.span)
    quote = words[0] if words[:1] in ("'", '"') else ""
    plain = words.strip("'\"").replace(" ", "") == requirement.name + requirement.specifier.replace(" ", "")
    if not plain:
        return None
    text = f"{quote}{requirement.name}=={version}{quote}"
    return replace(requirement.span, text, f"Pin {requirement.name} {version}", SAFE if safe else UNSAFE)


@check("ml/companion-mismatch")
def companion_mismatch(subject: Subject) -> Outcomes:
    """A pinned torchvision or torchaudio is built for the pinned torch."""
    for history in histories(subject):
        for install in history.own:
            torch = torch_in(install) or torch_at(history, install)
            known = torch_release(torch.version) if torch is not None else None
            own = torch is not None and torch.order < 0 and history.base is not None and history.base.own_torch
            if torch is None or known is None or own:
                continue
            for name in COMPANIONS:
                requirement = install.get(name)
                version = pinned(requirement)
                if requirement is None or version is None or requirement.marker is not None:
                    continue
                public = version.partition("+")[0]
                fitting = known.companions(name)
                if public in fitting or f"{public}.0" in fitting:
                    continue
                newer = numbers(public) > numbers(fitting[0]) and older(newest_torch(), torch.version)
                foreign = requirement.url is not None and not re.search(_PYTORCH_HOSTS, requirement.url)
                unlisted = name == "torchaudio" and numbers(public) > numbers(_last_torchaudio())
                yield Unmet(
                    f"{name} {plain(public, 20)} is not built for torch {torch.version}",
                    requirement.span,
                    expected=f"{name}=={fitting[0]}",
                    fix=_rename(subject, requirement, fitting[0]),
                    related=(torch.related,),
                    unsure=install.unsure or not known.sure,
                    severity=Severity.INFO if newer or unlisted else Severity.WARNING if foreign else None,
                    notes=(
                        f"pip refuses the pair, or `import {name}` fails because operators are missing.",
                        *(("This release is newer than the table that zr4lint ships.",) if newer or unlisted else ()),
                    ),
                    help=f"Pin {name}=={fitting[0]}",
                    references=_SOURCES,
                )


def _last_torchaudio() -> str:
    return str(table("torch")["free_torchaudio"]["version"])


@check("ml/python-unsupported")
def python_unsupported(subject: Subject) -> Outcomes:
    """The pinned torch has wheels for the Python that installs it."""
    for history in histories(subject):
        for install in history.own:
            torch = torch_in(install)
            known = torch_release(torch.version) if torch is not None else None
            requirement = install.get("torch")
            if torch is None or known is None or requirement is None or requirement.url is not None:
                continue
            oldest, newest = known.python
            python = python_at(history, install)
            floating = _floating(history, install)
            if python is None and floating and newest and older(newest, "3.14"):
                yield Unmet(
                    f"torch {torch.version} has no wheel for the Python of {code(floating)}",
                    requirement.span,
                    expected=f"Python {oldest} to {newest}",
                    unsure=install.unsure,
                    notes=(
                        (
                            f"The tag is the newest Python. torch {torch.version} has wheels for Python {oldest} to "
                            f"{newest}, so pip finds no matching distribution."
                        ),
                    ),
                    help=f"Build on python:{newest}",
                    references=_SOURCES,
                )
            if python is None or not (older(python, oldest) or (newest and older(newest, python))):
                continue
            yield Unmet(
                f"torch {torch.version} has no wheel for Python {python}",
                requirement.span,
                expected=f"Python {oldest} to {newest}" if newest else f"Python {oldest} or newer",
                unsure=install.unsure,
                severity=Severity.WARNING if python in known.edge else None,
                notes=(
                    "pip fails with `No matching distribution found`.",
                    *(
                        (f"Python {python} is experimental there, or sources disagree.",)
                        if python in known.edge
                        else ()
                    ),
                ),
                help=f"Use Python {oldest} to {newest}" if newest else f"Use Python {oldest} or newer",
                references=_SOURCES,
            )


def _floating(history: History, install: Install) -> str | None:
    """Return the reference of a python image whose tag moves with every release of Python."""
    base = history.base
    if base is None or base.kind != "python" or base.python is not None or install.environment != "":
        return None
    return base.reference if base.image.tag in ("", "latest", "3", "slim", "3-slim") else None


@check("ml/companion-unpinned", raises=True)
def companion_unpinned(subject: Subject) -> Outcomes:
    """If torch is pinned, torchvision and torchaudio are pinned too."""
    for history in histories(subject):
        for install in history.own:
            torch = torch_in(install)
            if torch is None:
                before = torch_at(history, install)
                torch = before if before is not None and before.install is not None else None
            known = torch_release(torch.version) if torch is not None else None
            if torch is None or known is None or install.constrained or install.option("no-deps"):
                continue
            for name in COMPANIONS:
                requirement = install.get(name)
                if requirement is None or requirement.specifier or requirement.url or requirement.marker:
                    continue
                if _fixed_by_metadata(name, known, install, same=torch.install is install):
                    continue
                there = history.has(name, install.at)
                if (there and not install.run.command.upgrades) or (there is None and torch.install is not install):
                    continue  # pip keeps the installed one
                yield _unpinned(subject, history, install, torch, requirement)


def _fixed_by_metadata(name: str, known: Torch, install: Install, *, same: bool) -> bool:
    """Return whether the index's metadata allows only one release with the torch of the same command."""
    if not same:
        return False  # a companion that is installed alone may bring another torch
    if name == "torchvision":
        return older(known.version, table("torch")["free_torchvision"]["version"])
    tags = install.sources.tags
    row = torch_release(_last_torchaudio())
    free = row is None or any(tag in (*row.indexes, "cu129") or not tag.startswith("cu") for tag in tags)
    return len(tags) == 1 and not free and not _from_pypi(install)


def _from_pypi(install: Install) -> bool:
    """Return whether a companion may come from PyPI. uv uses the first index that has it, extra ones first."""
    sources = install.sources
    if not sources.known:
        return False
    if not install.uv or install.run.command.parsed.get("index-strategy") is not None:
        return sources.pypi or any(s.role == "extra" and "pypi.org" in (s.url or "") for s in sources.all)
    extra = next((s for s in sources.all if s.role == "extra" and (s.pytorch or "pypi.org" in (s.url or ""))), None)
    return not extra.pytorch if extra is not None else sources.pypi


def _unpinned(
    subject: Subject, history: History, install: Install, torch: TorchState, requirement: Requirement
) -> Unmet:
    """Return the finding for a companion without a version; an error if pip then takes one that does not load."""
    known = torch_release(torch.version)
    assert known is not None
    name = requirement.name
    right = known.companions(name)[0]
    pypi = _from_pypi(install)
    wrong = name == "torchaudio" and pypi and older(torch.version, _last_torchaudio())
    python = python_at(history, install) or known.python[1]
    if python and older(python, "3.10"):
        wrong = False  # the newest torchaudio needs a newer Python
    if wrong:
        why = (
            f"pip takes torchaudio {_last_torchaudio()} from PyPI, which requires no torch in its metadata and does "
            f"not load with torch {torch.version}."
        )
    elif name == "torchvision" and torch.install is not install:
        why = f"pip takes the newest torchvision, which requires another torch and replaces torch {torch.version}."
    else:
        why = "pip chooses the version by metadata on the index, so the next build may get another."
    exact = not pypi and torch.install is install and known.sure
    return Unmet(
        f"{name} has no version beside torch {torch.version}",
        requirement.span,
        expected=f"{name}=={right}",
        fix=_rename(subject, requirement, right, safe=exact),
        related=(torch.related,),
        unsure=install.unsure,
        severity=Severity.ERROR if wrong else None,
        notes=(why,),
        help=f"Pin {name}=={right}",
        references=("wheel metadata of torchvision and torchaudio",),
    )


@check("ml/transformers-needs-newer-torch")
def transformers_needs_newer_torch(subject: Subject) -> Outcomes:
    """The installed transformers works with the pinned torch."""
    yield from transformers_of_clone(subject)
    row = table("torch")["transformers"]
    for history in histories(subject):
        for install in history.own:
            torch = torch_in(install) or torch_at(history, install)
            if torch is None or not older(torch.version, row["needs"]) or install.constrained:
                continue
            python = python_at(history, install)
            if python is not None and older(python, "3.10"):
                continue
            requirement = install.get("transformers")
            if requirement is None or not open_above(requirement, row["version"]):
                continue
            if history.has("transformers", install.at) is not False and not install.run.command.upgrades:
                continue
            yield Unmet(
                f"transformers 5 does not work with torch {torch.version}",
                requirement.span,
                expected='"transformers<5"',
                related=(torch.related,),
                unsure=install.unsure,
                notes=(
                    (
                        "pip takes transformers 5, which reports `Disabling PyTorch because PyTorch >= "
                        f"{row['needs']} is required`."
                    ),
                ),
                help='Install `"transformers<5"`',
                references=references(row),
            )


def open_above(requirement: Requirement, version: str) -> bool:
    """Return whether a requirement allows this version and newer ones."""
    found = bounds(requirement.specifier)
    if found is None or requirement.url is not None:
        return False
    if found.upper is None:
        return True
    return release(str(found.upper)) >= release(version) and (
        found.upper_included or release(str(found.upper)) > release(version)
    )
