"""Derives the rules that a golden file meets: candidates are tried on the file, and those that fail are dropped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct, structs

from zr4lint.checks import KINDS, RuleResult, Subject, Unmet
from zr4lint.dockerfile import ParseError, parse
from zr4lint.documents.deriving import software, state, step_rules
from zr4lint.documents.deriving.demand import Demand, Golden, Pins
from zr4lint.documents.deriving.golden_layout import WHOLE, demands_of, section_of, sections_of
from zr4lint.facts import Facts, Memo, gather
from zr4lint.knowledge.tables import image_variables
from zr4lint.linting.engine import run_packs
from zr4lint.linting.lint_options import LintOptions
from zr4lint.model.finding import Rule, Severity
from zr4lint.model.source import SourceFile, Span
from zr4lint.packs.model import Pack, PackRule, Section

_OF_STAGES = (
    state.variables,
    state.labels,
    software.repositories,
    software.system_packages,
    software.python_packages,
    step_rules.clones,
    step_rules.copies,
    step_rules.commands,
    state.settings,
    state.started,
    step_rules.order,
)


class UnusableError(Exception):
    """BuildKit refuses a golden file; the message is the first error."""

    def __init__(self, source: SourceFile, errors: Sequence[ParseError]) -> None:
        first = errors[0]
        super().__init__(f"{source.path}:{source.line_of(first.span.start)}: {first.message}")


class Derived(Struct, frozen=True):
    """The demands that the golden file meets, in its order, and in `left` those that it does not meet.

    `sections` are the layers of the file; empty if its layout does not matter.
    """

    source: SourceFile
    demands: tuple[Demand, ...]
    left: tuple[Demand, ...]
    sections: tuple[Section, ...] = ()

    def section(self, demand: Demand) -> Section:
        """Return the section of a demand: the layer of its line, or the whole file."""
        return _section(demand, self.source, self.sections)


def derive(
    source: SourceFile,
    pins: Pins = "exact",
    *,
    layout: bool = False,
    refine: Callable[[Demand], Iterable[Demand]] | None = None,
    group: Callable[[Demand], object] | None = None,
) -> Derived:
    """Return the demands that a golden file meets; raise UnusableError if BuildKit refuses the file.

    With `layout`, the demands include the file's lines. `refine` returns replacements for a demand that the file meets.
    Demands of the same `group`, by default of the same layer, may become one rule.
    """
    dockerfile = parse(source)
    if dockerfile.errors:
        raise UnusableError(source, dockerfile.errors)
    facts = gather(dockerfile, image_variables())
    wanted = [*_once(_candidates(facts, pins))]
    held = _held(facts, wanted)
    again = [d if ok or d.instead is None else d.instead for d, ok in zip(wanted, held, strict=True)]
    held = [ok or good for ok, good in zip(held, _held(facts, again), strict=True)]
    kept = [demand for demand, ok in zip(again, held, strict=True) if ok]
    left = [demand for demand, ok in zip(again, held, strict=True) if not ok and not demand.habit]
    if refine is not None:
        kept = [better for demand in kept for better in refine(demand)]
    sections = sections_of(dockerfile) if layout else ()
    same = group or (lambda demand: _section(demand, source, sections).number)
    demands = [*_joined(sorted(kept, key=_place), same)]
    if layout:
        demands += _met(facts, demands, demands_of(dockerfile, sections), sections)
    return Derived(source, tuple(demands), tuple(left), sections)


def _section(demand: Demand, source: SourceFile, sections: Sequence[Section]) -> Section:
    whole = demand.of_whole_file or KINDS[demand.kind].late
    return WHOLE if whole else section_of(sections, source.line_of(demand.span.start))


def _met(
    facts: Facts, demands: Sequence[Demand], asked: Iterable[Demand], sections: tuple[Section, ...]
) -> Iterator[Demand]:
    """Yield the demands on the layout that the file meets."""
    every = [*demands, *asked]
    rules: list[PackRule] = []
    for number, demand in enumerate(every):
        layer = _section(demand, facts.dockerfile.source, sections).layer
        rule = structs.replace(_rule(f"GF{number}", demand), layer=layer)
        rules.append(PackRule(rule, demand.kind, demand.parameters, (), stage=demand.stage))
    pack = Pack("golden", "", ("*",), tuple(rules), sections)
    results = next(iter(run_packs(facts, (pack,), LintOptions()))).results
    for number, demand in enumerate(every[len(demands) :], len(demands)):
        if not results[f"GF{number}"].unmet:
            yield demand


def _place(demand: Demand) -> tuple[int, int]:
    return demand.level == "warning", demand.span.start


def _candidates(facts: Facts, pins: Pins) -> Iterator[Demand]:
    stages = facts.stages
    image = facts.ancestry(facts.final.number) if facts.final is not None else frozenset()
    whole = Golden(_subject(facts, frozenset(range(len(stages)))), frozenset(), None, pins)
    yield from state.stage_names(whole)
    yield from state.arguments(whole)
    for stage in stages:
        yield from state.base(whole, stage)
    views = [Golden(_subject(facts, image), image, None, pins)]
    for stage in stages:
        if stage.number not in image:
            own, name = frozenset((stage.number,)), stage.name or str(stage.number)
            views.append(Golden(_subject(facts, facts.ancestry(stage.number)), own, name, pins))
    for view in views:
        for find in _OF_STAGES:
            yield from find(view)


def _subject(facts: Facts, lineage: frozenset[int]) -> Subject:
    return Subject(facts, lineage, facts.stages[min(lineage)] if lineage else None, Memo())


def _once(demands: Iterable[Demand]) -> Iterator[Demand]:
    """Yield each demand once, even if several instructions make it."""
    seen: set[str] = set()
    for demand in demands:
        key = repr((demand.kind, demand.stage, sorted(demand.parameters.items())))
        if key not in seen:
            seen.add(key)
            yield demand


def _held(facts: Facts, demands: Sequence[Demand]) -> list[bool]:
    """Return for each demand whether its parameters are valid and the file certainly meets it."""
    return [
        result is not None and bool(result.met or not d.joins) and not result.unmet
        for result, d in zip(_results(facts, demands), demands, strict=True)
    ]


def _results(facts: Facts, demands: Sequence[Demand]) -> list[RuleResult | None]:
    """Return the result of each demand's rule; None if its parameters are invalid."""
    fit = [_fits(demand) for demand in demands]
    rules = tuple(
        PackRule(_rule(f"GF{n}", demand), demand.kind, demand.parameters, (), stages=demand.stages, stage=demand.stage)
        for n, demand in enumerate(demands)
        if fit[n]
    )
    results = next(iter(run_packs(facts, (Pack("golden", "", ("*",), rules),), LintOptions()))).results
    return [results.get(f"GF{n}") for n in range(len(demands))]


