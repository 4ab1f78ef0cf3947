"""Finds the packages that pip lists as installed, as far as the build shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import PipRun, Ran
from zr4lint.facts.environments import environment_at, environment_of, idle
from zr4lint.facts.history import installs
from zr4lint.facts.images import read_base
from zr4lint.facts.instruction_facts import Copied, Origin
from zr4lint.model.budgets import STAGES_OF_A_CHAIN
from zr4lint.programs.pip import parse_requirement
from zr4lint.shell import Argument, Reach

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.fact import Fact


def installed(call: Call) -> tuple[Argument, ...]:
    """Return the packages in the environment of a call, with an unknown word if there may be others."""
    here = environment_at(call.arguments[0].value or "", call.variables, call.variables.get("PATH"))
    chain, others = _chain(call)
    names: dict[str, None] = {}
    for fact in call.script.reading.facts:
        if fact.at.stage not in chain or fact.at.trigger or fact.at.reach is Reach.NEVER:
            continue
        if not isinstance(fact, PipRun):
            others = others or _brings(fact)
            continue
        environment = environment_of(fact)
        if here is None or environment is None:
            others = True
        elif environment != here or idle(fact):
            continue
        elif fact.command.action == "uninstall" and fact.at.reach is Reach.ALWAYS:
            for requirement in fact.command.requirements:
                names.pop(requirement.name, None)
        elif fact.command.action == "install":
            sure = fact.at.reach is Reach.ALWAYS
            others = others or not sure or _opaque(fact)
            names.update(dict.fromkeys(r.name for r in fact.command.requirements if r.name and sure))
    span = call.command.span
    unknown = (Argument(None, span),) if others else ()
    return (*(Argument(name, span) for name in names), *unknown)


def _chain(call: Call) -> tuple[set[int], bool]:
    """Return the stage of a call with its ancestors, and whether their base image may have packages."""
    stages = call.script.reading.stages
    stage = stages[-1]
    chain = {stage.number}
    while stage.parent is not None and len(chain) < STAGES_OF_A_CHAIN:
        stage = stages[stage.parent]
        chain.add(stage.number)
    return chain, stage.parent is not None or stage.image is None or not read_base(stage.image).plain


def _brings(fact: Fact) -> bool:
    """Return whether a fact other than a call of pip may install packages."""
    if isinstance(fact, Copied):
        return fact.origin in (Origin.STAGE, Origin.IMAGE)
    return isinstance(fact, Ran) and installs(fact)


def _opaque(run: PipRun) -> bool:
    """Return whether an install has requirements that can't be read."""
    return run.command.parsed.unknown or run.command.parsed.has("group") or any(_unread(run))


def _unread(run: PipRun) -> Iterator[bool]:
    for operand in run.command.parsed.operands:
        yield parse_requirement(operand) is None
    yield from (listing is None or listing.opaque for listing in run.listings)
    yield run.command.parsed.has("editable")
