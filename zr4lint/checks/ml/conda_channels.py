"""Channels of conda that hold PyTorch, or did."""

from __future__ import annotations

from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import PackageRun
from zr4lint.facts.torch import older
from zr4lint.knowledge.tables import references, table
from zr4lint.model.finding import Severity
from zr4lint.shell import Reach


@check("ml/conda-channel-ended", raises=True)
def conda_channel_ended(subject: Subject) -> Outcomes:
    """Conda takes torch from a channel that still gets it."""
    row = table("packages")["conda_channel"]
    for run in subject.facts.of(PackageRun, subject.facts.needed):
        if run.command.manager != "conda" or run.command.action != "install" or run.at.reach is Reach.NEVER:
            continue
        channels = [o.value for o in run.command.options.all("channel")]
        torch = next((p for p in run.command.packages if p.name == "pytorch"), None)
        if torch is None or "pytorch" not in channels:
            continue
        version = (torch.version or "").strip("=<>~! ").partition("=")[0].rstrip("*.")
        newer = (torch.version or "").strip()[:1] in ("=", ">") and version != "" and older(row["last"], version)
        alone = not {"conda-forge", "nvidia/label"} & set(channels)
        yield Unmet(
            f"the channel pytorch has no torch {version}"
            if newer and alone
            else f"the channel pytorch ended with torch {row['last']}",
            torch.span,
            unsure=run.at.unsure,
            severity=Severity.ERROR if newer and alone else None,
            notes=("PyTorch has published no conda packages since.",),
            help="Install torch with pip, or from conda-forge",
            references=references(row),
        )
