"""Runs the rules of packs on the facts of a file, and turns their outcomes into findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.checks import KINDS, Kind, Layer, Met, Outcome, RuleResult, Subject, Unmet
from zr4lint.facts import Facts, Memo, Ran, Stage
from zr4lint.linting.places import Places
from zr4lint.model.budgets import OUTCOMES_OF_A_RULE
from zr4lint.model.deadline import NO_DEADLINE, Deadline
from zr4lint.model.finding import Finding, Rule, Severity
from zr4lint.model.quoting import code, fitted, nearest
from zr4lint.model.source import Span
from zr4lint.packs.model import Amendment, Pack, PackRule

if TYPE_CHECKING:
    from zr4lint.linting.lint_options import LintOptions

_OUTDATED = "Compile or derive the pack again."
"""The note of a finding whose rule comes from words that the document no longer contains."""


class PackResult(Struct, frozen=True):
    """The results of the rules of one pack, and the findings."""

    pack: Pack
    results: dict[str, RuleResult]
    findings: tuple[Finding, ...]


def run_packs(
    facts: Facts,
    packs: Sequence[Pack],
    options: LintOptions,
    deadline: Deadline = NO_DEADLINE,
    needed: Callable[[PackRule], bool] | None = None,
) -> Iterator[PackResult]:
    """Run the rules of each pack; raises TimeUpError when the deadline passes.

    In a specification, unselected rules run, too, since its score counts every requirement. Of other packs, only the
    `needed` rules run.
    """
    memo = Memo()
    contains = _word_test(facts, options)
    for pack in packs:
        base, lineage = _judged(pack, facts)
        subject = Subject(facts, lineage, base, memo, stage=_stage_name(pack))
        chosen = needed if pack.specification is None else None
        results = _run(pack, subject, options, deadline, contains, chosen)
        yield PackResult(pack, results, _findings(pack, results, facts, base))


def _run(
    pack: Pack,
    subject: Subject,
    options: LintOptions,
    deadline: Deadline,
    contains: Callable[[str], bool],
    needed: Callable[[PackRule], bool] | None,
) -> dict[str, RuleResult]:
    """Return the results of a pack's rules by code: late rules last, and rules with words only if the file has one."""
    layers = tuple(
        Layer(s.layer, s.title, *s.lines) for s in pack.sections if s.layer is not None and s.lines is not None
    )
    amended = pack.specification.amendments if pack.specification is not None and options.amended else ()
    amendments = {amendment.requirement: amendment for amendment in amended}
    chosen = [rule for rule in pack.rules if options.runs(rule.rule)]
    results = {r.rule.code: RuleResult(r.rule.code, r.rule.layer, (), (), ()) for r in chosen if r.unset}
    facts = subject.facts
    anchored = partial(_anchored, facts)
    anywhere = structs.replace(subject, layers=layers, context=options.context, results=results)
    subjects = {layer.number: structs.replace(anywhere, layer=layer) for layer in layers}
    judged: dict[tuple[int | None, str, str | None], Subject] = {}
    concerned = [r for r in chosen if not r.unset and (not r.mentions or any(map(contains, r.mentions)))]
    rules = [(rule, KINDS[rule.check]) for rule in (filter(needed, concerned) if needed else concerned)]
    for rule, kind in sorted(rules, key=lambda pair: pair[1].late):
        looked = (rule.rule.layer, rule.stages or kind.stages, rule.stage)
        if looked not in judged:
            judged[looked] = _looked_at(rule, subjects.get(rule.rule.layer or 0, anywhere))
        outcomes: Iterable[Outcome] = kind.answer(judged[looked], rule.parameters)
        greps = rule.greps
        if rule.rule.code in amendments:
            outcomes, greps = _amended(rule, kind, judged[looked], amendments[rule.rule.code]), ()
        if rule.stage is not None and judged[looked].base is None:
            outcomes = _of_no_stage(rule.stage, facts, outcomes)
        elif kind.by_commands and (unknown := _unknown_command(judged[looked])):
            outcomes = [_unsure(outcome, unknown) for outcome in outcomes]
        met: list[Met] = []
        unmet: list[Unmet] = []
        told: set[tuple[Span | None, str]] = set()
        for outcome in map(anchored, outcomes) if facts.included else outcomes:
            deadline.check()
            if isinstance(outcome, Met):
                met.append(outcome)
            elif outcome.span is None or (outcome.span, outcome.message) not in told:  # ONBUILD may run in many stages
                told.add((outcome.span, outcome.message))
                unmet.append(outcome)
                if len(unmet) >= OUTCOMES_OF_A_RULE:
                    break
        results[rule.rule.code] = RuleResult(rule.rule.code, rule.rule.layer, greps, tuple(met), tuple(unmet))
    return results


def _word_test(facts: Facts, options: LintOptions) -> Callable[[str], bool]:
    """Return a function that tells whether a file, its build arguments or the files it reads contain a word."""
    texts = [facts.dockerfile.source.text, *(value or "" for _, value in options.build_args)]
    words = "\n".join((*texts, *(included.source.text for included in facts.included))).lower()
    return cache(lambda word: word.lower() in words)


