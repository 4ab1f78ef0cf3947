"""torch and the packages that have to fit it."""

from __future__ import annotations

from zr4lint.checks.edits import SAFE, UNSAFE, replace
from zr4lint.checks.ml.cloned import transformers_of_clone
from zr4lint.checks.ml.stages import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts.history import History, Install, pinned
from zr4lint.facts.torch import TorchState, numbers, older, python_at, torch_at, torch_in
from zr4lint.knowledge.tables import Torch, newest_torch, references, release, table, torch_release
from zr4lint.knowledge.versions import bounds
from zr4lint.model.finding import Fix, Related, Severity
from zr4lint.model.quoting import code, plain
from zr4lint.programs.pip import Requirement

COMPANIONS = ("torchvision", "torchaudio")
_SOURCES = ("pytorch RELEASE.md", "wheel metadata of torch, torchvision and torchaudio")


def _related(torch: TorchState) -> tuple[Related, ...]:
    return (Related(f"torch {torch.version} is installed here", torch.span),)


def _rename(subject: Subject, requirement: Requirement, version: str, *, safe: bool = False) -> Fix | None:
    """Ask for exactly this version; None where the words are not plainly the requirement."""
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
            torch = torch_in(install) or torch_at(history, install.at)
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
                unlisted = name == "torchaudio" and numbers(public) > numbers(_last_torchaudio())
                yield Unmet(
                    f"{name} {plain(public, 20)} is not built for torch {torch.version}",
                    requirement.span,
                    expected=f"{name}=={fitting[0]}",
                    fix=_rename(subject, requirement, fitting[0]),
                    related=_related(torch),
                    unsure=install.unsure or not known.sure,
                    severity=Severity.INFO if newer or unlisted else None,
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
                        f"The tag is the newest Python. torch {torch.version} has wheels for Python {oldest} to "
                        f"{newest}, so pip finds no matching distribution.",
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
    """The reference of a python image that moves with every release of Python."""
    base = history.base
    if base is None or base.kind != "python" or base.python is not None or install.environment != "":
        return None
    return base.reference if base.image.tag in ("", "latest", "3", "slim", "3-slim") else None


@check("ml/companion-unpinned")
def companion_unpinned(subject: Subject) -> Outcomes:
    """If torch is pinned, torchvision and torchaudio are pinned too."""
    for history in histories(subject):
        for install in history.own:
            torch = torch_in(install)
            if torch is None:
                before = torch_at(history, install.at)
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
                    continue  # pip keeps the one that is there
                yield _unpinned(subject, history, install, torch, requirement)


def _fixed_by_metadata(name: str, known: Torch, install: Install, *, same: bool) -> bool:
    """Whether the metadata on the index leaves one release only beside the torch of the same command."""
    if not same:
        return False  # a companion that is asked for alone may bring another torch
    if name == "torchvision":
        return older(known.version, table("torch")["free_torchvision"]["version"])
    tags = install.sources.tags
    row = torch_release(_last_torchaudio())
    free = row is None or any(tag in (*row.indexes, "cu129") or not tag.startswith("cu") for tag in tags)
    return len(tags) == 1 and not free and not _from_pypi(install)


def _from_pypi(install: Install) -> bool:
    """Whether a companion may come from PyPI: uv takes it from the first index that has it, extra ones before."""
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
    known = torch_release(torch.version)
    assert known is not None
    name = requirement.name
    right = known.companions(name)[0]
    pypi = _from_pypi(install)
    wrong = name == "torchaudio" and pypi and older(torch.version, _last_torchaudio())
    python = python_at(history, install)
    if python is not None and older(python, "3.10"):
        wrong = False
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
        related=_related(torch),
        unsure=install.unsure,
        severity=Severity.ERROR if wrong else None,
        notes=(why,),
        help=f"Pin {name}=={right}",
        references=("wheel metadata of torchvision and torchaudio",),
    )


