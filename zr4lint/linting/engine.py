"""The engine: a file and the packs in, a report out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, structs

from zr4lint.checks import KINDS, Layer, Met, Outcome, RuleResult, Subject, Unmet
from zr4lint.dockerfile import parse
from zr4lint.facts import Facts, Stage, gather
from zr4lint.knowledge.tables import image_variables
from zr4lint.linting.conflicts import settle
from zr4lint.linting.places import Places
from zr4lint.model.finding import (
    Applicability,
    Conformance,
    Criterion,
    FileReport,
    Finding,
    Row,
    Rule,
    Severity,
    Witness,
)
from zr4lint.model.source import SourceFile, Span
from zr4lint.packs.model import Amendment, CriterionRule, Pack, PackRule


class Config(Struct, frozen=True):
    """What a lint is told beyond file and packs.

    `select` and `ignore` are prefixes of codes, names or aliases; the longest that fits a rule decides, and of two as
    long `ignore`. A rule that is not on by default has to be selected. `context` is the folder that COPY takes files
    from, None if it is not to be looked at. `severity` gives findings another severity than their rule does, by the
    same prefixes; of two that fit the longer counts. `conflicts` is the severity of those, None leaves them out. With
    `amended` the amendments of packs are accepted.
    `extend_select` adds rules to those of `select`. `targets` are the stages that are built, the last one if there are
    none, and `build_args` the values given to ARGs. A `template` is a text that a Dockerfile is still to be made of.
    Without `suppressions` comments in the file suppress nothing.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    context: str | None = None
    severity: tuple[tuple[str, Severity], ...] = ()
    conflicts: Severity | None = Severity.INFO
    amended: bool = False
    extend_select: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    build_args: tuple[tuple[str, str], ...] = ()
    template: bool = False
    suppressions: bool = True

    def selects(self, rule: Rule | Finding) -> bool:
        """Whether a rule's findings are wanted."""
        unasked = 0 if rule.default and not self.select else -1
        if not self.select and not self.ignore:
            return rule.default or any(_fit(prefix, rule) >= 0 for prefix in self.extend_select)
        chosen = max((_fit(prefix, rule) for prefix in (*self.select, *self.extend_select)), default=-1)
        chosen = max(chosen, unasked)
        ignored = max((_fit(prefix, rule) for prefix in self.ignore), default=-1)
        return chosen >= 0 and ignored < chosen if ignored >= 0 else chosen >= 0

    def severity_of(self, finding: Finding) -> Severity:
        """How severe a finding is."""
        fits = [(_fit(prefix, finding), severity) for prefix, severity in self.severity]
        fit, severity = max(fits, default=(-1, finding.severity))
        return severity if fit >= 0 else finding.severity


def _fit(prefix: str, rule: Rule | Finding) -> int:
    """How many characters of a rule's code a prefix names, all for its name or an alias; -1 if it names another."""
    if prefix == rule.name or prefix.upper() in map(str.upper, rule.aliases):
        return len(rule.code)
    return len(prefix) if rule.code.startswith(prefix.upper()) else -1


def lint(source: SourceFile, packs: Sequence[Pack], config: Config | None = None) -> FileReport:
    """Lint one file with every pack given; findings come in the order of the text."""
    config = config or Config()
    images = {name: variables for pack in packs for name, variables in pack.images.items()}
    known = {**image_variables(), **images}
    facts = gather(parse(source), known, targets=config.targets, build_args=dict(config.build_args))
    try:
        return _judge(facts, packs, config)
    finally:
        facts.forget()


def _judge(facts: Facts, packs: Sequence[Pack], config: Config) -> FileReport:
    source = facts.dockerfile.source
    findings: list[Finding] = []
    conformance: list[Conformance] = []
    for pack in packs:
        results = _run(pack, facts, config)
        found = _findings(pack, results, facts, source)
        selected = {rule.rule.code for rule in pack.rules if config.selects(rule.rule)}
        findings += (finding for finding in found if finding.code in selected)
        if pack.specification is not None:
            conformance.append(_conformance(pack, pack.specification.criteria, results, found))
    if config.severity:
        findings = [structs.replace(f, severity=config.severity_of(f)) for f in findings]
    settled = settle(findings, packs, conformance, config.conflicts)
    in_order = sorted(settled, key=lambda finding: (finding.span.start, finding.span.end, finding.code))
    return FileReport(source, tuple(in_order), tuple(conformance), tuple(pack.name for pack in packs))


