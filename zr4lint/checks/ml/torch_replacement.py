"""Checks for installs that replace a torch that was installed on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.ml.torch import COMPANIONS
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import TorchState, numbers, older, torch_at, torch_in
from zr4lint.knowledge.tables import references, table, vllm_torch
from zr4lint.knowledge.versions import lets_in
from zr4lint.model.finding import Related, Severity
from zr4lint.model.quoting import code, plain

if TYPE_CHECKING:
    from zr4lint.facts.pip_install import Install
    from zr4lint.programs.pip import Requirement


@check("ml/torch-replaced")
def torch_replaced(subject: Subject) -> Outcomes:
    """No install replaces a torch that was installed on purpose."""
    for history in histories(subject):
        for install in history.own:
            yield from _beside(install)
            yield from _brought(history, install)
            torch = torch_at(history, install)
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


def _beside(install: Install) -> Outcomes:
    """Yield an outcome for a package that requires another torch than the same command installs."""
    torch = torch_in(install)
    if torch is None or install.option("no-deps") or install.constrained:
        return
    unmet = _pinning(install, torch)
    requirement = install.get("xformers") or install.get("vllm")
    if unmet is None or requirement is None:
        return
    exact = pinned(requirement) is not None
    if not exact and requirement.name != "vllm":
        return
    yield structs.replace(
        unmet,
        severity=None if exact else Severity.WARNING,
        notes=(
            "pip ends with ResolutionImpossible."
            if exact
            else f"pip takes an older {requirement.name}, which requires this torch, or finds none.",
        ),
    )


def _brought(history: History, install: Install) -> Outcomes:
    """Yield an outcome for a torch that is installed after a vllm that requires another one."""
    requirement = install.get("torch")
    if (
        requirement is None
        or requirement.url is not None
        or requirement.marker is not None
        or install.option("no-deps")
    ):
        return
    before = history.before_with(install.at, "vllm")
    version = pinned(before[-1].get("vllm")) if before else None
    if version is None or before[-1].environment != install.environment or install.environment is None:
        return
    wanted, pin = vllm_torch(version), pinned(requirement)
    newest = pin is None and not requirement.specifier and install.run.command.upgrades
    if wanted is None or (pin is None and not newest) or (pin is not None and numbers(pin) == numbers(wanted)):
        return
    named = f"torch {plain(pin, 20)}" if pin is not None else "the newest torch"
    yield Unmet(
        f"{named} replaces torch {wanted}, which vllm {plain(version, 20)} requires",
        requirement.span,
        expected=f"torch=={wanted}",
        unsure=install.unsure or before[-1].unsure,
        notes=("vllm was built for the torch that it requires, and does not load with another.",),
        help=f"Leave torch to vllm, or install the vllm that requires {named}",
        references=references(table("torch")["vllm"]),
    )


def _own_build(history: History, install: Install, torch: TorchState) -> Unmet | None:
    """Return the finding for a torch from an index that replaces the publisher's build in the image."""
    if install.environment != "" or install.constrained:
        return None
    named = [r for r in install.requirements if r.name in ("torch", *COMPANIONS) and r.marker is None]
    wanted = next((r for r in named if r.specifier or install.run.command.upgrades), None)
    pinning = next((r for r in install.requirements if r.name in ("vllm", "xformers")), None)
    requirement = wanted or pinning
    if requirement is None or requirement.url is not None:
        return None
    if wanted is not None and not install.run.command.upgrades and _is_there(history, wanted, torch):
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
            (
                "pip takes torch from the index. Packages of the image that were built for its own torch then fail "
                "with undefined symbols."
            ),
        ),
        help="Keep the torch of the image, or install into a virtual environment",
        references=("NVIDIA, PyTorch release notes",) if own else (),
    )


def _is_there(history: History, wanted: Requirement, torch: TorchState) -> bool:
    """Return whether the image's build satisfies a requirement.

    `==2.9.1` allows 2.9.1+rocm7.2, and `>=2.5` allows the 2.6.0a0+... of an NGC image.
    """
    if history.base is not None and history.base.kind == "ngc":
        return wanted.name == "torch" and lets_in(wanted.specifier, f"{torch.version}a0")
    pin = pinned(wanted)
    return wanted.name == "torch" and pin is not None and numbers(pin) == numbers(torch.version)


def _related_to_base(history: History, torch: TorchState) -> tuple[Related, ...]:
    return (Related(f"the image has a build of torch {torch.version}", history.root.image_span),)


def _pinning(install: Install, torch: TorchState) -> Unmet | None:
    """Return the finding for a package whose metadata requires another torch than the installed one."""
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
        wanted = vllm_torch(version)
    if wanted is None or numbers(wanted) == numbers(torch.version):
        return None
    name = f"vllm {plain(version, 20)}" if version is not None else "the newest vllm"
    return Unmet(
        f"{name} requires torch {wanted}, not {torch.version}",
        requirement.span,
        expected=f"torch=={wanted}",
        related=(torch.related,),
        unsure=install.unsure,
        notes=(f"pip replaces torch {torch.version}.",),
        help=f"Install torch {wanted} before, or the vllm that requires torch {torch.version}",
        references=references(row),
    )


def _eager(install: Install) -> bool:
    strategy = install.run.command.parsed.get("upgrade-strategy")
    return install.option("upgrade") and strategy is not None and strategy.value == "eager"


def _other_torch(torch: TorchState, requirement: Requirement) -> Unmet | None:
    """Return the finding for a torch that is installed again in another version."""
    version = pinned(requirement)
    if version is None or numbers(version) == numbers(torch.version) or requirement.marker:
        return None
    return Unmet(
        f"torch {plain(version.partition('+')[0], 20)} replaces torch {torch.version}",
        requirement.span,
        expected=f"torch=={torch.version}",
        related=(torch.related,),
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
            related=(torch.related,),
            unsure=install.unsure,
            notes=(
                (
                    f"The option reinstalls the dependencies of {requirement.name} too. Importing {requirement.name} "
                    "then fails with an undefined symbol."
                ),
            ),
            help=f"Add --no-deps, or remove {words}",
            references=("flash-attention issue 1724",),
        )


def _xformers(install: Install, torch: TorchState, requirement: Requirement) -> Unmet | None:
    """Return the finding for an xformers that requires another torch. Its metadata names exactly one."""
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
        related=(torch.related,),
        unsure=install.unsure,
        notes=(f"pip replaces torch {torch.version}.",),
        help=f"Install {instead}, or add --no-deps",
        references=references(row),
    )
