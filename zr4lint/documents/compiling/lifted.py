"""Derives requirements that only a document's checks contain: comments, context files and valid syntax."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.dockerfile import parse
from zr4lint.documents.checking.check_verdicts import judge
from zr4lint.documents.compiling.requirement import Requirement
from zr4lint.documents.deriving.demand import Demand
from zr4lint.facts import Copied, Origin, PipRun, gather
from zr4lint.model.source import SourceFile, Span

if TYPE_CHECKING:
    from zr4lint.documents.compiling.blocks import Blocks, Look

_EXISTS = re.compile(r"(?:\[\[?|\btest)\s+-[ef]\s+[\"']?([\w./-]+)[\"']?")
_SYNTAX = re.compile(r"\bdocker\s+(?:buildx\s+)?build\b[^\n|&]*\s--(?:check|dry-run)\b")


def lifted(blocks: Blocks, document: str) -> Iterator[Requirement]:
    """Yield the requirements that the checks add to those of the target text."""
    source = SourceFile(blocks.text.text)
    facts = gather(parse(source), {})
    stages = range(len(facts.stages))
    runs = [run for run in facts.of(PipRun, stages) if run.command.requirements]
    for look in blocks.looks:
        yield from _note(look, source, runs, document)
    copied = {
        copy.source.removeprefix("./")
        for copy in facts.of(Copied, stages)
        if copy.origin is Origin.CONTEXT and not copy.many
    }
    yield from _files(blocks, copied, document)
    for fence in blocks.target.checks:
        found = _SYNTAX.search(fence.body.text)
        if found is not None:
            place = fence.body.span(found.start(), found.end())
            why = f"The checks of {document} ask BuildKit."
            yield Requirement(Demand("syntax", {}, place, "BuildKit accepts the file."), why)
            return


def _note(look: Look, source: SourceFile, runs: list[PipRun], document: str) -> Iterator[Requirement]:
    """Yield the requirement for a comment that a check searches for, directly above a pip install."""
    if re.search(r"[\\^$*\[\]]", look.words):
        return
    lines = [n for n, line in enumerate(source.text.splitlines(), 1) if look.search.search(line)]
    comments = [n for n in lines if source.text.splitlines()[n - 1].lstrip().startswith("#")]
    if not comments or comments != lines:
        return
    run = next((run for run in runs if run.at.instruction.line > comments[-1]), None)
    if run is None or run.at.instruction.line - comments[-1] > 2:
        return
    given = {"package": run.command.requirements[0].name, "words": look.words}
    summary = f"A comment above {given['package']} speaks of `{look.words}`."
    level = "warning" if look.level == "warning" else "error"
    demand = Demand("note", given, look.span, summary, level=level)  # type: ignore[arg-type]
    yield Requirement(demand, f"The checks of {document} look for it.", greps=(look.words,))


def _files(blocks: Blocks, copied: set[str], document: str) -> Iterator[Requirement]:
    """Yield the requirement for files that the checks look for and that COPY reads from the context."""
    found: dict[str, tuple[Span, bool]] = {}
    for fence in blocks.target.checks:
        for judged in judge(fence, blocks.target.path, ""):
            for said in _EXISTS.finditer(fence.body.text, judged.span.start, judged.span.end):
                name = said[1].rpartition("/")[2]
                if name in copied:
                    warns = re.search(r"WARN|\u26a0", judged.span.of(fence.body.text)) is not None
                    found.setdefault(name, (fence.body.span(said.start(1), said.end(1)), warns))
    if found:
        place, warns = next(iter(found.values()))
        demand = Demand(
            "context-files",
            {"copies": [*found]},
            place,
            "The files that are copied exist beside the Dockerfile.",
            level="warning" if warns else "error",
        )
        yield Requirement(demand, f"The checks of {document} look for them.")
