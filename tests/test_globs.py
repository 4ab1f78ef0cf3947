"""Patterns of names: the fast path gives the same result as Python's library."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zr4lint.filesystem.globs import matches, path_matches

words = st.text("aAb.-*?[]!", max_size=6)


@given(words, words)
def test_it_agrees_with_fnmatch(name: str, pattern: str) -> None:
    assert matches(name, pattern) is fnmatchcase(name, pattern)


@given(words, words, words)
def test_a_star_is_any_text(head: str, middle: str, tail: str) -> None:
    pattern = f"{head.replace('*', '')}*{tail.replace('*', '')}"
    name = pattern.replace("*", middle)
    assert matches(name, pattern) is fnmatchcase(name, pattern)


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        ("a/b/c", "a/**/c", True),
        ("a/c", "a/**/c", True),
        ("a/b", "a/**/c", False),
        ("a", "**/a", True),
        ("a/b", "a", False),
        ("a", "a/b", False),
        ("a/b", "**", True),
        ("a/b/a/c", "**/a/*", True),
        ("a/x/b", "a/*/b", True),
        ("/".join("a" * 200), "**/a/" * 100 + "b", False),
    ],
)
def test_a_path_is_of_a_pattern_part_by_part(path: str, pattern: str, fits: bool) -> None:
    assert path_matches(path, pattern) is fits
