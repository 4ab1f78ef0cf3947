"""Defines a rule of a compiled pack before it is written, and names such rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from zr4lint.documents.deriving.demand import Demand


class Requirement(Struct, frozen=True):
    """A demand with its place in the document, its section, its reason, and the patterns of its commands."""

    demand: Demand
    why: str
    section: str = "0"
    greps: tuple[str, ...] = ()


def named(requirements: Iterable[Requirement]) -> Iterator[tuple[str, Requirement]]:
    """Yield each requirement with a unique name: its kind, then its subject if several have that kind."""
    every = [*requirements]
    kinds = [requirement.demand.kind for requirement in every]
    seen: dict[str, int] = {}
    for requirement in every:
        kind = requirement.demand.kind
        name = kind.replace("/", "-")
        if kinds.count(kind) > 1 and (about := _about(requirement.demand.parameters)):
            name = f"{name}-{about}"
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), requirement


def _about(parameters: Mapping[str, object]) -> str:
    """Return the first text among the parameters as a part of a name; empty if there is none."""
    for value in parameters.values():
        words = [*value] if isinstance(value, list | tuple | dict) else [value]
        if words and isinstance(words[0], str):
            return "-".join(re.findall(r"[a-z0-9]+", words[0].lower())[:5])
    return ""
