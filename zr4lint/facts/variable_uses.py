"""Finds the uses of variables in instructions, and whether they are set by then."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.dockerfile import Instruction, values
from zr4lint.facts.persistent import Map
from zr4lint.filesystem.globs import matches
from zr4lint.model.budgets import VARIABLES
from zr4lint.model.source import MappedText, Span

if TYPE_CHECKING:
    from zr4lint.facts.collection import Facts

PLATFORM_ARGS = (
    "BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT", "TARGETPLATFORM", "TARGETOS",
    "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE",
)  # fmt: skip
"""The arguments that BuildKit defines itself; FROM always sees them, and a stage only after an ARG."""

_EXPANDED = frozenset({"ADD", "ARG", "COPY", "ENV", "EXPOSE", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"})
_EXPANDED_FLAGS = ("checksum", "chmod", "chown")
_NAME = r"\$(?:(?P<plain>\w++)|\{(?P<name>\w++))"
_USES = {
    escape: re.compile(rf"(?P<escaped>{re.escape(escape)}.)|(?P<quote>['\"])|{_NAME}", re.DOTALL) for escape in "\\`"
}


class VariableUse(Struct, frozen=True, gc=False):
    """A use of `$NAME`: `span` is the name alone, and `operator` the rest inside the braces, such as ":-default".

    `known` are the variables set by then. `image` are patterns of those that the image sets, or None if they are
    unknown. `trigger` tells that the instruction is part of an ONBUILD.
    """

    name: str
    operator: str
    span: Span
    instruction: Instruction
    known: Collection[str]
    image: tuple[str, ...] | None
    trigger: bool = False

    @property
    def is_set(self) -> bool | None:
        """Return whether the variable is set, or None if only the image could set it and its variables are unknown."""
        if self.name in self.known or any(matches(self.name, pattern) for pattern in self.image or ()):
            return True
        return None if self.image is None else False


def variable_uses(facts: Facts) -> Iterator[VariableUse]:
    """Yield the uses of variables in the instructions of all stages, except FROM."""
    if "$" not in facts.dockerfile.source.text:
        return
    scopes: list[_Scope] = []
    above = _Scope(None)
    for instruction in facts.dockerfile.instructions:
        if instruction.keyword == "FROM":
            stage = facts.stages[instruction.stage]
            scopes.append(_Scope(scopes[stage.parent] if stage.parent is not None else None))
            continue
        target = instruction.trigger or instruction
        if target.keyword not in _EXPANDED or (not scopes and target.keyword == "ARG"):
            continue
        held = target is not instruction
        scope = scopes[-1] if scopes else above
        image = facts.stages[instruction.stage].variables if scopes else None
        declared = {pair.name for pair in values.pairs(target)} if target.keyword in ("ARG", "ENV") else set()
        if target.keyword == "ARG":
            scope.declare(declared, held)
        known: Collection[str] | None = None
        for name, operator, span in _uses(facts, target):
            known = scope.seen(held) if known is None else known
            yield VariableUse(name, operator, span, target, known, image, held)
        if target.keyword == "ENV":
            scope.set(declared, held)


class _Scope:
    """The names that a stage has set by ENV, by ARG and by its ONBUILDs.

    A stage inherits those of the stage it builds on, whose ONBUILD instructions run in it first. In builds of other
    files, they run without ARGs.
    """

    def __init__(self, parent: _Scope | None) -> None:
        self._env: Map[None] = Map({"PATH": None}) if parent is None else parent._env  # noqa: SLF001
        self._seen: Map[None] = self._env if parent is None else parent._seen  # noqa: SLF001
        self._seen_held = self._env
        self._triggers: list[tuple[Iterable[str], bool]] = []
        for names, is_env in parent._triggers if parent is not None else ():  # noqa: SLF001
            (self.set if is_env else self.declare)(names, held=False)

    def set(self, names: Iterable[str], held: bool) -> None:
        if held:
            self._triggers.append((names, True))
        for name in names:
            self._seen_held = self._seen_held.put(name, None)
            if not held:
                self._env = self._env.put(name, None)
                self._seen = self._seen.put(name, None)

    def declare(self, names: Iterable[str], held: bool) -> None:
        if held:
            self._triggers.append((names, False))
        for name in names:
            if held:
                self._seen_held = self._seen_held.put(name, None)
            else:
                self._seen = self._seen.put(name, None)

    def seen(self, held: bool) -> Collection[str]:
        return self._seen_held if held else self._seen


def _uses(facts: Facts, instruction: Instruction) -> Iterator[tuple[str, str, Span]]:
    escape = facts.dockerfile.escape
    yield from islice(uses_in(instruction.arguments, escape), VARIABLES)
    text = facts.dockerfile.source.text
    for flag in instruction.flags:
        if flag.name in _EXPANDED_FLAGS and flag.value and "$" in flag.value:
            yield from uses_in(MappedText(flag.span.of(text), (0,), (flag.span.start,)), escape)


def uses_in(text: MappedText, escape: str) -> Iterator[tuple[str, str, Span]]:
    """Yield the variables that a text uses: the name, the rest inside the braces, and the name's span.

    Single quotes keep `$` literal, except inside double quotes. Variables inside the braces are ignored.
    """
    if "$" not in text.text:
        return
    quote = ""
    at, last = 0, text.text.rfind("}")
    while (found := _USES[escape].search(text.text, at)) is not None:
        at = found.end()
        if found["escaped"]:
            continue
        if found["quote"]:
            quote = "" if quote == found["quote"] else quote or found["quote"]
            continue
        operator = ""
        if found["name"]:
            if at > last:
                continue
            end = text.text.index("}", at)
            operator, at = text.text[at:end], end + 1
        if quote != "'":
            group = "plain" if found["plain"] else "name"
            yield found[group], operator, text.span(found.start(group), found.end(group))


def undefined(uses: Iterable[VariableUse]) -> list[VariableUse]:
    """Return the uses of variables that nothing sets, except those with an operator for this case."""
    return [use for use in uses if not use.operator.startswith((":", "-", "+", "?")) and not use.is_set]
