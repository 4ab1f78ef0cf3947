"""Words of instructions: quotes, variables, pairs, images."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from zr4lint.dockerfile import Instruction, parse
from zr4lint.dockerfile.values import expand, names_in, pairs, parse_image, split, unquote
from zr4lint.model.source import MappedText, SourceFile


def instruction(text: str) -> tuple[SourceFile, Instruction]:
    source = SourceFile(text)
    return source, parse(source).instructions[-1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", ["a", "b"]),
        ("  a\tb  ", ["a", "b"]),
        ("'a b' c", ["'a b'", "c"]),
        ('a="b c" d', ['a="b c"', "d"]),
        (r"a\ b c", [r"a\ b", "c"]),
        ("a a a", ["a", "a", "a"]),
        ("", []),
    ],
)
def test_split(text: str, words: list[str]) -> None:
    found = split(MappedText.join([(text, 0)]))
    assert [word.raw for word in found] == words
    assert [word.span.of(text) for word in found] == words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ENV A=b", [("A", "b", "A=b", "b")]),
        ("ENV A=b C='d e'", [("A", "b", "A=b", "b"), ("C", "'d e'", "C='d e'", "'d e'")]),
        ("ENV A=", [("A", "", "A=", "")]),
        ("ENV A b c ", [("A", "b c", "A b c", "b c")]),
        ("ENV A=b=c", [("A", "b=c", "A=b=c", "b=c")]),
        ("ENV A=b \\\n  C=d", [("A", "b", "A=b", "b"), ("C", "d", "C=d", "d")]),
        ("ARG A", [("A", None, "A", "")]),
        ("ARG A B=c", [("A", None, "A", ""), ("B", "c", "B=c", "c")]),
        ("LABEL a.b=c", [("a.b", "c", "a.b=c", "c")]),
    ],
)
def test_pairs(text: str, found: list[tuple[str, str | None, str, str]]) -> None:
    source, read = instruction("FROM x\n" + text)
    shown = [(p.name, p.raw, source.slice(p.span), source.slice(p.value_span)) for p in pairs(read)]
    assert shown == found


@pytest.mark.parametrize(
    ("raw", "value"),
    [("a", "a"), ("'a b'", "a b"), ('"a b"', "a b"), (r"a\ b", "a b"), ("a'b'\"c\"", "abc"), ("''", ""), ("", "")],
)
def test_unquote(raw: str, value: str) -> None:
    assert unquote(raw) == value


ENV = {"LONG": "a" * 60_000, "A": "x", "EMPTY": "", "UNKNOWN": None}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("a", "a"),
        ("$A", "x"),
        ("${A}b", "xb"),
        ("$A/$A", "x/x"),
        ('"$A b"', "x b"),
        ("'$A'", "$A"),
        ("\"'$A'\"", "'x'"),
        (r"\$A", "$A"),
        ("$UNKNOWN", None),
        ("$NOWHERE", None),
        ("${NOWHERE:-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${A:-d}", "x"),
        ("${A:+d}", "d"),
        ("${NOWHERE:+d}", ""),
        ("${UNKNOWN:-d}", None),
        ("${A%x}", ""),
        ("${A^x}", None),
        ("${LONG//a/bb}", None),
        (f"${{E:-{'$LONG' * 300}}}", None),
        ("${A", None),
    ],
)
def test_expand(raw: str, value: str | None) -> None:
    assert expand(raw, ENV) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("${A%$B}", "it"),
        ('"${A%$B}"', "it"),
        ("${A#it}", "'s"),
        ("${A/$B/x}", "itx"),
        ("${A/it/$B}", "'s's"),
        ("${C#*/}", 'b"c'),
        ("${C%$D}", None),
    ],
)
def test_quotes_of_values_are_cut_as_text(raw: str, value: str | None) -> None:
    assert expand(raw, {"A": "it's", "B": "'s", "C": 'a/b"c', "D": "\\c"}) == value


def test_the_variables_of_a_word() -> None:
    assert names_in("$A/${B}/${C:-d}/\\$E") == ["A", "B", "C"]


@given(st.text("a$A{}:-+'\"\\ ", max_size=12))
def test_any_word_can_be_expanded(raw: str) -> None:
    assert isinstance(expand(raw, ENV), str | None)


@pytest.mark.parametrize(
    ("reference", "image"),
    [
        ("ubuntu", ("docker.io", "ubuntu", "", "")),
        ("ubuntu:22.04", ("docker.io", "ubuntu", "22.04", "")),
        ("library/ubuntu", ("docker.io", "ubuntu", "", "")),
        ("docker.io/library/ubuntu:22.04", ("docker.io", "ubuntu", "22.04", "")),
        ("docker.io/nvidia/cuda:12", ("docker.io", "nvidia/cuda", "12", "")),
        ("nvidia/cuda:12@sha256:ab", ("docker.io", "nvidia/cuda", "12", "sha256:ab")),
        ("ghcr.io/nvidia/cuda", ("ghcr.io", "nvidia/cuda", "", "")),
        ("localhost/a", ("localhost", "a", "", "")),
        ("localhost:5000/a/b:c", ("localhost:5000", "a/b", "c", "")),
        ("nvcr.io/library/x", ("nvcr.io", "library/x", "", "")),
    ],
)
def test_images(reference: str, image: tuple[str, str, str, str]) -> None:
    assert astuple(parse_image(reference)) == image