def unmet_by(source: SourceFile, demands: Sequence[Demand]) -> list[Unmet | None]:
    """Return how a file misses each demand; None if it meets or may meet it.

    Raises UnusableError as `derive` does.
    """
    dockerfile = parse(source)
    if dockerfile.errors:
        raise UnusableError(source, dockerfile.errors)
    results = _results(gather(dockerfile, image_variables()), demands)
    return [next((u for u in result.unmet if not u.unsure), None) if result is not None else None for result in results]


def _fits(demand: Demand) -> bool:
    """Return whether the parameters are valid for the kind of check."""
    from zr4lint.checks.parameters import misfits

    types = KINDS[demand.kind].parameters
    return not any(any(misfits(value, types[name].type)) for name, value in demand.parameters.items())


def _rule(code: str, demand: Demand) -> Rule:
    severity = Severity.ERROR if demand.level == "error" else Severity.WARNING
    return Rule(code, code, severity, demand.summary, "", "", None, "", "", "", None)


def _joined(demands: Iterable[Demand], group: Callable[[Demand], object]) -> Iterator[Demand]:
    """Yield demands, with adjacent ones of the same kind and group merged."""
    last: Demand | None = None
    for demand in demands:
        if last is not None and group(last) == group(demand) and (both := _both(last, demand)) is not None:
            last = both
            continue
        if last is not None:
            yield last
        last = demand
    if last is not None:
        yield last


def _both(first: Demand, then: Demand) -> Demand | None:
    """Return two demands as one; None if they differ in more than their items."""
    name = first.joins
    if not name or (first.kind, first.stage, first.level, name) != (then.kind, then.stage, then.level, then.joins):
        return None
    if {**first.parameters, name: 0} != {**then.parameters, name: 0}:
        return None
    one, other = first.parameters[name], then.parameters[name]
    merged: Any = {**one, **other} if isinstance(one, dict) else [*one, *(item for item in other if item not in one)]
    span = Span(first.span.start, max(first.span.end, then.span.end))
    return structs.replace(first, parameters={**first.parameters, name: merged}, span=span)


def names(demands: Sequence[Demand], source: SourceFile) -> Iterator[str]:
    """Yield a name for the rule of each demand: its kind and its line."""
    seen: dict[str, int] = {}
    for demand in demands:
        name = f"{demand.kind}-{source.line_of(demand.span.start)}"
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"


def pack_name(path: str) -> str:
    """Return the name of the pack of a file: `dockerfile.gpu-golden` for `docker/Dockerfile.gpu`."""
    last = path.replace("\\", "/").rpartition("/")[2].lower()
    return re.sub(r"[^a-z0-9_.-]+", "-", last).strip(".-_") + "-golden" if last else "golden"
