"""Compiles a document into a pack, with its sections, lines, sources, commands, conflicts and amendments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.documents.compiling.blocks import Blocks, looks_of, placeholders_of
from zr4lint.documents.compiling.lifted import lifted
from zr4lint.documents.compiling.requirement import Requirement, named
from zr4lint.documents.compiling.satisfying import conflicting
from zr4lint.documents.compiling.sections import lines_required, sections_of
from zr4lint.documents.demanding.demands import Read, values_of
from zr4lint.documents.deriving.demand import Demand
from zr4lint.documents.deriving.derivation import Derived, UnusableError
from zr4lint.documents.deriving.pack_writing import Head, Said, path_from, toml, traced, write_pack
from zr4lint.documents.document import Document
from zr4lint.documents.target import Target
from zr4lint.filesystem.documents import digest
from zr4lint.model.finding import FileReport, Finding, Severity
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.decisions import Carried
    from zr4lint.packs.model import Section

_DECIDES = frozenset(
    rule.code
    for rule in (
        rules.STATEMENTS_DISAGREE,
        rules.COUNT_DIFFERS,
        rules.BLOCK_OVERFLOWS,
        rules.NEVER_PASSES,
        rules.PASSES_BEFORE,
    )
)
"""The rules whose findings must be decided before a document can be compiled."""


class Compiled(Struct, frozen=True):
    """A pack as TOML, its number of rules, and the demands of the document that it lacks.

    `conflicting` is a smallest set of rules for which no file was found that meets them all, as `CODE name (line 3)`.
    """

    text: str
    rules: int
    left: tuple[Finding, ...]
    conflicting: tuple[str, ...] = ()


class NotCompilableError(Exception):
    """No pack can be made from a document; the message gives the reasons."""


def undecided(report: FileReport) -> list[Finding]:
    """Return the findings that must be decided before the document can be compiled."""
    confirmed = {f.span for f in report.findings if f.code == rules.NOT_COMPILED.code and f.suppressed}
    return [
        f
        for f in report.findings
        if f.code in _DECIDES
        and f.severity is Severity.ERROR
        and not f.suppressed
        and confirmed.isdisjoint((f.span, *(related.span for related in f.related)))
    ]


def compile_document(report: FileReport, folder: str, carried: Carried) -> Compiled:
    """Compile a document whose contradictions are decided; raise NotCompilableError if it yields no pack.

    `folder` is the folder of the pack, from which the pack names the document's path. `carried` is the content of the
    file of decisions.
    """
    target = Target(Document(report.source))
    path = report.source.path
    document = path.replace("\\", "/").rpartition("/")[2]
    sections = sections_of(target, kept=_lines_stand(report, carried))
    try:
        found = [*_merged(_requirements(report, carried, target, sections, document))]
    except UnusableError as error:
        raise NotCompilableError(f"{path}: the target text: {error}") from None
    if not found:
        raise NotCompilableError(f"{path}: no block is marked as the target, and no statement compiles")
    text = _written(report, found, sections, carried, target, document, folder)
    left = tuple(f for f in report.findings if f.code == rules.NOT_COMPILED.code and not f.suppressed)
    together = conflicting(text, target.whole.text if target.is_whole else None)
    shown = (
        f"{r.rule.code} {r.rule.name}" + (f" (line {r.rule.origin.line})" if r.rule.origin else "") for r in together
    )
    return Compiled(text, len(found), left, tuple(shown))


def _lines_stand(report: FileReport, carried: Carried) -> bool:
    """Return whether decisions keep the stated lines of every block that does not fit its lines."""
    overflows = [f for f in report.findings if f.code == rules.BLOCK_OVERFLOWS.code]
    return bool(overflows) and all(f.suppressed and carried.stands(f, report.source) == "lines" for f in overflows)


def _merged(requirements: Iterable[Requirement]) -> Iterator[Requirement]:
    """Yield requirements, with those that ask for the same merged into one of the highest level."""
    found: dict[str, Requirement] = {}
    for requirement in requirements:
        demand = requirement.demand
        key = repr((demand.kind, demand.stage, demand.stages, sorted(demand.parameters.items())))
        first = found.setdefault(key, requirement)
        if first.demand.level == "warning" and demand.level == "error":
            found[key] = structs.replace(first, demand=structs.replace(first.demand, level="error"))
    yield from found.values()


def _requirements(
    report: FileReport, carried: Carried, target: Target, sections: Sequence[Section], document: str
) -> Iterator[Requirement]:
    keys = {section.number for section in sections}
    blocks = Blocks(target, target.whole, looks_of(target), placeholders_of(target) if target.blocks else ())
    greps = False
    had: dict[tuple[str, str], str] = {}
    if target.blocks:
        for requirement in blocks.requirements(document):
            block = blocks.block_of(requirement.demand.span)
            key = block.section.number if block is not None and block.section is not None else None
            whole = requirement.demand.of_whole_file or key not in keys
            greps = greps or bool(requirement.greps)
            demand = requirement.demand
            had.update(((demand.kind, subject), value) for subject, value in values_of(demand))
            yield structs.replace(requirement, section="0" if whole or key is None else key)
        yield from lifted(blocks, document)
    for one in target.stated:
        for demand in () if _overruled(report, one) else one.demands or _confirmed(report, carried, one):
            if all(had.get((demand.kind, subject), value) == value for subject, value in values_of(demand)):
                yield Requirement(demand, f"{document} says so.")
    yield from lines_required(target, sections, document)
    if greps:
        first = target.checks[0].body
        place = first.span(0, len(first.text.partition("\n")[0]))
        summary = "Where a requirement is met, the document's own command for it passes too."
        demand = Demand("specification-commands", {}, place, summary, level="warning")
        yield Requirement(demand, "Those who run the commands should see what the rules see.")


def _overruled(report: FileReport, one: Read) -> bool:
    """Return whether a decision prefers the target text to a statement."""
    return not one.disputed and any(f.span == one.statement.span for f in _decided(report))


def _decided(report: FileReport) -> list[Finding]:
    """Return the decided findings on statements that disagree."""
    return [f for f in report.findings if f.code == rules.STATEMENTS_DISAGREE.code and f.suppressed]


def _confirmed(report: FileReport, carried: Carried, one: Read) -> tuple[Demand, ...]:
    """Return the demands that a decision confirms: a statement's candidate, or those that another statement denies."""
    span, codes = one.statement.span, one.statement.codes
    for finding in _decided(report) if one.disputed else ():
        keep = carried.keeps(finding, report.source)
        if span in (finding.span, *(related.span for related in finding.related)) and all(c in keep for c in codes):
            return one.disputed
    if one.candidate is None:
        return ()
    decided = any(
        f.code == rules.NOT_COMPILED.code and f.suppressed and f.span == one.statement.span for f in report.findings
    )
    level = one.statement.strength.value
    demand = structs.replace(one.candidate, span=one.statement.span, level="error" if level == "error" else "warning")
    return (demand,) if decided else ()


