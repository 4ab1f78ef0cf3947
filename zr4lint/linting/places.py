"""Chooses places for missing requirements: where the finding points, and where its fix adds an instruction."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from zr4lint.model.finding import Applicability, Edit, Fix, Rule

if TYPE_CHECKING:
    from zr4lint.checks import RuleResult
    from zr4lint.dockerfile import Instruction
    from zr4lint.facts import Facts
    from zr4lint.model.source import Span
    from zr4lint.packs.model import Pack

_STARTING = ("CMD", "ENTRYPOINT")


class Places:
    """The places for missing requirements in one file, for one pack.

    `start` is the beginning of the base stage, which is used if there is no better place.
    """

    def __init__(self, pack: Pack, results: Mapping[str, RuleResult], facts: Facts, start: Span) -> None:
        self._pack = pack
        self._results = results
        self._instructions = facts.dockerfile.instructions
        self._source = facts.dockerfile.source
        self._start = start
        self._additions: dict[tuple[str, int], Fix] = {}

    def of(self, rule: Rule, hint: tuple[str, ...]) -> Span:
        """Return the place that a finding of a rule points at.

        This is the instruction that contains the words of the hint but does not do the work, else an unrelated
        instruction in the lines of the rule's layer, else the first instruction of its section, else the base stage.
        """
        if meant := self._meant(hint):
            return meant
        if rule.layer is None:
            return self._start
        if rule.layer in self._strangers:
            return self._strangers[rule.layer]
        near = self._first_of_section.get(rule.section)
        return near.keyword_span if near is not None else self._start

    def addition(self, text: str, rule: Rule, wrong: Span | None) -> Fix | None:
        """Return a fix that adds an instruction after the last one of its layer or of an earlier layer.

        CMD stays last. If the specification has no layers, the order of its rules is that of the instructions. The
        instruction is also added after the `wrong` words, which would override it otherwise. Findings that add the same
        text share the fix, since a rule may have one finding for each package that it requires.
        """
        instructions, newline = self._instructions, self._source.newline
        before = self._before(rule)
        if before is None or (not before and instructions):
            return None
        if wrong is not None:
            before += (i.index for i in instructions if i.span.start <= wrong.start < i.span.end and i.keyword != "CMD")
        last = max(before, default=0)
        whole = len(self._source.text.rstrip())
        end = 0 if not instructions else whole if last == len(instructions) - 1 else instructions[last].span.end
        if (text, end) not in self._additions:
            words = text.replace("\n", newline)
            first = words.partition(newline)[0].removesuffix("\\").rstrip()
            edit = Edit(end, end, newline + words if instructions else words + newline)
            self._additions[text, end] = Fix(f"Add `{first}`", Applicability.UNSAFE, (edit,))
        return self._additions[text, end]

    def _before(self, rule: Rule) -> list[int] | None:
        """Return the indexes of instructions that precede an addition for a rule, or None if it has no place."""
        if rule.layer is not None:
            return [last for layer, last in self._last_of_layer.items() if layer <= rule.layer]
        if any(section.layer is not None for section in self._pack.sections):
            return None
        return self._before_by_order[rule.code]

    @cached_property
    def _before_by_order(self) -> dict[str, list[int]]:
        """Return for each rule the instructions that meet it or an earlier rule, else the last instruction."""
        found: dict[str, list[int]] = {}
        known: list[int] = []
        whole = [i.index for i in self._instructions if i.keyword not in _STARTING]
        for rule in self._pack.rules:
            result = self._results.get(rule.rule.code)
            met = [m.instruction for m in result.met] if result is not None else []
            known = [*known, *(i.index for i in met if i.keyword not in _STARTING)]
            found[rule.rule.code] = known or whole[-1:]
        return found

    def _meant(self, hint: tuple[str, ...]) -> Span | None:
        """Return the last hint word in the first instruction that has all words in order, outside of comments."""
        if not hint:
            return None
        words = [word.lower() for word in hint]
        if not all(word in self._all_lowered for word in words):
            return None  # as almost always in a long file
        for instruction, text in self._lowered:
            if (at := _in_order(text, words)) is not None:
                return instruction.arguments.span(at, at + len(words[-1]))
        return None

    @cached_property
    def _lowered(self) -> list[tuple[Instruction, str]]:
        """Return the instructions with their arguments in lower case, if that keeps their length."""
        pairs = ((i, i.arguments.text, i.arguments.text.lower()) for i in self._instructions)
        return [(i, small if len(small) == len(text) else text) for i, text, small in pairs]

    @cached_property
    def _all_lowered(self) -> str:
        return "\n".join(text for _, text in self._lowered)

    @cached_property
    def _strangers(self) -> dict[int, Span]:
        """Return for each layer the first instruction in its lines that meets none of its requirements."""
        known: dict[int, set[int]] = {}
        for result in self._results.values():
            if result.layer is not None:
                known.setdefault(result.layer, set()).update(outcome.instruction.index for outcome in result.met)
        found: dict[int, Span] = {}
        for section in self._pack.sections:
            if section.layer is None or section.lines is None:
                continue
            first, last = section.lines
            for instruction in self._instructions:
                inside = first <= instruction.line <= last and instruction.keyword in ("RUN", "COPY", "ADD")
                if inside and instruction.index not in known.get(section.layer, ()):
                    found[section.layer] = instruction.keyword_span
                    break
        return found

    @cached_property
    def _first_of_section(self) -> dict[str, Instruction]:
        """Return for each section of a layer the first instruction that meets one of its requirements."""
        found: dict[str, Instruction] = {}
        for rule in self._pack.rules:
            if rule.rule.layer is None:
                continue
            for outcome in self._results[rule.rule.code].met:
                known = found.get(rule.rule.section)
                if known is None or outcome.instruction.index < known.index:
                    found[rule.rule.section] = outcome.instruction
        return found

    @cached_property
    def _last_of_layer(self) -> dict[int, int]:
        """Return for each layer the index of the last instruction that meets one of its requirements, except CMD."""
        found: dict[int, int] = {}
        for result in self._results.values():
            for outcome in result.met:
                if result.layer is not None and outcome.instruction.keyword != "CMD":
                    found[result.layer] = max(found.get(result.layer, 0), outcome.instruction.index)
        return found


def _in_order(text: str, words: list[str]) -> int | None:
    """Return the index of the last word in a text that has all words in order, or None."""
    at = 0
    for word in words[:-1]:
        at = text.find(word, at)
        if at < 0:
            return None
        at += len(word)
    found = _whole_word(text, words[-1], at)
    return found if found >= 0 else None


def _whole_word(text: str, word: str, at: int) -> int:
    """Return the index of a whole word in a text from `at` on, or -1 if it occurs only inside other words."""
    at = text.find(word, at)
    while at >= 0:
        around = text[at - 1 : at] + text[at + len(word) : at + len(word) + 1]
        if not any(c.isalnum() or c in "_.-" for c in around):
            return at
        at = text.find(word, at + 1)
    return -1
