"""Checks for requirements of publishers' images: tag, user, package manager, and wheels that run on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE
from zr4lint.checks.ml.builds import other_index
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun, ArgDeclared, Copied, EnvSet, Ran, UserSet
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import older
from zr4lint.facts.permissions import ROOT
from zr4lint.facts.pips import held_by_image
from zr4lint.filesystem.globs import matches
from zr4lint.knowledge.tables import Row, minor, references, table, torch_release
from zr4lint.model.finding import Edit, Fix, Severity
from zr4lint.model.quoting import code, plain
from zr4lint.programs.pip import Requirement

if TYPE_CHECKING:
    from zr4lint.facts.images import Base
    from zr4lint.facts.pip_install import Install

_OTHER_CONDA = r"(?i)miniconda|miniforge|anaconda|micromamba|mambaforge"
_CONDAS = frozenset({"conda", "mamba"})
_PYTHONS = r"(?:python|pip)3?(?:\.\d+)?\Z"


@check("ml/image-tag-unknown")
def image_tag_unknown(subject: Subject) -> Outcomes:
    """A tag has the form that the publisher of the image uses, and names a release that exists."""
    for history in histories(subject):
        base = history.base
        if history.stage.parent is not None or base is None or base.image.digest or not base.image.tag:
            continue
        for row in table("bases")["tag"]:
            if _name(base) in row["names"] and (told := _wrong_tag(base, row)):
                yield Unmet(
                    f"{code(base.reference, 50)} is not a known tag",
                    history.stage.image_span,
                    notes=(told, "Docker finds no image with such a tag, so the build fails at FROM."),
                    help=f"Tags look like {code(row['example'])}",
                    references=references(row),
                )
        yield from _ended(history, base)


def _ended(history: History, base: Base) -> Outcomes:
    """Yield an outcome for the last tag of a discontinued image, or for its `latest`."""
    for row in table("bases")["ended"] if base.image.tag else ():
        if _name(base) in row["names"] and (base.image.tag == "latest" or minor(base.image.tag) == row["last"]):
            yield Unmet(
                f"{code(row['names'][0])} ends with {row['last']}",
                history.stage.image_span,
                severity=Severity.INFO,
                notes=("Newer releases are published under another name only.",),
                help=f"Use {code(row['instead'])}",
                references=references(row),
            )


def _name(base: Base) -> str:
    image = base.image
    return image.repository if image.registry == "docker.io" else f"{image.registry}/{image.repository}"


def _wrong_tag(base: Base, row: Row) -> str:
    """Return the fault of a tag; "" if none is known."""
    tag = base.image.tag
    if re.match(row["like"], tag) is None:
        return ""
    found = re.fullmatch(row["form"], tag)
    if found is None:
        return str(row["why"])
    told = found.groupdict()
    if "last" in row and older(row["last"], told["version"]):
        return f"The last image of this name was {row['last']}."
    torch = torch_release(told.get("torch"))
    if torch is None or not torch.indexes or not torch.sure:
        return ""
    cuda = "cu" + told["cuda"].replace(".", "")
    if cuda not in (*torch.indexes, *table("torch")["indexes"]["unlisted"]):
        return f"torch {torch.version} is built for {', '.join(torch.indexes)}, not for {cuda}."
    if told["cudnn"] != ("8" if older(torch.version, row["cudnn_9"]) else "9"):
        return "Images of torch have cuDNN 8 up to 2.3, and cuDNN 9 from 2.4 on."
    return ""


@check("ml/wheels-not-for-image")
def wheels_not_for_image(subject: Subject) -> Outcomes:
    """The installed wheels can run on the image."""
    for history in histories(subject):
        base = history.base
        if base is None:
            continue
        if base.kind == "l4t" and history.stage.parent is None:
            yield from _other_platform(history, base)
        for install in history.own:
            told = _of_rocm(base, install) or _of_alpine(history, base, install) or _of_jetson(history, base, install)
            if told is not None:
                requirement, message, note, help_ = told
                yield Unmet(
                    message,
                    requirement.span,
                    unsure=install.unsure,
                    severity=Severity.WARNING if base.kind == "l4t" else None,
                    notes=(note,),
                    help=help_,
                    references=references(table("bases")["wheels"]),
                )


def _other_platform(history: History, base: Base) -> Outcomes:
    platform = history.stage.flags.get("platform")
    if platform is not None and (platform.value or "").startswith("linux/amd64"):
        yield Unmet(
            f"{code(base.reference, 44)} is an image for arm64",
            platform.span,
            notes=("Jetson boards have ARM processors, and the images are built for no other.",),
            help="Use --platform=linux/arm64, or leave the flag out",
            references=references(table("bases")["wheels"]),
        )


_Told = tuple[Requirement, str, str, str]


def _of_rocm(base: Base, install: Install) -> _Told | None:
    if base.kind != "rocm":
        return None
    cuda = next((tag for tag in install.sources.tags if tag.startswith("cu")), None)
    patterns = table("bases")["wheels"]["cuda_only"]

    def covers(name: str) -> bool:
        return any(matches(name, pattern) for pattern in patterns)

    first = next((r for r in install.requirements if (cuda and r.name.startswith("torch")) or covers(r.name)), None)
    if first is None or first.url is not None:
        return None
    what = f"{first.name} for {cuda}" if cuda else first.name
    note = "The wheels are built for CUDA, and the GPUs of a ROCm image cannot run it."
    return (
        first,
        f"{plain(what, 40)} does not work on a ROCm image",
        note,
        "Use an index for ROCm, or an image with CUDA",
    )


def _of_alpine(history: History, base: Base, install: Install) -> _Told | None:
    words = re.split(r"[^a-z0-9]+", f"{base.image.repository}:{base.image.tag}".lower())
    if not any(re.fullmatch(r"alpine\d*", word) for word in words) or install.environment is None:
        return None
    if other_index(install) or any(s.role == "links" for s in install.sources.all) or install.option("platform"):
        return None
    names = table("bases")["wheels"]["not_on_alpine"]
    first = next((r for r in install.requirements if r.name in names and r.url is None and r.marker is None), None)
    if first is None or history.mentions(install.at, r"conda|mamba"):
        return None
    note = "There are wheels for glibc only, and Alpine has musl. pip fails with `No matching distribution found`."
    return (
        first,
        f"{first.name} has no wheels for Alpine",
        note,
        "Build on a Debian image, for example python:3.12-slim",
    )


def _of_jetson(history: History, base: Base, install: Install) -> _Told | None:
    if base.kind != "l4t" or base.distribution in (None, "ubuntu24.04") or "torch" in base.image.repository:
        return None
    torch = install.get("torch")
    if torch is None or torch.url is not None or torch.marker is not None or install.sources.all or install.constrained:
        return None
    if history.mentions(install.at, r"nvidia\.com|jetson-ai-lab|\.whl|PIP_|UV_"):
        return None
    note = "PyPI's wheels for arm64 are built for the CPU or for servers, and those of JetPack 4 to 6 are NVIDIA's own."
    return torch, "torch from PyPI does not use the GPU of a Jetson", note, "Install NVIDIA's wheel for this JetPack"


@check("ml/image-constraint")
def image_constraint(subject: Subject) -> Outcomes:
    """A pin does not contradict the constraints that the image sets for pip."""
    row = table("bases")["constraint"]
    for history in histories(subject):
        base = history.base
        if base is None:
            continue
        for install in history.own:
            requirement = next((r for n in row["names"] if (r := install.get(n)) and pinned(r)), None)
            if requirement is None or not held_by_image(history, install) or install.option("no-deps"):
                continue
            yield Unmet(
                f"the image's constraints pin {code(requirement.name)}, and pip may refuse this",
                requirement.span,
                unsure=install.unsure or not older(base.image.tag[:5], row["doubtful"]),
                notes=("NGC sets PIP_CONSTRAINT to a list of all that the image brings.",),
                help="Keep the image's version, or run this command with `PIP_CONSTRAINT=`",
                references=references(row),
            )


@check("ml/conda-not-in-image")
def conda_not_in_image(subject: Subject) -> Outcomes:
    """Conda is installed where it is called."""
    for history in histories(subject):
        base = history.base
        if base is None or base.kind != "pytorch" or base.python_kept != "system":
            continue
        for ran in _commands(history):
            word = ran.arguments[0].value or ""
            if ran.program not in _CONDAS and not word.startswith("/opt/conda/"):
                continue
            if history.mentions(ran.at, _OTHER_CONDA) or _copies(history, "/opt"):
                continue
            yield Unmet(
                f"{code(base.reference, 44)} has no conda",
                ran.arguments[0].span,
                unsure=ran.at.unsure,
                notes=("Images of torch 2.10 and later have the system's Python 3.12 and no /opt/conda.",),
                help="Use pip, or an image of torch 2.9",
                references=references(table("bases")["wheels"]),
            )
            break


def _commands(history: History) -> Iterator[Ran]:
    return (ran for ran in history.commands if ran.arguments)


def _copies(history: History, folder: str) -> bool:
    copied = history.of(Copied)
    return any((c.target or folder).startswith(folder) for c in copied)


@check("ml/micromamba-user")
def micromamba_user(subject: Subject) -> Outcomes:
    """In an image of micromamba, root runs apt, and the environment is active where it is used."""
    for history in histories(subject):
        if history.base is None or history.base.user != "mambauser":
            continue
        yield from _apt_as_user(subject, history)
        yield from _without_activation(history)


def _apt_as_user(subject: Subject, history: History) -> Outcomes:
    # The build's facts omit apt commands of a user other than root, since they fail.
    for run in (fact for fact in history.facts.facts if isinstance(fact, AptRun)):
        if run.at.stage != history.stage.number or run.command.action not in ("update", "install", "upgrade"):
            continue
        users = [u for u in history.of(UserSet) if u.at.order < run.at.order]
        if users and (users[-1].user is None or users[-1].user in ROOT):
            continue
        sudo = subject.source.text[run.at.instruction.span.start : run.at.span.start].rstrip().endswith("sudo")
        if users or sudo or run.at.trigger or run.at.instruction.json is not None:
            continue
        start, end = run.at.instruction.span.start, run.at.instruction.span.end
        newline = subject.source.newline
        edits = (
            Edit(start, start, f"USER root{newline}"),
            Edit(end, end, f"{newline}USER $MAMBA_USER"),
        )
        yield Unmet(
            "apt-get is run by mambauser, who is not root",
            run.command.words,
            expected="USER root before this command",
            fix=Fix("Run it as root", SAFE, edits),
            notes=("The image's user is mambauser. apt-get fails with `Permission denied`.",),
            help="Put `USER root` first, and `USER $MAMBA_USER` after the command",
            references=references(table("bases")["micromamba"]),
        )
        break


def _without_activation(history: History) -> Outcomes:
    names = {e.name for e in history.of(EnvSet)}
    names |= {a.name for a in history.of(ArgDeclared)}
    if names & {"MAMBA_DOCKERFILE_ACTIVATE", "PATH"} or history.mentions(None, r"activate|apt-get|SHELL|COPY --from"):
        return
    for ran in _commands(history):
        word = ran.arguments[0].value or ""
        if not re.fullmatch(_PYTHONS, word) or ran.wrappers or ran.at.unsure:
            continue
        yield Unmet(
            f"the environment of micromamba is not active, so {code(word, 12)} is not found",
            ran.arguments[0].span,
            expected="ARG MAMBA_DOCKERFILE_ACTIVATE=1 before this command",
            notes=("The image activates it in RUN only where MAMBA_DOCKERFILE_ACTIVATE is 1.",),
            help="Put `ARG MAMBA_DOCKERFILE_ACTIVATE=1` first, or use `micromamba run`",
            references=references(table("bases")["micromamba"]),
        )
        break
