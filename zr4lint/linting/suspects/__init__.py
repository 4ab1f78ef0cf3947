"""Finds possible causes of several findings; each module finds one family."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.linting.suspects.characters import characters
from zr4lint.linting.suspects.joined_lines import (
    arrays,
    carriage_returns,
    commented_out,
    no_comments,
    refused,
    swallowed,
    targets,
    triggers,
)
from zr4lint.linting.suspects.script_words import background, braces, commands, dead, redirections
from zr4lint.linting.suspects.undone_work import replacing, settings_of_git, settling, undoing
from zr4lint.linting.suspects.whole_instructions import steps

if TYPE_CHECKING:
    from zr4lint.facts import Facts
    from zr4lint.linting.suspects.suspect import Family, Suspect

__all__ = ["settling", "suspects_of_words", "undoing"]

FAMILIES: tuple[Family, ...] = (
    swallowed,
    characters,
    refused,
    arrays,
    targets,
    carriage_returns,
    commented_out,
    no_comments,
    triggers,
    background,
    redirections,
    braces,
    commands,
    steps,
    dead,
    replacing,
    settings_of_git,
)
"""The families in the order in which they are tried, the most harmful first."""
MODEST = (background, redirections, commands, steps, dead, replacing, settings_of_git)
"""The families that give way to a refusal at the same words."""


def suspects_of_words(facts: Facts) -> Iterator[Suspect]:
    """Yield the suspects in the words of a file, without duplicates."""
    seen: set[Suspect] = set()
    for family in FAMILIES:
        for suspect in family(facts):
            found = structs.replace(suspect, modest=True) if family in MODEST else suspect
            if found not in seen:
                seen.add(found)
                yield found
