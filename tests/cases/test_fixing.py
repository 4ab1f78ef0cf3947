"""What --fix makes of every case that has a fix: it ends, brings no error, and BuildKit accepts it."""

from __future__ import annotations

import pytest

from tests.cases.case import RuleCase, every_case
from tests.cases.judging import linter, source_of
from tests.support.buildkit import accepts
from zr4lint.fixing.fixpoint import fix
from zr4lint.fixing.proof import worse
from zr4lint.model.finding import Applicability

pytestmark = pytest.mark.slow
FIXED = [item for item in every_case() if item.case.fixed is not None]


@pytest.mark.parametrize("item", FIXED, ids=str)
@pytest.mark.parametrize("level", [Applicability.SAFE, Applicability.UNSAFE], ids=lambda level: level.label)
def test_fixing_ends_and_does_no_harm(item: RuleCase, level: Applicability) -> None:
    source = source_of(item)
    with linter(item) as pack:
        done = fix(source, pack.lint, level)
        assert accepts(done.source.text) or not accepts(source.text)
        assert worse(pack.lint(source), pack.lint(done.source)) is None
        assert fix(done.source, pack.lint, level).source.text == done.source.text
