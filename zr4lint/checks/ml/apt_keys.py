"""Checks for apt-key: whether the release has it, and whether gnupg is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun, Ran
from zr4lint.filesystem.globs import matches
from zr4lint.knowledge.tables import references, table
from zr4lint.model.finding import Severity
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.history import History
    from zr4lint.knowledge.tables import Row


@check("ml/apt-key", raises=True)
def apt_key(subject: Subject) -> Outcomes:
    """The key of a repository is a file that the repository's entry names. apt-key does not add it."""
    row = table("system")["apt_key"]
    for history in histories(subject):
        name = history.base.distribution if history.base is not None else None
        for ran in history.commands:
            if ran.program != "apt-key" or ran.at.reach is Reach.NEVER:
                continue
            gone = name in row["gone"]
            missing = not gone and name not in row["has_gnupg"] and _adds(ran) and _without_gnupg(history, ran, row)
            if gone:
                message, note = f"{name} has no apt-key", "apt 3 removed it, so the command is not found."
            elif missing:
                message, note = "apt-key needs gnupg, which is not installed", "The command fails without gnupg."
            else:
                message, note = "apt-key is deprecated", "Later releases do not have it."
            yield Unmet(
                message,
                ran.at.span,
                severity=Severity.ERROR if gone or missing else None,
                unsure=ran.at.unsure,
                notes=(note,),
                help="Store the key in /etc/apt/keyrings, and name it with signed-by",
                references=references(row),
            )
            break


def _adds(ran: Ran) -> bool:
    return any(argument.value in ("add", "adv") for argument in ran.arguments)


def _without_gnupg(history: History, ran: Ran, row: Row) -> bool:
    """Return whether the image has no gnupg and no earlier command installs it."""
    base = history.base
    slim = base is not None and base.kind == "python" and "slim" in base.image.tag
    if base is None or not (slim or base.kind in ("ubuntu", "debian")) or base.distribution is None:
        return False
    if history.mentions(ran.at, "gnupg|gpg2|dirmngr"):
        return False
    for run in history.of(AptRun):
        if run.at.order >= ran.at.order:
            continue
        names = [*row["brings"], *(() if run.command.skips_recommends else row["recommend"])]
        brings = any(matches(package.name, name) for package in run.command.packages for name in names)
        if brings or run.command.parsed.unknown:
            return False
    return True
