"""Checks for virtual environments that are copied to a stage without their interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.checks.ml.stage_history import histories, source_of
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun, Copied, Origin, Ran, VenvCreated
from zr4lint.model.quoting import code
from zr4lint.programs.image_paths import absolute, covers
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.history import History

_ANY_PYTHON = r"uv python|uv sync|pyenv|conda|deadsnakes|Python-3|python3?\.\d+|ln -s"
_UV_PLACES = r"UV_PYTHON_INSTALL_DIR|UV_PYTHON_PREFERENCE|UV_SYSTEM_PYTHON|--relocatable|/share/uv|uv/python"


@check("ml/environment-without-interpreter")
def environment_without_interpreter(subject: Subject) -> Outcomes:
    """A copied environment finds the interpreter that it was created with."""
    for history in histories(subject):
        for copied in history.of(Copied):
            if copied.at.stage != history.stage.number:
                continue
            source = source_of(subject, copied)
            if source is None or source.stage.number in history.chain:
                continue
            if (told := _lost(history, source, copied)) is not None:
                yield Unmet(
                    f"the interpreter of {code(copied.source, 40)} is not in this stage",
                    copied.span,
                    unsure=copied.at.unsure,
                    notes=(told, "The environment only links to the interpreter, which this stage lacks."),
                    help="Copy the interpreter as well, or make the environment in this stage",
                    references=("Python documentation, venv",),
                )


def _lost(history: History, source: History, copied: Copied) -> str | None:
    """Return where the interpreter of a copied environment was left; None if unknown or copied too."""
    base, other = history.base, source.base
    if base is None or other is None:
        return None
    if _of_uv(source, copied.source):
        brought = any(
            "uv" in c.source or covers(c.source, "/root/.local", recursive=True) for c in _others(history, copied)
        )
        if brought or history.mentions(None, f"{_UV_PLACES}|uv ") or source.mentions(None, _UV_PLACES):
            return None
        return "uv downloads Python to /root/.local/share/uv/python, which is not copied."
    made = next((v for v in source.of(VenvCreated) if v.path == copied.source), None)
    if made is None or other.kind != "python" or other.python is None or made.at.reach is not Reach.ALWAYS:
        return None
    if made.python not in ("python", "python3", f"python{other.python}"):
        return None
    if any("/usr" in c.source or c.source == "/" for c in _others(history, copied)):
        return None
    if base.kind == "python" and base.python is not None and base.python != other.python:
        return f"It was made by Python {other.python} of its image, and this image has Python {base.python}."
    if base.kind in ("cuda", "ubuntu", "debian") and not history.mentions(None, _ANY_PYTHON):
        return f"It was made by /usr/local/bin/python{other.python}, which this image lacks."
    return None


def _others(history: History, copied: Copied) -> list[Copied]:
    return [c for c in history.of(Copied) if c is not copied and c.origin is not Origin.CONTEXT]


def _of_uv(source: History, folder: str) -> bool:
    """Return whether uv creates an environment with a Python that it downloads, since the stage has none."""
    if source.base is None or source.base.kind not in ("cuda", "ubuntu", "debian"):
        return False
    for run in source.of(AptRun):
        names = {package.name for package in run.command.packages}
        if run.command.parsed.unknown or any("python" in name for name in names):
            return False
    for ran in source.of(Ran):
        words = [a.value or "" for a in ran.arguments]
        if ran.program != "uv" or words[1:2] not in (["venv"], ["sync"]) or ran.folder is None:
            continue
        paths = {absolute(w, ran.folder) for w in words[2:] if w and not w.startswith("-")}
        if folder.rstrip("/") in {*paths, absolute(".venv", ran.folder)}:
            return True
    return False
