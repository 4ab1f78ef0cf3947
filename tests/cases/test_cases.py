"""Every rule gives exactly the findings and fixes of its cases, and the files of cases are well-formed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from tests.cases.case import Case, Cases, RuleCase, case_files, every_case, write
from tests.cases.judging import applied, findings, observed, pack, rule_of, source_of
from tests.support.groups import in_groups
from zr4lint.checks import KINDS
from zr4lint.model.finding import Applicability, Edit, Severity
from zr4lint.model.source import SourceFile
from zr4lint.packs.loading import pack_names

CASES = every_case()
BAD = tuple(item for item in CASES if item.kind == "bad")
RULES = [(name, rule.rule.name) for name in pack_names() for rule in pack(name).rules]

FIXED = tuple(item for item in BAD if item.case.fixed is not None)
ONLY_HALF = {
    "zr4/prd-command/bad-lower-case-keyword",
}
"""Cases whose fix leaves a finding with another fix; --fix applies both. The list may only shrink."""


def pack_of(names: tuple[str, str]) -> str:
    return names[0]


@in_groups(CASES, RuleCase.of)
def test_a_case_is_as_its_file_says(item: RuleCase) -> None:
    source = source_of(item)
    seen = observed(item.case, source, findings(item, source))
    assert write(Cases(bad=(seen,))) == write(Cases(bad=(item.case,))), "python -m tests.cases --update"


@pytest.mark.slow
@in_groups(FIXED, RuleCase.of)
def test_a_fix_mends_its_finding_and_brings_no_other(item: RuleCase) -> None:
    source = source_of(item)
    found = findings(item, source)
    fixes = [f.fix for f in found if f.fix and f.fix.applicability > Applicability.DISPLAY]
    left = [len(findings(item, with_edits(source, fix.edits))) for fix in fixes]
    together = len(findings(item, with_edits(source, [edit for fix in fixes for edit in fix.edits])))
    mends = all(number < len(found) for number in left) and together == len(found) - len(fixes)
    assert mends != (str(item) in ONLY_HALF)


def with_edits(source: SourceFile, edits: Sequence[Edit]) -> SourceFile:
    return SourceFile(applied(source.text, edits), source.path, bom=source.bom)


def test_bad_cases_have_findings_and_good_ones_none() -> None:
    assert [str(item) for item in CASES if bool(item.case.finding) != (item.kind == "bad")] == []


def test_kinds_that_find_more_than_their_rule_says_are_marked() -> None:
    """The search for causes skips rules that find no errors."""
    above = {
        rule.check
        for item in BAD
        for rule in pack(item.pack).rules
        if rule.rule.name == item.rule and rule.check != "shellcheck" and rule.rule.severity is not Severity.ERROR
        if pack(item.pack).specification is None and any(f.severity == "error" for f in item.case.finding)
    }
    assert above
    assert {name for name in above if not KINDS[name].raises} == set()


def test_names_of_cases_are_unique() -> None:
    assert [name for name, count in Counter(map(str, CASES)).items() if count > 1] == []


def test_every_rule_has_a_file_and_every_file_a_rule() -> None:
    assert sorted((path.parent.name, path.stem) for path in case_files()) == sorted(RULES)


@in_groups(RULES, pack_of, "/".join)
def test_every_rule_has_cases_of_both_kinds(names: tuple[str, str]) -> None:
    least = 2 if pack(names[0]).specification else 4
    counts = Counter(item.kind for item in CASES if (item.pack, item.rule) == names)
    assert counts["bad"] >= least
    assert counts["good"] >= least


# Examples in the text of a rule


WITHOUT_EXAMPLE = {
    "line-count": "an example would have 127 lines",
    "scripts-exist": "it looks at the folder beside the file",
    "copy-ignored": "it looks at the folder beside the file",
    "lock-file": "it looks at the folder beside the file",
    "node-engine": "it looks at the folder beside the file",
    "project-python": "it looks at the folder beside the file",
    "cmd-last": "an example would have 127 lines",
    "layer-order": "an example needs the requirements of several layers",
    "layer-lines": "an example would have the lines of a whole layer above it",
    "layer-banner": "an example needs a layer",
    "not-in-prd": "an example needs all that the other rules ask for",
}


SETTINGS: dict[str, dict[str, object]] = {
    "image-untrusted": {"registries": ["docker.io"]},
    "gpu-torch": {"gpu": ["sm_120"]},
    "gpu-not-compiled-for": {"gpu": ["rtx5090"]},
    "gpu-toolkit": {"gpu": ["sm_120"]},
    "label-empty": {"labels": {"org.opencontainers.image.source": "url"}},
    "label-missing": {"labels": {"org.opencontainers.image.source": "url"}},
    "label-not-email": {"labels": {"org.opencontainers.image.authors": "email"}},
    "label-not-hash": {"labels": {"org.opencontainers.image.revision": "hash"}},
    "label-not-licence": {"labels": {"org.opencontainers.image.licenses": "spdx"}},
    "label-not-time": {"labels": {"org.opencontainers.image.created": "rfc3339"}},
    "label-not-url": {"labels": {"org.opencontainers.image.source": "url"}},
    "label-not-version": {"labels": {"org.opencontainers.image.version": "semver"}},
    "label-unknown": {"labels": {"org.opencontainers.image.source": "url"}, "strict-labels": True},
}
"""Settings for the examples of rules that need one."""


@pytest.mark.slow
@in_groups([names for names in RULES if names[1] not in WITHOUT_EXAMPLE], pack_of, "/".join)
def test_the_bad_example_of_a_rule_is_found_and_the_good_one_is_not(names: tuple[str, str]) -> None:
    """The help and the pages show these examples."""
    pack_name, rule = names
    text = rule_of(pack_name, rule)
    settings = SETTINGS.get(rule, {})
    bad = RuleCase(pack_name, rule, "bad", Case(name="example", text=text.bad, settings=settings))
    good = RuleCase(pack_name, rule, "good", Case(name="example", text=text.good, settings=settings))
    assert findings(bad, source_of(bad))
    assert not findings(good, source_of(good))


def test_rules_without_an_example_have_a_reason() -> None:
    assert {rule for name, rule in RULES if not (rule_of(name, rule).bad and rule_of(name, rule).good)} == set(
        WITHOUT_EXAMPLE
    )