def _written(
    report: FileReport,
    found: Sequence[Requirement],
    sections: tuple[Section, ...],
    carried: Carried,
    target: Target,
    document: str,
    folder: str,
) -> str:
    source = report.source
    requirements = [*named(found)]
    demands = tuple(requirement.demand for _, requirement in requirements)
    said = iter(requirements)

    def say(demand: Demand) -> Said:
        name, requirement = next(said)
        line, lines, words = traced(source, demand.span)
        return Said(
            f"{document}:{line}", requirement.why, demand.level, line, requirement.greps, name, requirement.section,
            words, lines,
        )  # fmt: skip

    letters = (re.sub(r"[^A-Z]", "", document.upper())[:2] or "PR") + "P"
    comment = f"Compiled from {document} by zr4lint prd compile."
    name = re.sub(r"[^a-z0-9_.-]+", "-", document.lower())
    file, path = target.path.rpartition("/")[2], path_from(folder, source.path)
    head = Head(comment, name, f"What {document} asks for", document, file, path, digest(source))
    shown = sections if len(sections) > 1 else ()
    text = write_pack(Derived(source, demands, (), shown), head, say, letters)
    codes = {name: f"{letters}{number:03}" for number, (name, _) in enumerate(requirements, 1)}
    return text + "".join(_carried(carried, codes, source.path))


def _carried(carried: Carried, codes: Mapping[str, str], path: str) -> Iterator[str]:
    """Yield the decisions' tables for the end of the pack, with the codes of their requirements."""

    def code(name: object) -> str:
        if name not in codes:
            near = get_close_matches(str(name), codes, 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            raise NotCompilableError(f"{path}: the decisions name `{name}`, which no requirement has{hint}")
        return codes[str(name)]

    tables = (("criterion", carried.criterion), ("conflict", carried.conflict), ("amendment", carried.amendment))
    for title, rows in tables:
        for table in rows:
            values = dict(table)
            if title == "criterion" and isinstance(values.get("rules"), list):
                values["rules"] = [code(name) for name in values["rules"]]
            elif title != "criterion":
                values["requirement"] = code(values.get("requirement"))
            yield "\n".join((f"\n[[{title}]]", *(f"{key} = {toml(value)}" for key, value in values.items()), ""))
