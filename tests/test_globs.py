"""Patterns of names: the short way says what Python's own library says."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from zr4lint.filesystem.globs import matches

words = st.text("aAb.-*?[]!", max_size=6)


@given(words, words)
def test_it_agrees_with_fnmatch(name: str, pattern: str) -> None:
    assert matches(name, pattern) is fnmatchcase(name, pattern)


@given(words, words, words)
def test_a_star_is_any_text(head: str, middle: str, tail: str) -> None:
    pattern = f"{head.replace('*', '')}*{tail.replace('*', '')}"
    name = pattern.replace("*", middle)
    assert matches(name, pattern) is fnmatchcase(name, pattern)
