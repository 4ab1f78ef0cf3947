"""The cases detect wrong findings: a moved, reworded or wrongly fixed finding makes a case of its rule fail.

The tests change the findings, not the code of the rules, so they test only what the harness compares.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import structs

from tests.cases.case import RuleCase, every_case
from tests.cases.judging import findings, observed, pack, source_of
from tests.support.groups import in_groups
from zr4lint.model.finding import Applicability, Edit, Finding, Related, Rule, Severity
from zr4lint.model.source import Span
from zr4lint.packs.loading import pack_names

BAD = tuple(item for item in every_case() if item.kind == "bad")
RULES: list[tuple[str, Rule]] = [(name, rule.rule) for name in pack_names() for rule in pack(name).rules]


def moved(span: Span) -> Span:
    """Move a place by one code point."""
    return Span(span.start + 1, span.end + 1)


def shortened(finding: Finding) -> Finding:
    span = finding.span
    return structs.replace(finding, span=Span(span.start, span.end - 1 if span.end > span.start else span.end + 1))


def with_edits(finding: Finding, change: Callable[[Edit], Edit]) -> Finding:
    assert finding.fix is not None
    return structs.replace(finding, fix=structs.replace(finding.fix, edits=tuple(map(change, finding.fix.edits))))


def wider(edit: Edit) -> Edit:
    return Edit(edit.start - 1, edit.end, edit.text) if edit.start else Edit(0, edit.end + 1, edit.text)


def trusted_otherwise(finding: Finding) -> Finding:
    assert finding.fix is not None
    other = Applicability.UNSAFE if finding.fix.applicability is Applicability.SAFE else Applicability.SAFE
    return structs.replace(finding, fix=structs.replace(finding.fix, applicability=other))


def retitled(finding: Finding) -> Finding:
    assert finding.fix is not None
    return structs.replace(finding, fix=structs.replace(finding.fix, title=finding.fix.title + " not"))


def another(severity: Severity) -> Severity:
    return Severity.WARNING if severity is Severity.ERROR else Severity.ERROR


OF_FINDINGS: dict[str, Callable[[Finding], Finding]] = {
    "moved": lambda f: structs.replace(f, span=moved(f.span)),
    "another length": shortened,
    "another severity": lambda f: structs.replace(f, severity=another(f.severity)),
    "another message": lambda f: structs.replace(f, message=f.message + " not"),
    "another expectation": lambda f: structs.replace(f, expected=(f.expected or "") + " not"),
    "another help": lambda f: structs.replace(f, help=(f.help or "") + " not"),
    "another note": lambda f: structs.replace(f, notes=(*f.notes, "not")),
    "another reference": lambda f: structs.replace(f, references=(*f.references, "not")),
    "another place named": lambda f: structs.replace(f, related=(*f.related, Related("not", f.span))),
}
OF_FIXES: dict[str, Callable[[Finding], Finding]] = {
    "no fix": lambda f: structs.replace(f, fix=None),
    "other text": lambda f: with_edits(f, lambda e: Edit(e.start, e.end, e.text + "not")),
    "other words replaced": lambda f: with_edits(f, wider),
    "another applicability": trusted_otherwise,
    "another title": retitled,
}


@pytest.mark.slow
@in_groups(BAD, RuleCase.of)
def test_a_spoiled_finding_is_noticed(item: RuleCase) -> None:
    source = source_of(item)
    found = findings(item, source)
    for number, finding in enumerate(found):
        others = (found[:number], found[number + 1 :])
        for name, spoil in OF_FINDINGS.items():
            spoiled = [*others[0], spoil(finding), *others[1]]
            assert observed(item.case, source, spoiled) != item.case, f"{name}: {finding.message}"
        assert observed(item.case, source, [*others[0], *others[1]]) != item.case


@pytest.mark.slow
@in_groups([item for item in BAD if item.case.fixed is not None], RuleCase.of)
def test_spoiled_fixes_are_noticed(item: RuleCase) -> None:
    """Changes all fixes of a case at once, because two findings may have the same fix."""
    source = source_of(item)
    found = findings(item, source)
    for name, spoil in OF_FIXES.items():
        spoiled = [spoil(finding) if finding.fix else finding for finding in found]
        assert observed(item.case, source, spoiled) != item.case, name


@in_groups(RULES, lambda pair: pair[0], lambda pair: pair[1].name)
def test_the_fix_that_a_rule_declares_is_the_one_most_trusted_in_its_cases(pair: tuple[str, Rule]) -> None:
    """This proves that the cases contain a fix of each rule that offers one, and that the rule's page is right."""
    pack_name, rule = pair
    of_rule = [item for item in BAD if (item.pack, item.rule) == (pack_name, rule.name)]
    seen = {finding.applicability for item in of_rule for finding in item.case.finding if finding.applicability}
    most = max((Applicability[name.upper()] for name in seen), default=None)
    assert rule.applicability == most
