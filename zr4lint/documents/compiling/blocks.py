"""Derives requirements from the target blocks of a document, with the levels and patterns of its checks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.documents.checking.check_verdicts import Verdict, judge, pattern_in
from zr4lint.documents.compiling.requirement import Requirement
from zr4lint.documents.deriving.derivation import derive
from zr4lint.documents.interpreter import UnknownError
from zr4lint.documents.interpreter.regular_expressions import compiled
from zr4lint.documents.target import Target
from zr4lint.linting.pipeline import lint
from zr4lint.model.grep import compile_pattern
from zr4lint.model.source import MappedText, SourceFile, Span
from zr4lint.packs.rulebook import load

if TYPE_CHECKING:
    from zr4lint.documents.deriving.demand import Demand
    from zr4lint.documents.document import Fence

_EXACT = re.compile(r"([A-Za-z0-9][\w.-]*)==(\d[\w.]*)")


class Look(Struct, frozen=True):
    """A pattern that a check of the document greps for, the level of its failure, and its place in the document."""

    words: str
    search: re.Pattern[str]
    level: str
    span: Span
    script: str

    def finds(self, text: str) -> bool:
        """Return whether the pattern matches a line of a text."""
        return any(self.search.search(line) for line in text.splitlines())


def looks_of(target: Target) -> list[Look]:
    """Return the patterns that the document's checks grep for and that an empty file fails."""
    found: list[Look] = []
    for fence in target.checks:
        for judged in judge(fence, target.path, ""):
            pattern = pattern_in(fence.body.text, judged.span)
            if pattern is None or judged.verdict is not Verdict.FAIL:
                continue
            try:
                compile_pattern(pattern[0])
                search = compiled(pattern[0])
            except (ValueError, UnknownError):
                continue
            level = "warning" if "WARN" in judged.printed else "error"
            place = fence.body.span(pattern[1].start, pattern[1].end)
            found.append(Look(pattern[0], search, level, place, judged.span.of(fence.body.text)))
    return found


class Blocks(Struct, frozen=True):
    """The target blocks as one text, with each character mapped to the document."""

    target: Target
    text: MappedText
    looks: Sequence[Look]
    placeholders: Sequence[str]

    def block_of(self, span: Span) -> Fence | None:
        """Return the target block that contains a place of the document; None if no block does."""
        return next((b for b in self.target.blocks if b.span.start <= span.start < b.span.end), None)

    def requirements(self, document: str) -> Iterator[Requirement]:
        """Yield the requirements of the blocks in their order."""
        source = SourceFile(self.text.text, self.target.path.rpartition("/")[2])

        def place(demand: Demand) -> Span:
            return self.text.span(demand.span.start, demand.span.end)

        def group(demand: Demand) -> object:
            block = self.block_of(place(demand))
            return block.span.start if block is not None else None

        derived = derive(source, refine=self._refined, group=group)
        for demand in derived.demands:
            greps = tuple(dict.fromkeys(look.words for look in self._fitting(demand)))
            moved = structs.replace(demand, span=place(demand))
            yield Requirement(moved, f"The target text of {document} has it.", greps=greps)

    def _fitting(self, demand: Demand) -> list[Look]:
        """Return the checks whose pattern matches the lines of a demand, and its version bound if they name one."""
        lines = _lines(self.text.text, demand)
        fitting = [look for look in self.looks if look.finds(lines)]
        bound = demand.parameters.get("bound")
        if isinstance(bound, str):
            fitting = [look for look in fitting if bound in look.words or not re.search(r"[<>]", look.words)]
        return fitting

    def _refined(self, demand: Demand) -> Iterator[Demand]:
        """Yield a demand with the level of its checks, with separate exact pins, and without a placeholder owner."""
        fitting = self._fitting(demand)
        if fitting and all(look.level == "warning" for look in fitting) and not demand.habit:
            demand = structs.replace(demand, level="warning")
        words = self.text.text[demand.span.start : demand.span.end]
        owner = next((name for name in self.placeholders if name in words), None)
        if demand.kind == "git-clone" and owner is not None:
            yield from _without_owner(demand, owner)
        elif demand.kind == "python-packages" and (pins := _pins(demand)):
            yield from pins
        else:
            yield demand


def _pins(demand: Demand) -> list[Demand]:
    exact = [_EXACT.fullmatch(package) for package in demand.parameters["packages"]]
    local = [*demand.parameters.get("local", ())]
    return [
        structs.replace(
            demand,
            kind="pip-pin",
            parameters={"package": pin[1], "version": pin[2], "local": local},
            summary=f"pip installs {pin[1]} with exactly `=={pin[2]}`.",
            joins="",
        )
        for pin in exact
        if pin is not None and all(exact)
    ]


def _without_owner(demand: Demand, owner: str) -> Iterator[Demand]:
    """Yield two demands for a clone from a placeholder: any repository is cloned, and not from this owner."""
    target = demand.parameters["target"]
    name = target.rpartition("/")[2]
    words = {"words": name} if name and name in str(demand.parameters.get("url", "")) else {}
    yield structs.replace(demand, parameters={"target": target, **words})
    yield structs.replace(
        demand,
        kind="clone-owner",
        parameters={"target": target, "placeholders": [owner.lower()]},
        summary=f"The clone to `{target}` has the owner that `{owner}` stands for.",
        level="warning",
    )


def _lines(text: str, demand: Demand) -> str:
    start = text.rfind("\n", 0, demand.span.start) + 1
    end = text.find("\n", demand.span.end)
    return text[start : end if end >= 0 else len(text)]


def placeholders_of(target: Target) -> tuple[str, ...]:
    """Return the repository owners in the target text that are placeholders."""
    findings = lint(SourceFile(target.whole.text), [load("ml")]).findings
    owners = (
        re.search(r"`([^`]+)` is a placeholder", f.message) for f in findings if f.name == "placeholder-repository"
    )
    return tuple(owner[1] for owner in owners if owner is not None)
