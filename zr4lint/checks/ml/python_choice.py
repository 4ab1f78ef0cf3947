"""Checks that packages are installed into the Python or environment that is used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun, EnvSet, VenvCreated
from zr4lint.knowledge.tables import distribution
from zr4lint.model.quoting import code
from zr4lint.programs.python import minor_of
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.history import History
    from zr4lint.model.source import Span

_TOOLS = frozenset({"pip", "setuptools", "wheel", "virtualenv", "uv", "poetry", "pipenv", "pipx"})


@check("ml/python-unused")
def python_unused(subject: Subject) -> Outcomes:
    """If a Python is installed beside the release's own, it gets the packages."""
    for history in histories(subject):
        base = history.base
        release = distribution(base.distribution) if base is not None else None
        if (
            base is None
            or base.kind not in ("ubuntu", "debian", "cuda")
            or release is None
            or not release.get("python")
        ):
            continue
        for run in history.of(AptRun):
            if run.at.stage != history.stage.number or run.command.action != "install":
                continue
            found = [(m, p.span) for p in run.command.packages if (m := minor_of(p.name, "python")) is not None]
            other = next(((m, span) for m, span in found if m.count(".") == 1 and m != release["python"]), None)
            if other is None or run.at.reach is not Reach.ALWAYS or not _for_another(history, other[0]):
                continue
            yield Unmet(
                f"Python {other[0]} is installed, but pip works for Python {release['python']}",
                other[1],
                expected=f"python{other[0]} -m pip, or an environment of python{other[0]}",
                notes=(f"python3 and pip are still those of {release['name']}, and nothing calls python{other[0]}.",),
                help=f"Make an environment with `python{other[0]} -m venv`, or call `python{other[0]} -m pip`",
                references=("package lists of Ubuntu and Debian",),
            )


def _for_another(history: History, minor: str) -> bool:
    """Return whether pip installs packages, only apt names this Python, and nothing changes the default Python."""
    if not any(i.environment == "" and not i.uv for i in history.own):
        return False
    text = history.text(None)
    for run in history.of(AptRun):
        text = text.replace(history.facts.dockerfile.source.slice(run.at.span), " ")
    return re.search(rf"{re.escape(minor)}|alternatives|ln -s|alias|ARG |conda|pyenv|COPY --from", text) is None


@check("ml/environment-too-late")
def environment_too_late(subject: Subject) -> Outcomes:
    """Packages are installed into the environment on PATH, not into the system's Python."""
    for history in histories(subject):
        made = {v.path: v for v in history.of(VenvCreated) if v.path}
        if not history.final:
            continue
        for env in history.of(EnvSet):
            folder = (env.value or "").partition(":")[0].removesuffix("/bin")
            venv = made.get(folder) if env.name == "PATH" and env.at.stage == history.stage.number else None
            if venv is None or venv.at.order > env.at.order:
                continue
            told = _lost(history, venv, env)
            if told is not None:
                yield Unmet(
                    f"this installs into the system's Python, not into {code(folder, 30)}",
                    told,
                    expected=f"{folder}/bin/pip, or ENV PATH before this command",
                    notes=("The environment is put first on PATH later, and does not see these packages.",),
                    help="Set PATH before this command",
                    references=("Python documentation, venv",),
                )


def _lost(history: History, venv: VenvCreated, env: EnvSet) -> Span | None:
    """Return the words of an install that the environment misses; None if it gets packages of its own."""
    if history.mentions(None, rf"system-site-packages|activate|{re.escape(venv.path or '')}/bin/(?:pip|python)"):
        return None
    between = [i for i in history.own if venv.at.order < i.at.order < env.at.order]
    lost = [i for i in between if i.environment == "" and not i.uv and not i.unsure]
    for install in lost:
        if install.opaque or any(r.name not in _TOOLS for r in install.requirements):
            return install.run.command.words
    return None
