"""Tests of many cases try every case and name those that fail."""

from __future__ import annotations

import pytest

from tests.support.groups import in_groups

WORDS = ("ab", "ax", "b", "bx", "by")


def first(word: str) -> str:
    return word[0]


def test_every_item_is_tried_once() -> None:
    tried: list[str] = []
    check = in_groups(WORDS, first)(tried.append)
    for group in ("a", "b"):
        check(group)
    assert tried == list(WORDS)


def test_all_that_fail_are_told() -> None:
    @in_groups(WORDS, first)
    def check(word: str) -> None:
        if word == "by":
            raise KeyError(word)
        assert "x" not in word, f"no x in {word}"

    with pytest.raises(pytest.fail.Exception) as failure:
        check("b")
    text = str(failure.value)
    assert text.startswith("2 of 3 failed: bx, by\n")
    assert "no x in bx" in text
    assert "KeyError: 'by'" in text
    with pytest.raises(pytest.fail.Exception, match="1 of 2 failed: ax"):
        check("a")