# Running a pack


def _run(pack: Pack, facts: Facts, config: Config) -> dict[str, RuleResult]:
    base, lineage = _judged(pack, facts)
    layers = tuple(
        Layer(s.layer, s.title, *s.lines) for s in pack.sections if s.layer is not None and s.lines is not None
    )
    amended = pack.specification.amendments if pack.specification is not None and config.amended else ()
    amendments = {amendment.requirement: amendment for amendment in amended}
    results: dict[str, RuleResult] = {}
    anywhere = Subject(facts, lineage, base, layers, None, config.context, results, _stage_name(pack))
    subjects = {layer.number: structs.replace(anywhere, layer=layer) for layer in layers}
    for rule in sorted(pack.rules, key=lambda r: KINDS[r.check].late):
        subject = _looked_at(rule, subjects.get(rule.rule.layer or 0, anywhere))
        outcomes, commands = _outcomes(rule, subject, amendments.get(rule.rule.code))
        met: list[Met] = []
        unmet: list[Unmet] = []
        for outcome in outcomes:
            if isinstance(outcome, Met):
                met.append(outcome)
            else:
                unmet.append(outcome)
        results[rule.rule.code] = RuleResult(rule.rule.code, rule.rule.layer, commands, tuple(met), tuple(unmet))
    return results


def _outcomes(
    rule: PackRule, subject: Subject, amendment: Amendment | None
) -> tuple[Iterable[Outcome], tuple[str, ...]]:
    """What a rule's check answers, and the verification commands that have to pass.

    An amendment is asked where the letter is not met; its commands would be those of the letter.
    """
    if rule.unset:
        return (), ()
    run = KINDS[rule.check].run
    if amendment is None:
        return run(subject, **rule.parameters), rule.commands
    outcomes = list(run(subject, **rule.parameters))
    if amendment.parameters != rule.parameters and any(isinstance(outcome, Unmet) for outcome in outcomes):
        outcomes = [] if amendment.parameters is None else list(run(subject, **amendment.parameters))
    if amendment.add:
        outcomes = [
            structs.replace(o, add=amendment.add, fix=None) if isinstance(o, Unmet) and o.add else o for o in outcomes
        ]
    return outcomes, ()


def _looked_at(rule: PackRule, subject: Subject) -> Subject:
    """The subject with the stages that a rule looks at: those its kind does, or those it names."""
    facts = subject.facts
    if rule.stage is not None:
        stage = facts.named(rule.stage)
        lineage = facts.ancestry(stage.number) if stage is not None else frozenset()
        return structs.replace(subject, lineage=lineage, base=stage)
    if (rule.stages or KINDS[rule.check].stages) == "all":
        return structs.replace(subject, lineage=frozenset(stage.number for stage in facts.stages))
    return subject


def _stage_name(pack: Pack) -> str | None:
    return pack.specification.stage if pack.specification is not None else None


def _judged(pack: Pack, facts: Facts) -> tuple[Stage | None, frozenset[int]]:
    """The base stage of the specification, and the stages that make the image it speaks of.

    That is the image that is built. Where it does not build on the base stage, a rule on the final stage says so,
    and the base stage alone is judged, so that the one mistake is not reported once for each requirement.
    """
    final = facts.final
    if final is None:
        return None, frozenset()
    ancestry = frozenset[int]().union(*(facts.ancestry(stage.number) for stage in facts.shipped))
    name = _stage_name(pack)
    base = facts.named(name) if name is not None else None
    if base is None:
        return facts.stages[min(ancestry)], ancestry
    return base, ancestry if base.number in ancestry else facts.ancestry(base.number)


# Findings