@check("ml/torch-replaced")
def torch_replaced(subject: Subject) -> Outcomes:
    """No later command replaces the installed torch."""
    for history in histories(subject):
        for install in history.own:
            torch = torch_at(history, install.at)
            if torch is None or install.constrained or install.option("no-deps") or install.environment is None:
                continue
            where = torch.install.environment if torch.install is not None else ""
            if where != install.environment:
                continue
            requirement = install.get("torch")
            if torch.order < 0 and history.base is not None and history.base.own_torch:
                if unmet := _own_build(history, install, torch):
                    yield unmet
            elif requirement is not None:
                if unmet := _other_torch(torch, requirement):
                    yield unmet
            elif unmet := _pinning(install, torch):
                yield unmet
            elif install.option("force-reinstall", "ignore-installed", "reinstall") or _eager(install):
                yield from _forced(subject, install, torch)


def _own_build(history: History, install: Install, torch: TorchState) -> Unmet | None:
    """A torch from an index in the place of the one that the maker of the image has built."""
    if install.environment != "" or install.constrained:
        return None
    named = [r for r in install.requirements if r.name in ("torch", *COMPANIONS) and r.marker is None]
    wanted = next((r for r in named if r.specifier or install.run.command.upgrades), None)
    pinning = next((r for r in install.requirements if r.name in ("vllm", "xformers")), None)
    requirement = wanted or pinning
    if requirement is None or requirement.url is not None:
        return None
    if wanted is not None and _is_there(history, wanted, torch):
        return None
    own = wanted is not None and history.base is not None and history.base.kind == "ngc"
    return Unmet(
        f"{code(requirement.name)} replaces the image's own build of torch",
        requirement.span,
        expected="the torch of the image",
        severity=None if own else Severity.WARNING,
        unsure=install.unsure,
        related=_related_to_base(history, torch),
        notes=(
            "pip takes torch from the index. Packages of the image that were built for its own torch then fail with "
            "undefined symbols.",
        ),
        help="Keep the torch of the image, or install into a virtual environment",
        references=("NVIDIA, PyTorch release notes",) if own else (),
    )


def _is_there(history: History, wanted: Requirement, torch: TorchState) -> bool:
    """Whether a pin means the release that the image has a build of: `==2.9.1` fits 2.9.1+rocm7.2, too."""
    pin = pinned(wanted)
    released = history.base is not None and history.base.kind != "ngc"
    return wanted.name == "torch" and released and pin is not None and numbers(pin) == numbers(torch.version)


def _related_to_base(history: History, torch: TorchState) -> tuple[Related, ...]:
    return (Related(f"the image has a build of torch {torch.version}", history.root.image_span),)


def _pinning(install: Install, torch: TorchState) -> Unmet | None:
    """A package whose metadata names another torch than the one that is there."""
    if requirement := install.get("xformers"):
        return _xformers(install, torch, requirement)
    requirement = install.get("vllm")
    if requirement is None or requirement.url is not None or requirement.marker is not None:
        return None
    row = table("torch")["vllm"]
    version = pinned(requirement)
    if version is None:
        newest = not requirement.specifier or requirement.specifier.startswith(">")
        wanted = str(row["pins"][-1][2]) if newest and not install.sources.all else None
    else:
        fits = (pin for low, high, pin in row["pins"] if not older(version, low) and not older(high, version))
        wanted = next(fits, None)
    if wanted is None or numbers(wanted) == numbers(torch.version):
        return None
    name = f"vllm {plain(version, 20)}" if version is not None else "the newest vllm"
    return Unmet(
        f"{name} requires torch {wanted}, not {torch.version}",
        requirement.span,
        expected=f"torch=={wanted}",
        related=_related(torch),
        unsure=install.unsure,
        notes=(f"pip replaces torch {torch.version}.",),
        help=f"Install torch {wanted} before, or the vllm that requires torch {torch.version}",
        references=references(row),
    )


