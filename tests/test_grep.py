"""The interpreter's grep gives the same results as the real grep."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.ending import ends
from zr4lint.model.grep import compile_pattern, grep, grep_any

# Few characters, so that patterns match; they include all special characters of grep.
_LITERAL = "ab $^]/"
_ESCAPED = r".*[]^$\/-"
atoms = st.sampled_from([*_LITERAL, ".", ".*", *(f"\\{c}" for c in _ESCAPED)])
patterns = st.tuples(
    st.sampled_from(["", "^"]), st.lists(atoms, max_size=6).map("".join), st.sampled_from(["", "$"])
).map("".join)
lines = st.lists(st.text("ab $^]/.*[\\-", max_size=8), min_size=1, max_size=12, unique=True)


def real_grep(pattern: str, text: list[str]) -> list[str]:
    done = subprocess.run(
        ["grep", "-e", pattern],
        input="".join(f"{line}\n" for line in text).encode(),
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.decode().split("\n")[:-1]


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(patterns, lines)
def test_it_finds_the_lines_that_grep_finds(pattern: str, text: list[str]) -> None:
    found = real_grep(pattern, text)
    assert [line for line in text if grep(pattern, line)] == found
    assert grep_any(pattern, "\n".join([*text, ""])) is bool(found)
    assert not text[-1] or grep_any(pattern, "\n".join(text)) is bool(found)


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        ("git clone.*ComfyUI.git", "RUN git clone https://github.com/comfyanonymous/ComfyUI.git", True),
        ("git clone.*ComfyUI.git", "RUN git clone https://github.com/comfyanonymous/ComfyUI", False),
        (r"\-\-force-reinstall", "    --force-reinstall", True),
        (r"^CMD \[", 'CMD ["/workspace/start.sh"]', True),
        (r"^CMD \[", ' CMD ["/workspace/start.sh"]', False),
        (r'CMD \["/workspace/start.sh"\]', 'CMD ["/workspace/start.sh"]', True),
        ("^FROM nvidia/cuda:12.4", "FROM nvidia/cuda:12x4", True),
        ("a$", "ab", False),
        ("^$", "", True),
        ("", "anything", True),
        ("aab", "aaab", True),
        ("a.c$", "abcabd", False),
        (".a.b", "xaxb", True),
        ("é.", "né€", True),
    ],
)
def test_patterns_of_commands(pattern: str, line: str, found: bool) -> None:
    assert grep(pattern, line) is found
    assert (real_grep(pattern, [line]) == [line]) is found


@pytest.mark.parametrize(
    "pattern",
    ["[ab]", "a*", "a**", ".**", "*a", "a\\", "a\\(b\\)", "a\\|b", "a\\+", "a\\?", "a\\{2\\}", "\\<a", "\\w", "\\1",
     "\\b", "a\nb", "a\0b", "\\é", "\\'", "\\`"],
)  # fmt: skip
def test_what_grep_knows_beyond_it_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is not understood in a verification command's pattern"):
        compile_pattern(pattern)


def test_a_refusal_says_how_to_write_it() -> None:
    with pytest.raises(ValueError, match=r"write \\\[ for the character itself"):
        compile_pattern("CMD [")


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_a_pattern_or_refused(pattern: str, line: str) -> None:
    try:
        compile_pattern(pattern)
    except ValueError:
        return
    assert grep(pattern, line) in (True, False)


def test_a_long_line_does_not_hang() -> None:
    line = "a" * 50_000
    with ends():
        assert not grep("a.*a.*a.*a.*a.*a.*a.*ab", line)
        assert not grep("a.a.a.a.b", line)
