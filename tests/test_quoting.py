"""Words of a file in messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zr4lint.model.quoting import fitted

LONGEST = 80


@given(st.text(alphabet="ab` \u200b", max_size=300))
def test_a_message_on_any_words_fits(words: str) -> None:
    assert len(fitted(f"the words are `{words}`, not `b`")) <= LONGEST


@given(st.text(alphabet="ab \u200b", max_size=300))
def test_a_message_with_an_open_quote_fits(words: str) -> None:
    assert len(fitted(f"the words are `{words}")) <= LONGEST


def test_only_long_words_are_cut() -> None:
    assert fitted(f"the words are `{'a' * 90}`, not `b`") == f"the words are `{'a' * 26}...{'a' * 26}`, not `b`"
    assert fitted("the words are `a`, not `b`") == "the words are `a`, not `b`"