def _eager(install: Install) -> bool:
    strategy = install.run.command.parsed.get("upgrade-strategy")
    return install.option("upgrade") and strategy is not None and strategy.value == "eager"


def _other_torch(torch: TorchState, requirement: Requirement) -> Unmet | None:
    """Torch is requested again in another version."""
    version = pinned(requirement)
    if version is None or numbers(version) == numbers(torch.version) or requirement.marker:
        return None
    return Unmet(
        f"torch {plain(version.partition('+')[0], 20)} replaces torch {torch.version}",
        requirement.span,
        expected=f"torch=={torch.version}",
        related=_related(torch),
        unsure=True,
        notes=("Packages built for the first one break, and the image's layers contain both.",),
        help="Install torch once",
    )


def _forced(subject: Subject, install: Install, torch: TorchState) -> Outcomes:
    for requirement in install.requirements:
        if requirement.name not in ("flash-attn", "xformers"):
            continue
        options = ("force-reinstall", "ignore-installed", "reinstall", "upgrade-strategy")
        option = next(o for name in options if (o := install.run.command.parsed.get(name)) is not None)
        words = subject.words(option.span)
        yield Unmet(
            f"{code(words)} replaces torch {torch.version} with the newest torch",
            option.span,
            expected="--no-deps" if option.name == "upgrade-strategy" else f"{words} --no-deps",
            fix=replace(option.span, f"{words} --no-deps", "Add --no-deps", UNSAFE)
            if option.name != "upgrade-strategy"
            else None,
            related=_related(torch),
            unsure=install.unsure,
            notes=(
                f"The option reinstalls the dependencies of {requirement.name} too. Importing {requirement.name} then "
                "fails with an undefined symbol.",
            ),
            help=f"Add --no-deps, or remove {words}",
            references=("flash-attention issue 1724",),
        )


def _xformers(install: Install, torch: TorchState, requirement: Requirement) -> Unmet | None:
    """The metadata of xformers names one torch."""
    row = table("torch")["xformers"]
    version = pinned(requirement)
    fitting = [x for x, pin in row["pins"].items() if numbers(pin) == numbers(torch.version)]
    if version is not None:
        wanted = row["pins"].get(version.partition("+")[0])
        if wanted is None or numbers(wanted) == numbers(torch.version):
            return None
        what = f"xformers {plain(version, 20)} requires torch {wanted}, not {torch.version}"
    elif requirement.specifier or requirement.url or not older(torch.version, row["free_needs"]):
        return None
    else:
        what = f"the newest xformers requires a newer torch than {torch.version}"
    instead = f"xformers=={fitting[-1]}" if fitting else "the xformers built for it"
    return Unmet(
        what,
        requirement.span,
        expected=instead,
        related=_related(torch),
        unsure=install.unsure,
        notes=(f"pip replaces torch {torch.version}.",),
        help=f"Install {instead}, or add --no-deps",
        references=references(row),
    )


@check("ml/transformers-needs-newer-torch")
def transformers_needs_newer_torch(subject: Subject) -> Outcomes:
    """The installed transformers works with the pinned torch."""
    yield from transformers_of_clone(subject)
    row = table("torch")["transformers"]
    for history in histories(subject):
        for install in history.own:
            torch = torch_in(install) or torch_at(history, install.at)
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
                related=_related(torch),
                unsure=install.unsure,
                notes=(
                    "pip takes transformers 5, which says `Disabling PyTorch because PyTorch >= "
                    f"{row['needs']} is required`.",
                ),
                help='Install `"transformers<5"`',
                references=references(row),
            )


def open_above(requirement: Requirement, version: str) -> bool:
    """Whether a requirement lets in this version and what is newer."""
    found = bounds(requirement.specifier)
    if found is None or requirement.url is not None:
        return False
    if found.upper is None:
        return True
    return release(str(found.upper)) >= release(version) and (
        found.upper_included or release(str(found.upper)) > release(version)
    )
