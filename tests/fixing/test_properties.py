"""For any text, --fix is harmless: the result parses as before, has no new error, and another --fix changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dockerfile.strategies import dockerfiles
from tests.fixing.judged import SAFE, UNSAFE, fixed, linter
from tests.mutations.mutations import CONFORMING
from tests.support.buildkit import accepts
from zr4lint.fixing.proof import worse
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.model.finding import Applicability

pytestmark = pytest.mark.thorough

LINES = [line for line in CONFORMING.read_text().splitlines(keepends=True) if not line.startswith("#")]
BOUNDED = settings(max_examples=60, deadline=None, derandomize=True)


def shuffled() -> st.SearchStrategy[str]:
    """Lines of the conforming file, some of them removed, repeated or moved."""
    return st.lists(st.sampled_from(LINES), max_size=40).map("".join)


def does_no_harm(text: str, level: Applicability) -> None:
    source = SourceFile(text, "Dockerfile.zr4")
    done = fixed(source, level)
    if accepts(text):
        assert accepts(done.source.text)
    assert done.source.text == text or worse(linter().lint(source), done.linted) is None
    assert fixed(done.source, level).source.text == done.source.text


@given(text=dockerfiles().filter(lambda text: "\0" not in text), level=st.sampled_from([SAFE, UNSAFE]))
@BOUNDED
def test_on_texts_of_dockerfile_shape(text: str, level: Applicability) -> None:
    does_no_harm(text, level)


@given(text=shuffled(), level=st.sampled_from([SAFE, UNSAFE]))
@BOUNDED
def test_on_lines_of_the_conforming_file(text: str, level: Applicability) -> None:
    does_no_harm(text, level)
