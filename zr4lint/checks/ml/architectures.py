"""Checks for the GPU architectures that extensions are compiled for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE, replace
from zr4lint.checks.ml.builds import source_builds_of
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import EnvSet
from zr4lint.facts.installed_torch import older, torch_at
from zr4lint.knowledge.tables import names_architectures, references, table
from zr4lint.model.quoting import code

if TYPE_CHECKING:
    from zr4lint.facts.history import History
    from zr4lint.facts.pip_install import Install
    from zr4lint.model.finding import Fix
    from zr4lint.model.source import Span


@check("ml/arch-list-unknown")
def arch_list_unknown(subject: Subject) -> Outcomes:
    """TORCH_CUDA_ARCH_LIST names architectures that torch and nvcc know."""
    for history in histories(subject):
        builds = [b for b, row in source_builds_of(history) if row.nvcc and not row.own_list and not b.unsure]
        if not builds:
            continue
        for env in history.of(EnvSet):
            if env.name != "TORCH_CUDA_ARCH_LIST" or not env.value or env.at.order > builds[-1].install.at.order:
                continue
            wrong = _wrong(history, env.value, builds[-1].install.at.order)
            if wrong is not None:
                yield _unmet(wrong, env.span, _respelled(subject, env.value_span, env.value))
        yield from _of_command(history, [b.install for b in builds])


def _of_command(history: History, installs: Sequence[Install]) -> Outcomes:
    """Yield outcomes for lists that ARG or the command itself sets."""
    environment = {e.value for e in history.of(EnvSet) if e.name == "TORCH_CUDA_ARCH_LIST"}
    for install in installs:
        value = install.run.variables.get("TORCH_CUDA_ARCH_LIST")
        if not value or value in environment:
            continue
        wrong = _wrong(history, value, install.at.order)
        if wrong is not None:
            yield _unmet(wrong, install.run.command.words)


def _unmet(wrong: tuple[str, str], span: Span, fix: Fix | None = None) -> Unmet:
    """Return the finding for a list with a fault and its reason."""
    message, why = wrong
    return Unmet(
        message,
        span,
        fix=fix,
        notes=(why,),
        help="Write numbers with a dot, joined by `;`, of architectures that torch and nvcc know",
        references=references(table("packages")["architectures"]),
    )


def _respelled(subject: Subject, span: Span, value: str) -> Fix | None:
    """Return a fix that writes the list with `;` for a comma, and 8.6 for sm_86 or 86; None if that does not help."""
    known = table("packages")["architectures"]["known"]
    parts = re.split(r"[;, ]+", value.strip("; ,"))
    words = [re.sub(r"^(?:sm_|compute_)?(\d+)(\d)(?=\+|\Z)", r"\1.\2", part) for part in parts]
    text = ";".join(words)
    plain = subject.words(span).strip("\"'") == value
    if text == value or not plain or any(word.removesuffix("+PTX") not in known for word in words):
        return None
    return replace(span, f'"{text}"', "Write the list as torch reads it", SAFE)


def _wrong(history: History, value: str, order: int) -> tuple[str, str] | None:
    """Return the fault of a list and the reason, or None."""
    row = table("packages")["architectures"]
    install = next(i for i in history.installs if i.at.order == order)
    torch = torch_at(history, install)
    cuda = history.base.cuda if history.base is not None else None
    for word in re.split(r"; *| +", value.strip()):
        number = word.removesuffix("+PTX")
        if names_architectures(number):
            continue
        if not word:
            return "TORCH_CUDA_ARCH_LIST has an empty part", "The build fails with `Unknown CUDA arch`."
        if number not in row["known"]:
            return f"torch knows no CUDA architecture {code(word)}", "The build fails with `Unknown CUDA arch`."
        plain = number.rstrip("a")
        if torch is not None and not older(row["last"][0], torch.minor) and older(row["last"][1], plain):
            return (
                f"torch {torch.version} knows no CUDA architecture {code(word)}",
                "The build fails with `Unknown CUDA arch`.",
            )
        if cuda is None:
            continue
        late = not older(plain, row["blackwell"][1]) and older(cuda, row["blackwell"][0])
        early = older(plain, row["dropped"][1]) and not older(cuda, row["dropped"][0])
        if late or early:
            return (
                f"CUDA {cuda} cannot compile for architecture {code(word)}",
                "nvcc fails with `Unsupported gpu architecture`.",
            )
    return None
