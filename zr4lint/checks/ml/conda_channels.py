"""Checks for channels of conda that have, or had, PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import CondaListed, PackageRun
from zr4lint.facts.installed_torch import older
from zr4lint.knowledge.tables import references, table
from zr4lint.model.finding import Severity
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.fact import At
    from zr4lint.programs.package_words import PackageWord


@check("ml/conda-channel-ended", raises=True)
def conda_channel_ended(subject: Subject) -> Outcomes:
    """Conda takes torch from a channel that still gets new releases."""
    needed = subject.facts.needed
    for run in subject.facts.of(PackageRun, needed, triggers=True):
        if run.command.manager == "conda" and run.command.action == "install" and run.at.reach is not Reach.NEVER:
            channels = [o.value or "" for o in run.command.options.all("channel")]
            yield from _ended(run.at, run.command.packages, channels)
    for file in subject.facts.of(CondaListed, needed, triggers=True):
        yield from _ended(file.at, file.packages, file.channels)


def _ended(at: At, packages: Sequence[PackageWord], channels: Sequence[str]) -> Outcomes:
    row = table("packages")["conda_channel"]
    torch = next((p for p in packages if p.name == "pytorch"), None)
    if torch is None or "pytorch" not in channels:
        return
    version = (torch.version or "").strip("=<>~! ").partition("=")[0].rstrip("*.")
    newer = (torch.version or "").strip()[:1] in ("=", ">") and version != "" and older(row["last"], version)
    alone = not {"conda-forge", "nvidia/label"} & set(channels)
    yield Unmet(
        f"the channel pytorch has no torch {version}"
        if newer and alone
        else f"the channel pytorch ended with torch {row['last']}",
        torch.span,
        unsure=at.unsure,
        severity=Severity.ERROR if newer and alone else None,
        notes=("PyTorch has published no conda packages since.",),
        help="Install torch with pip, or from conda-forge",
        references=references(row),
    )
