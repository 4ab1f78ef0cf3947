"""The mutation suite is consistent in itself; another test compares the linter with it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.mutations.mutations import CONFORMING, TRANSFORMS, Mutation, SuiteError, apply, load, mutation
from tests.support import buildkit
from tests.support.groups import in_groups

BREAKING = load("breaking")
KEEPING = load("keeping")
SUITE = BREAKING + KEEPING
BASE = CONFORMING.read_bytes().decode()
CODES = frozenset(
    f"ZR{section:02}{number:02}"
    for section, last in {1: 1, 2: 4, 3: 6, 4: 4, 5: 5, 6: 5, 7: 5, 8: 3, 9: 4, 10: 4, 11: 5, 12: 4}.items()
    for number in range(1, last + 1)
) | {"ZR0001", "ZR0003"}


def test_there_are_enough_edits() -> None:
    assert len(BREAKING) >= 150
    assert len(KEEPING) >= 60
    counts = Counter(edit.code for edit in BREAKING)
    assert {code: counts[code] for code in CODES if counts[code] < 2} == {}
    assert counts.keys() == CODES


def test_names_are_unique() -> None:
    assert [name for name, count in Counter(edit.name for edit in SUITE).items() if count > 1] == []


@pytest.mark.parametrize("edits", [BREAKING, KEEPING], ids=["breaking", "keeping"])
def test_no_two_edits_give_the_same_text(edits: tuple[Mutation, ...]) -> None:
    texts: dict[str, str] = {}
    for edit in edits:
        assert texts.setdefault(edit.text, edit.name) == edit.name


def test_what_breaks_is_not_what_keeps() -> None:
    kept = {edit.text for edit in KEEPING}
    only_warned_of = {"ZR0003", "ZR1203", "ZR1204"}
    assert [edit.name for edit in BREAKING if edit.text in kept and edit.code not in only_warned_of] == []


def test_every_transform_is_used() -> None:
    texts = {edit.text for edit in SUITE}
    assert [name for name, transform in TRANSFORMS.items() if transform(BASE) not in texts] == []


@in_groups(SUITE, Mutation.of)
def test_edit_is_well_formed(edit: Mutation) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", edit.name)
    assert edit.why.endswith(".")
    assert edit.text != BASE
    if edit.code != "ZR0101":
        assert edit.text.count("\n") == 127


@pytest.mark.slow
@in_groups([edit for edit in SUITE if edit.code != "ZR0001"], Mutation.of)
def test_buildkit_accepts_the_edited_file(edit: Mutation) -> None:
    assert len(buildkit.parse(edit.text)) > 1


@in_groups(BREAKING, Mutation.of)
def test_breaking_edit_says_where(edit: Mutation) -> None:
    assert edit.at
    last = edit.text.count("\n") + 1
    assert all(1 <= line <= last + 1 for line in edit.lines)
    for words in edit.at:
        assert edit._replace(at=(words,)).places(), f"{words!r} does not occur, or not on the lines given"


def test_places_are_the_words_or_the_lines() -> None:
    edit = BREAKING[0]._replace(text="a b\na c\n", at=("a",), lines=(2,))
    assert edit.places() == ((4, 5),)
    assert edit._replace(at=("c",), lines=()).places() == ((6, 7),)
    assert edit._replace(at=("",), lines=(1, 2, 9)).places() == ((0, 3), (4, 7))
    assert edit._replace(at=("a",), lines=()).places() == ()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({}, "name, why missing"),
        ({"name": "x", "why": "y", "code": "ZR0101"}, "unknown code"),
        ({"name": "x", "why": "y", "replace": [["a", "b"]]}, "'a' occurs 2 times, not once"),
        ({"name": "x", "why": "y", "replace": [["z", "b"]]}, "'z' occurs 0 times, not once"),
        ({"name": "x", "why": "y", "replace": [["a"]]}, "replace is not a list of pairs"),
        ({"name": "x", "why": "y", "transform": "rot13"}, "unknown transform 'rot13'"),
        ({"name": "x", "why": 1}, "1 is not a string"),
    ],
)
def test_wrong_edits_are_refused_by_name(edit: dict[str, object], words: str) -> None:
    with pytest.raises(SuiteError, match=re.escape(words)) as caught:
        mutation(edit, "keeping", "some.toml", "a a\n")
    assert str(caught.value).startswith("some.toml: ")


def test_pairs_are_applied_one_after_the_other() -> None:
    assert apply("ab\n", [("a", "x"), ("xb", "y")], ["crlf", "bom"]) == "\ufeffy\r\n"
