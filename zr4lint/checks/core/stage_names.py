"""Checks for the names of stages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.checks.core.instruction_lists import steps
from zr4lint.checks.edits import SAFE
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.model.finding import Edit, Fix, Related
from zr4lint.model.quoting import code, plain
from zr4lint.startup import lazy_pattern

if TYPE_CHECKING:
    from zr4lint.checks.parameters import StageName, Text
    from zr4lint.facts import Stage

_BRACKET = lazy_pattern(r"(\[[!^]?\]?[^\]]*\][*+]?)")
_SPECIAL, _ESCAPED = r"[\\\[]", r"\\\g<0>"


@check("stage-names", stages="all")
def stage_names(
    subject: Subject,
    *,
    unique: bool = False,
    forbidden: list[StageName] | None = None,
    pattern: Text = "*",
) -> Outcomes:
    """Names of stages match a pattern such as `build-*`, and are not forbidden.

    In a pattern, `*` and `+` after a bracket repeat it: `[^A-Z]*` is a name without capital letters. With `unique`, no
    two stages have the same name in any case.
    """
    first: dict[str, Stage] = {}
    refused = {name.lower() for name in forbidden or ()}
    for number in sorted(subject.lineage):
        stage = subject.facts.stages[number]
        if stage.name is None or stage.name_span is None:
            continue
        lowered = stage.name.lower()
        earlier = first.setdefault(lowered, stage)
        if unique and earlier is not stage and earlier.name_span is not None:
            yield Unmet(
                f"another stage is named {code(earlier.name or '')} too",
                stage.name_span,
                related=(Related("the first stage of this name", earlier.name_span),),
                notes=("References above this line mean the earlier stage, those below it this one.",),
                help="Give each stage its own name",
            )
        elif lowered in refused:
            yield Unmet(f"{code(stage.name)} is a reserved name", stage.name_span, help="Choose another name")
        elif _matches(stage.name, pattern):
            yield Met(stage.name_span, stage.instruction)
        elif _matches(lowered, pattern):
            edits = (Edit.of(stage.name_span, lowered), *_renamed(subject, stage, stage.name))
            fix = Fix(f"Name the stage {lowered}", SAFE, edits)
            yield Unmet(f"the stage name {code(stage.name, 40)} is not in lower case", stage.name_span, fix=fix)
        else:
            yield Unmet(f"the stage name {code(stage.name, 22)} does not match `{plain(pattern, 22)}`", stage.name_span)


def _matches(name: str, pattern: str) -> bool:
    """Return whether a name matches a shell pattern in which brackets may repeat."""
    words = _BRACKET.split(pattern)
    words[::2] = [re.escape(word).replace(r"\*", ".*").replace(r"\?", ".") for word in words[::2]]
    words[1::2] = [f"[{re.sub(_SPECIAL, _ESCAPED, word[1:])}".replace("[!", "[^", 1) for word in words[1::2]]
    try:
        return re.fullmatch("".join(words), name) is not None
    except re.error:  # a range that ends before it starts
        return False


def _renamed(subject: Subject, stage: Stage, name: str) -> Iterator[Edit]:
    """Yield edits that put `name` in lower case where it refers to the stage."""
    for other in subject.facts.stages[stage.number + 1 :]:
        if subject.words(other.image_span) == name:
            yield Edit.of(other.image_span, name.lower())
    for step in steps(subject, ("COPY", "RUN")):
        for flag in step.instruction.flags if step.holder.stage > stage.number else ():
            words = subject.words(flag.span)
            key = "--from=" if flag.name == "from" else "from=" if flag.name == "mount" else None
            if key is None:
                continue
            for found in re.finditer(rf"{key}({re.escape(name)})(?=[,\s]|\Z)", words):
                yield Edit(flag.span.start + found.start(1), flag.span.start + found.end(1), name.lower())
