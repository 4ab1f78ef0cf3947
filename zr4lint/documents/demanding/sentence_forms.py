"""Matches statements with the closed grammar of demands, after rewriting them to one wording."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.documents.demanding import objects
from zr4lint.documents.demanding.build_forms import BUILD_FORMS
from zr4lint.documents.demanding.forms import FORMS, LABELLED
from zr4lint.documents.demanding.phrasing import canonical, scoped
from zr4lint.documents.demanding.statement import CODE, Statement

if TYPE_CHECKING:
    from zr4lint.documents.deriving.demand import Demand


_LABELLED = re.compile(rf"[\w /-]{{2,40}}:\s*{CODE}(?:[, ]+(?:and |und |& )?{CODE})*")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a compiled form; forms are compiled at their first use, since most documents need none."""
    return re.compile(pattern, re.IGNORECASE)


def demands_of(statement: Statement, stages: Collection[str] | None = ()) -> list[Demand]:
    """Return the demands of a statement that has a known form; empty for others.

    A stage is accepted if its name is a code span or one of `stages`. If `stages` is None, any name is accepted.
    """
    if not objects.certain(statement.codes) and "exec form" not in statement.plain:
        return []
    last = _LAST_STAGE.search(statement.plain) is not None
    statement, stage, quoted = scoped(canonical(_without_instruction(statement)))
    if stage is not None and not quoted and stages is not None and stage not in stages:
        return []
    forms = LABELLED if _LABELLED.fullmatch(statement.plain) else (*FORMS, *BUILD_FORMS)
    for pattern, negative, readers in forms:
        if negative is not None and negative is not statement.negative:
            continue
        if _compiled(pattern).fullmatch(statement.plain):
            for read in readers:
                if found := [*read(statement)]:
                    if stage is None and last:
                        return [_in_image(demand) for demand in found]
                    return [_in_stage(demand, stage) for demand in found] if stage is not None else found
    return []


def _in_stage(demand: Demand, stage: str | None) -> Demand:
    """Return a demand that applies to one stage, or to each stage."""
    given = demand.parameters
    if given.get("within") == "file":
        given = {**given, "within": "stage"}
    return structs.replace(demand, parameters=given, stage=stage)


_LAST_STAGE = re.compile(r"\b(?:final|last|runtime|runner|production)\s+(?:stage|image)\b", re.IGNORECASE)


def _in_image(demand: Demand) -> Demand:
    """Return a demand that applies only to the stages of the built image."""
    if demand.kind not in ("instruction-count", "command-forbidden", "command-option"):
        return demand
    return structs.replace(_in_stage(demand, None), stages="image")


_INSTRUCTION = re.compile(
    rf"\s+(?:via|by|using|with|through|as|in)\s+(?:an?\s+|the\s+)?(?:dockerfile\s+)?{CODE}\s+(?:instruction|directive)s?\Z",
    re.IGNORECASE,
)


def _without_instruction(statement: Statement) -> Statement:
    """Return `set A via an ENV instruction` as `set A`, if the instruction adds nothing."""
    shorter = _INSTRUCTION.sub("", statement.plain)
    if shorter == statement.plain or not objects.keyword_of(statement.codes[-1].partition(" ")[0]):
        return statement
    return structs.replace(statement, plain=shorter, codes=statement.codes[:-1])