def _anchored(facts: Facts, outcome: Outcome) -> Outcome:
    """Return an outcome in another file moved to the words that name the file, without a fix that cannot be applied."""
    end = len(facts.dockerfile.source.text)
    if isinstance(outcome, Unmet) and outcome.fix is not None and any(e.end > end for e in outcome.fix.edits):
        outcome = structs.replace(outcome, fix=None)
    if outcome.span is None or facts.file_at(outcome.span) is None:
        return outcome
    span = facts.anchor(outcome.span)
    if isinstance(outcome, Met):
        return structs.replace(outcome, span=span, elsewhere=outcome.span)
    return structs.replace(outcome, span=span, elsewhere=outcome.span, fix=None, add=None)


def _amended(rule: PackRule, kind: Kind, subject: Subject, amendment: Amendment) -> list[Outcome]:
    """Return the outcomes of a rule with an amendment, whose parameters are tried if the rule is not met.

    The verification commands test the original requirement, so none of them have to pass.
    """
    outcomes = list(kind.answer(subject, rule.parameters))
    if amendment.parameters != rule.parameters and any(isinstance(outcome, Unmet) for outcome in outcomes):
        outcomes = [] if amendment.parameters is None else list(kind.answer(subject, amendment.parameters))
    if amendment.add:
        outcomes = [
            structs.replace(o, add=amendment.add, fix=None) if isinstance(o, Unmet) and o.add else o for o in outcomes
        ]
    return outcomes


def _looked_at(rule: PackRule, subject: Subject) -> Subject:
    """Return the subject with the stages that a rule checks: those of its kind, or the named one and its bases."""
    facts = subject.facts
    if rule.stage is not None:
        stage = facts.called(rule.stage)
        lineage = facts.ancestry(stage.number) if stage is not None else frozenset()
        return structs.replace(subject, lineage=lineage, base=stage)
    if (rule.stages or KINDS[rule.check].stages) == "all":
        return structs.replace(subject, lineage=frozenset(stage.number for stage in facts.stages))
    return subject


def _of_no_stage(name: str, facts: Facts, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return the finding for a stage that a rule names and the file lacks; none if the rule is met anyway."""
    if all(isinstance(outcome, Met) for outcome in outcomes):
        return []
    near = nearest(name, [stage.name for stage in facts.stages if stage.name])
    advice = f"Name a stage {name}" + (f", or write {near} in the pack" if near else "")
    return [Unmet(f"the file has no stage {code(name, 40)}", expected=f"FROM ... AS {name}", help=advice)]


def _unknown_command(subject: Subject) -> Ran | None:
    """Return a command whose program is an unknown variable, as in `RUN $COMMAND` and `sh -c "$COMMAND"`, or None."""
    return subject.memo.get(("unknown command", subject.lineage), lambda: next(_unknown_commands(subject), None))


def _unknown_commands(subject: Subject) -> Iterator[Ran]:
    for ran in subject.facts.of(Ran, subject.lineage):
        if not ran.program and ran.arguments and "(" not in subject.words(ran.arguments[0].span):
            yield ran


def _unsure(outcome: Outcome, unknown: Ran) -> Outcome:
    """Return a finding without a place as an unsure one at an unknown command, and any other outcome unchanged."""
    if isinstance(outcome, Met) or outcome.span is not None:
        return outcome
    notes = (*outcome.notes, "This command is not known before the build and may meet the requirement.")
    return structs.replace(outcome, span=unknown.at.span, unsure=True, notes=notes)


def _stage_name(pack: Pack) -> str | None:
    return pack.specification.stage if pack.specification is not None else None


def _judged(pack: Pack, facts: Facts) -> tuple[Stage | None, frozenset[int]]:
    """Return the base stage of the specification, and the stages of its image.

    If the built image does not use the base stage, a rule on the final stage reports it. Then only the base stage is
    judged, so that this one fault is not reported again for each requirement.
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


def _findings(pack: Pack, results: dict[str, RuleResult], facts: Facts, base: Stage | None) -> tuple[Finding, ...]:
    places = Places(pack, results, facts, base.instruction.span if base is not None else Span(0, 0))
    found: list[Finding] = []
    for rule in pack.rules:
        result = results.get(rule.rule.code)
        for unmet in result.unmet if result is not None else ():
            span = unmet.elsewhere or unmet.span
            span = span if span is not None else places.of(rule.rule, unmet.hint)
            if unmet.add is not None and unmet.fix is None:
                unmet = structs.replace(unmet, fix=places.addition(unmet.add, rule.rule, unmet.span))
            found.append(_finding(pack, rule.rule, unmet, span, facts.dockerfile.source.path))
    return tuple(found)


def _finding(pack: Pack, rule: Rule, unmet: Unmet, span: Span, path: str) -> Finding:
    severity = unmet.severity or rule.severity
    if unmet.code is not None:
        severity = max(severity, rule.severity)  # ShellCheck has its own levels
    if unmet.unsure and severity > Severity.INFO:
        severity = Severity(severity - 1)
    return Finding(
        path=path,
        code=unmet.code or rule.code,
        name=rule.name,
        severity=severity,
        message=fitted(unmet.message),
        span=span,
        expected=unmet.expected,
        requirement=rule.source if pack.specification else None,
        related=unmet.related,
        fix=unmet.fix,
        source=None if pack.specification else rule.source,
        notes=(*unmet.notes, _OUTDATED) if rule.origin is not None and rule.origin.stale else unmet.notes,
        help=unmet.help,
        references=unmet.references,
        aliases=rule.aliases if unmet.code is None else (rule.code,),
        origin=rule.origin,
    )
