"""What tells that an image is one of Windows, where RUN is read by cmd or PowerShell and files have no Unix owner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.facts.instruction_facts import RunStep
from zr4lint.facts.variable_uses import escape_of

if TYPE_CHECKING:
    from zr4lint.facts.collection import Facts

_IMAGES = ("windows/", "windowsservercore", "servercore", "nanoserver")
_SHELLS = ("cmd", "powershell", "pwsh")
_WORDS = (
    r"(?<![A-Za-z/])[A-Za-z]:[\\/]\w|\$env:\w|\.ps1\b"
    r"|\b(?:Add|Expand|Get|Import|Install|Invoke|New|Remove|Set|Start|Stop|Test|Write)-[A-Z]\w+"
)


def names_windows(reference: str) -> bool:
    """Whether an image reference, with its variables replaced or not, is one of Windows."""
    return any(name in reference for name in _IMAGES)


def speaks_powershell(script: str) -> bool:
    """Whether a script has words that cmd or PowerShell reads."""
    return re.search(_WORDS, script) is not None


def is_windows(facts: Facts, stage: int) -> bool:
    """Whether a stage is of Windows, as far as the file shows it."""
    if escape_of(facts.dockerfile) == "`":
        return True
    outer = facts.stages[min(facts.ancestry(stage))]
    if names_windows(outer.image or facts.words(outer.image_span)):
        return True
    shells = (step.shell[0] for step in facts.of(RunStep, facts.ancestry(stage)) if step.shell)
    return any(re.split(r"[/\\]", shell.lower())[-1].removesuffix(".exe") in _SHELLS for shell in shells)
