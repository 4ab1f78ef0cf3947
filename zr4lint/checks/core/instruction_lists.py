"""The instructions of a file by keyword, with those inside ONBUILD, and the facts of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from zr4lint.dockerfile import Instruction
from zr4lint.facts import Fact

if TYPE_CHECKING:
    from zr4lint.checks.outcome import Subject

_F = TypeVar("_F", bound=Fact)

LAYERS = ("ADD", "COPY", "RUN", "WORKDIR")
"""Instructions that create a layer."""


class Step(Struct, frozen=True):
    """An instruction, and the instruction of the file that holds it: an ONBUILD, or itself."""

    instruction: Instruction
    holder: Instruction

    @property
    def held(self) -> bool:
        """Whether the instruction is inside ONBUILD, so that it runs in a stage built on this one."""
        return self.instruction is not self.holder


def steps(subject: Subject, keywords: Iterable[str]) -> list[Step]:
    """Return the instructions with these keywords in the checked stages and above the first FROM, in order."""
    known = by_keyword(subject)
    stages = looked_at(subject)
    found = [s for keyword in keywords for s in known.get(keyword, ()) if s.holder.stage in stages]
    return sorted(found, key=lambda step: step.holder.index)


def looked_at(subject: Subject) -> frozenset[int]:
    """Return the checked stages, and -1 for the part above the first FROM.

    BuildKit refuses instructions above FROM, but the rules still check them.
    """
    return subject.lineage | {-1}


def by_keyword(subject: Subject) -> Mapping[str, Sequence[Step]]:
    """Return all instructions of the file by keyword."""
    return subject.memo.get("steps", lambda: _sorted(subject.dockerfile.instructions))


def _sorted(instructions: Iterable[Instruction]) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for instruction in instructions:
        found.setdefault(instruction.keyword, []).append(Step(instruction, instruction))
        if instruction.trigger is not None:
            found.setdefault(instruction.trigger.keyword, []).append(Step(instruction.trigger, instruction))
    return found


def facts_by_instruction(subject: Subject, kind: type[_F]) -> Mapping[int, Sequence[_F]]:
    """Return the facts of one type in the checked stages, with those in ONBUILD, by the index of the instruction."""
    return subject.memo.get(
        (kind, subject.lineage), lambda: _grouped(subject.facts.of(kind, subject.lineage, triggers=True))
    )


def _grouped(facts: Iterable[_F]) -> dict[int, list[_F]]:
    found: dict[int, list[_F]] = {}
    for fact in facts:
        found.setdefault(fact.at.instruction.index, []).append(fact)
    return found


def ends(subject: Subject) -> Iterator[int]:
    """Return the checked stages that no other checked stage builds on."""
    parents = {subject.facts.stages[number].parent for number in subject.lineage}
    return (number for number in sorted(subject.lineage) if number not in parents)
