"""Checks for how virtual environments are created and activated."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun, VenvCreated
from zr4lint.knowledge.tables import distribution
from zr4lint.programs.python import minor_of
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.history import History

_OTHER_PYTHONS = r"conda|mamba|pyenv|uv python|Python-3|update-alternatives|ln -s|get-pip|virtualenv|ensurepip|\.deb\b"


@check("ml/venv-package-missing")
def venv_package_missing(subject: Subject) -> Outcomes:
    """`python3 -m venv` finds the package that creates environments."""
    for history in histories(subject):
        base = history.base
        release = distribution(base.distribution) if base is not None else None
        if base is None or base.kind not in ("ubuntu", "debian", "cuda") or release is None or "python" not in release:
            continue
        for made in history.of(VenvCreated):
            if made.at.stage != history.stage.number or made.module != "venv" or not made.has_pip:
                continue
            if made.at.reach is not Reach.ALWAYS or "/" in made.python or history.mentions(made.at, _OTHER_PYTHONS):
                continue
            minor = minor_of(made.python, "python") or release["python"]
            if made.python not in ("python3", f"python{minor}") or _brings_venv(
                history, made, minor, release["python"]
            ):
                continue
            package = f"python{minor}-venv"
            yield Unmet(
                f"`{made.python} -m venv` needs the package {package}",
                made.at.span,
                expected=f"apt-get install {package}",
                notes=(
                    (
                        f"{made.python} is Python {minor} here. Without the package it fails with `ensurepip is not "
                        "available`."
                    ),
                ),
                help=f"Run `apt-get install {package}` first",
                references=("package lists of Ubuntu and Debian",),
            )


def _brings_venv(history: History, made: VenvCreated, minor: str, own: str) -> bool:
    """Return whether apt installs the package or unknown packages before."""
    wanted = {f"python{minor}-venv", f"python{minor}-full"}
    if minor == own:
        wanted |= {"python3-venv", "python3-full", "pipx"}
    for run in history.of(AptRun):
        if run.at.order > made.at.order or run.command.action != "install":
            continue
        names = {package.name for package in run.command.packages}
        if names & wanted or run.command.parsed.unknown or not names or any("*" in name for name in names):
            return True
    return False


@check("ml/activation-lost")
def activation_lost(subject: Subject) -> Outcomes:
    """No RUN ends with the activation of an environment."""
    for history in histories(subject):
        installs = [install.at.order for install in history.own]
        for ran, following in pairwise(history.commands):
            words = [a.value or "" for a in ran.arguments]
            if not _activates(words) or ran.at.reach is not Reach.ALWAYS:
                continue
            if following.at.instruction is ran.at.instruction or not installs or installs[-1] < ran.at.order:
                continue
            yield Unmet(
                "this activation ends with its RUN",
                ran.at.span,
                expected="ENV PATH, or SHELL with `conda run`",
                notes=("Each RUN has a shell of its own, so later commands do not see the environment.",),
                help="Put the environment's bin folder first on PATH with ENV, or activate in each RUN",
                references=("Dockerfile reference, RUN",),
            )


def _activates(words: list[str]) -> bool:
    """Return whether a command activates an environment of conda or venv."""
    if words[:2] == ["conda", "activate"] or words[:2] == ["source", "activate"]:
        return True
    return words[0] in (".", "source") and len(words) > 1 and words[1].endswith("/bin/activate")
