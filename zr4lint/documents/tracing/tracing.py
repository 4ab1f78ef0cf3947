"""Traces the rules of packs from the lines of their documents to the words of a Dockerfile."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.checks import KINDS
from zr4lint.documents.decisions import Decision
from zr4lint.documents.tracing import gaps
from zr4lint.documents.tracing.consulted import Consulted
from zr4lint.documents.tracing.passages import Read, read
from zr4lint.documents.tracing.records import About, Gap, Named, Requirement, Spot, Step, Told, Trace
from zr4lint.documents.tracing.traced_requirements import Judged, requirements_of
from zr4lint.filesystem.documents import digest
from zr4lint.knowledge.secrets import has_secrets, masked
from zr4lint.linting.pipeline import Linter
from zr4lint.model.quoting import plain
from zr4lint.model.source import SourceFile
from zr4lint.packs.model import Pack
from zr4lint.packs.own_rules import SYNTAX

if TYPE_CHECKING:
    from zr4lint.dockerfile import Dockerfile
    from zr4lint.linting.engine import PackResult

_LONGEST = 100
"""The most characters of an instruction that are shown."""


class Inputs(Struct, frozen=True):
    """The input of a trace.

    The rules of `packs` are traced; the linter may have other packs, whose findings are conflicts. `documents` and
    `decisions` are those of the packs, by the names of the packs. `configuration` are the packs' files and the
    configuration file.
    """

    source: SourceFile
    linter: Linter
    packs: tuple[Pack, ...]
    configuration: tuple[Named, ...] = ()
    documents: Mapping[str, Consulted] = {}
    decisions: Mapping[str, Sequence[Decision]] = {}


class Selection(Struct, frozen=True):
    """A selection of requirements: by code, and by lines of the Dockerfile or of documents.

    An empty selection selects all requirements.
    """

    codes: frozenset[str] = frozenset()
    lines: tuple[int, ...] = ()
    document_lines: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the selection is empty and so selects everything."""
        return not (self.codes or self.lines or self.document_lines)


def trace(inputs: Inputs) -> Trace:
    """Trace the requirements of packs; raise TimeUpError if the linter's deadline passes."""
    linted = inputs.linter.lint(inputs.source)
    source = linted.dockerfile.source
    shown = SourceFile(masked(source.text), source.path, bom=source.bom) if has_secrets(source.text) else source
    names = {pack.name for pack in inputs.packs}
    results = [result for result in linted.results if result.pack.name in names]
    options = inputs.linter.options
    documents = {
        pack.name: read(pack, inputs.documents[pack.name], options)
        for pack in inputs.packs
        if pack.name in inputs.documents
    }
    judged = (Judged(linted, one, options, documents.get(one.pack.name), shown.text) for one in results)
    requirements = tuple(requirement for one in judged for requirement in requirements_of(one))
    steps = tuple(_steps(linted.dockerfile, shown, requirements, results))
    left = tuple(_gaps(inputs, linted.dockerfile, results, requirements, steps, documents))
    refused = tuple(f"{f.path}:{f.line}: {f.message}" for f in linted.report.findings if f.code == SYNTAX.code)
    file = Named(source.path, digest(source))
    told = tuple(_told(inputs))
    configuration, unread = inputs.configuration, tuple(dict.fromkeys(_unread(inputs)))
    return Trace(shown, file, told, tuple(sorted(names)), configuration, requirements, steps, left, refused, unread)


def _unread(inputs: Inputs) -> Iterator[str]:
    """Yield the documents of packs that were not found, by the file that a pack names or by their titles."""
    for pack in inputs.packs:
        if pack.name in inputs.documents:
            continue
        if pack.traced is not None:
            yield pack.traced.file
        elif pack.specification is not None:
            yield f"{pack.specification.document} of pack {pack.name}"


def _told(inputs: Inputs) -> Iterator[Told]:
    seen: set[str] = set()
    for pack in inputs.packs:
        consulted = inputs.documents.get(pack.name)
        if consulted is not None and consulted.path not in seen:
            seen.add(consulted.path)
            made_from = pack.traced.sha256 if pack.traced is not None else ""
            changed = bool(made_from) and made_from != consulted.sha256
            yield Told(Named(consulted.path, consulted.sha256), changed)


def _steps(
    dockerfile: Dockerfile, shown: SourceFile, requirements: Sequence[Requirement], results: Sequence[PackResult]
) -> Iterator[Step]:
    """Yield the instructions, each with the requirements that are about it."""
    relied = {(result.pack.name, code): used for result in results for code, used in _relied(result)}
    starts = [instruction.span.start for instruction in dockerfile.instructions]
    about: list[list[About]] = [[] for _ in starts]
    for one in requirements:
        near: dict[int, list[Spot]] = {index: [] for index in relied.get((one.pack, one.rule.code), ())}
        for spot in one.spots:
            at = bisect_right(starts, spot.span.start) - 1
            if not spot.absent and at >= 0 and spot.span.end <= dockerfile.instructions[at].span.end:
                near.setdefault(at, []).append(spot)
        for index, spots in near.items():
            about[index].append(About(one, tuple(spots)))
    for instruction, found in zip(dockerfile.instructions, about, strict=True):
        text = plain(instruction.span.of(shown.text), _LONGEST)
        yield Step(instruction.line, instruction.end_line, text, tuple(found))


def _relied(result: PackResult) -> Iterator[tuple[str, set[int]]]:
    """Yield the code of each rule with the instructions that meet it and those that they rely on."""
    for rule in result.pack.rules:
        one = result.results.get(rule.rule.code)
        if one is not None and not KINDS[rule.check].late:
            yield one.code, {index for met in one.met for index in (met.instruction.index, *met.supports)}


def _gaps(
    inputs: Inputs,
    dockerfile: Dockerfile,
    results: Sequence[PackResult],
    requirements: Sequence[Requirement],
    steps: Sequence[Step],
    documents: Mapping[str, Read],
) -> Iterator[Gap]:
    wanted: set[str] = set()
    seen: set[str] = set()
    for pack in inputs.packs:
        document = documents.get(pack.name)
        if document is None:
            continue
        asked = document.facts.dockerfile
        wanted |= {gaps.plain(asked, instruction) for instruction in asked.instructions}
        if document.consulted.path not in seen:
            seen.add(document.consulted.path)
            yield from gaps.demands(document, pack, inputs.decisions.get(pack.name, ()))
    yield from gaps.checks(requirements, inputs.packs, documents)
    yield from gaps.instructions(dockerfile, steps, [(one.pack, one.results) for one in results], wanted)


def select(whole: Trace, selection: Selection) -> Trace:
    """Return the trace with only the selected requirements and their instructions."""
    if selection.is_empty:
        return whole
    steps = [step for step in whole.steps if any(step.line <= line <= step.end_line for line in selection.lines)]
    near = {id(about.requirement) for step in steps for about in step.about}
    chosen = tuple(one for one in whole.requirements if id(one) in near or _asked(one, selection))
    kept = {id(one) for one in chosen}
    narrowed = (
        structs.replace(step, about=tuple(about for about in step.about if id(about.requirement) in kept))
        for step in steps or whole.steps
    )
    shown = tuple(step for step in narrowed if step.about or steps)
    return structs.replace(whole, requirements=chosen, steps=shown, gaps=())


def _asked(one: Requirement, selection: Selection) -> bool:
    """Return whether a requirement is selected by its code or by a line of a document."""
    return one.rule.code in selection.codes or any(p.line in selection.document_lines for p in one.passages)