def _findings(pack: Pack, results: dict[str, RuleResult], facts: Facts, source: SourceFile) -> list[Finding]:
    base, _ = _judged(pack, facts)
    places = Places(pack, results, facts, base.instruction.span if base is not None else Span(0, 0))
    found: list[Finding] = []
    for rule in pack.rules:
        for unmet in results[rule.rule.code].unmet:
            span = unmet.span if unmet.span is not None else places.of(rule.rule, unmet.hint)
            if unmet.add is not None and unmet.fix is None:
                unmet = structs.replace(unmet, fix=places.addition(unmet.add, rule.rule, unmet.span))
            found.append(_finding(pack, rule.rule, unmet, span, source.path))
    return found


def _finding(pack: Pack, rule: Rule, unmet: Unmet, span: Span, path: str) -> Finding:
    severity = unmet.severity or rule.severity
    if unmet.unsure and severity > Severity.INFO:
        severity = Severity(severity - 1)
    return Finding(
        path=path,
        code=rule.code,
        name=rule.name,
        severity=severity,
        message=unmet.message,
        span=span,
        expected=unmet.expected,
        requirement=rule.source if pack.specification else None,
        related=unmet.related,
        fix=unmet.fix,
        source=None if pack.specification else rule.source,
        notes=unmet.notes,
        help=unmet.help,
        references=unmet.references,
        aliases=rule.aliases,
        default=rule.default,
    )


# Conformance


def _conformance(
    pack: Pack, criteria: Sequence[CriterionRule], results: dict[str, RuleResult], findings: Sequence[Finding]
) -> Conformance:
    met = {code for code, result in results.items() if not result.unmet}
    witnesses = tuple(Witness(result.code, outcome.span) for result in results.values() for outcome in result.met)
    return Conformance(
        pack=pack.name,
        met=len(met),
        total=len(pack.rules),
        rows=tuple(_rows(pack, results, met)),
        criteria=tuple(_points(c, pack, results, met, findings) for c in criteria),
        witnesses=tuple(sorted(witnesses, key=lambda w: (w.code, w.span.start, w.span.end))),
    )


def _rows(pack: Pack, results: dict[str, RuleResult], met: set[str]) -> Iterable[Row]:
    by_section: dict[str, list[Rule]] = {}
    for pack_rule in pack.rules:
        by_section.setdefault(pack_rule.rule.section, []).append(pack_rule.rule)
    for section in pack.sections:
        rules = by_section.get(section.number, [])
        lines = [
            line
            for rule in rules
            if rule.layer is not None
            for outcome in results[rule.code].met
            for line in (outcome.instruction.line, outcome.instruction.end_line)
        ]
        title = section.title if section.layer is None else f"{section.layer} {section.title}"
        found = (min(lines), max(lines)) if lines else None
        yield Row(title, sum(r.code in met for r in rules), len(rules), found, section.lines)


def _points(
    criterion: CriterionRule,
    pack: Pack,
    results: dict[str, RuleResult],
    met: set[str],
    findings: Sequence[Finding],
) -> Criterion:
    """A criterion's points: its share of what is met, rounded down to a tenth so that only all of it is full."""
    match criterion.by:
        case "rules":
            good, total = sum(code in met for code in criterion.rules), len(criterion.rules)
        case "must":
            must = [r.rule.code for r in pack.rules if r.rule.severity is Severity.ERROR]
            good, total = sum(code in met for code in must), len(must)
        case "commands":
            good, total = _commands_passing(pack, results, met)
        case _:
            good = sum(f.fix is not None and f.fix.applicability > Applicability.DISPLAY for f in findings)
            total = len(findings)
    share = good / total if total else 1.0
    return Criterion(criterion.name, int(share * criterion.points * 10) / 10, criterion.points)


def _commands_passing(pack: Pack, results: dict[str, RuleResult], met: set[str]) -> tuple[int, int]:
    """How many rules with verification commands are met by a file that the commands accept as well."""
    failing = {unmet.about for result in results.values() for unmet in result.unmet if unmet.about}
    rules = [r.rule.code for r in pack.rules if r.commands]
    return sum(code in met and code not in failing for code in rules), len(rules)
