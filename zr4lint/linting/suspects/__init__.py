"""What may be the cause of several findings: one family of words a module."""

from __future__ import annotations

from collections.abc import Iterator

from zr4lint.facts import Facts
from zr4lint.linting.suspects.characters import characters
from zr4lint.linting.suspects.commands import background, commands, dead, redirections
from zr4lint.linting.suspects.lines import (
    arrays,
    carriage_returns,
    commented_out,
    refused,
    swallowed,
    targets,
)
from zr4lint.linting.suspects.steps import steps
from zr4lint.linting.suspects.suspect import Family, Suspect

FAMILIES: tuple[Family, ...] = (
    swallowed,
    characters,
    refused,
    arrays,
    targets,
    carriage_returns,
    commented_out,
    background,
    redirections,
    commands,
    steps,
    dead,
)
"""The families in the order in which they are tried: what spoils most comes first."""


def suspects(facts: Facts) -> Iterator[Suspect]:
    """The suspects of a file, each once."""
    seen: set[Suspect] = set()
    for family in FAMILIES:
        for suspect in family(facts):
            if suspect not in seen:
                seen.add(suspect)
                yield suspect
