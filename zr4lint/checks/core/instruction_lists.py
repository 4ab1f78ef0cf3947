"""The instructions of a file by keyword, those that ONBUILD holds among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.dockerfile import Instruction

if TYPE_CHECKING:
    from zr4lint.checks.outcome import Subject


class Step(Struct, frozen=True):
    """An instruction, and the one of the file that holds it: an ONBUILD, or itself."""

    instruction: Instruction
    holder: Instruction

    @property
    def held(self) -> bool:
        """Whether an ONBUILD holds the instruction, which then runs in a stage that builds on this one."""
        return self.instruction is not self.holder


def steps(subject: Subject, keywords: Iterable[str]) -> list[Step]:
    """The instructions with these keywords, in order: those above the first FROM and of the stages looked at."""
    known = by_keyword(subject)
    stages = looked_at(subject)
    found = [s for keyword in keywords for s in known.get(keyword, ()) if s.holder.stage in stages]
    return sorted(found, key=lambda step: step.holder.index)


def looked_at(subject: Subject) -> frozenset[int]:
    """The stages that are looked at, and -1 for what stands above the first FROM.

    BuildKit refuses such a file, but its instructions say what the author wants.
    """
    return subject.lineage | {-1}


def by_keyword(subject: Subject) -> Mapping[str, Sequence[Step]]:
    """All instructions of the file by keyword."""
    return subject.memo.get("steps", lambda: _sorted(subject.dockerfile.instructions))


def _sorted(instructions: Iterable[Instruction]) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for instruction in instructions:
        found.setdefault(instruction.keyword, []).append(Step(instruction, instruction))
        if instruction.trigger is not None:
            found.setdefault(instruction.trigger.keyword, []).append(Step(instruction.trigger, instruction))
    return found


def ends(subject: Subject) -> Iterator[int]:
    """The stages that are looked at and that no other of them builds on."""
    parents = {subject.facts.stages[number].parent for number in subject.lineage}
    return (number for number in sorted(subject.lineage) if number not in parents)
