"""--fix on every case that has a fix: it ends, adds no error, and BuildKit accepts the result."""

from __future__ import annotations

import pytest

from tests.cases.case import RuleCase, every_case
from tests.cases.judging import linter, source_of
from tests.support.buildkit import accepts
from tests.support.groups import in_groups
from tests.support.once import once
from zr4lint.fixing.fixpoint import fix
from zr4lint.fixing.proof import worse
from zr4lint.model.finding import Applicability

pytestmark = pytest.mark.thorough
FIXED = [item for item in every_case() if item.case.fixed is not None]


@in_groups(FIXED, RuleCase.of)
def test_fixing_ends_and_does_no_harm(item: RuleCase) -> None:
    source = source_of(item)
    with linter(item) as pack:
        lint = once(pack.of_every_rule(merges=False).lint)  # as --fix does
        for level in (Applicability.SAFE, Applicability.UNSAFE):
            done = fix(source, lint, level)
            assert accepts(done.source.text) or not accepts(source.text), level
            assert worse(lint(source), lint(done.source)) is None, level
            assert fix(done.source, lint, level).source.text == done.source.text, level
