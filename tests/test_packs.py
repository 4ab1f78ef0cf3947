"""Packs: the errors of broken ones, and the content of good ones."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zr4lint.checks import KINDS
from zr4lint.model.finding import Applicability, Severity
from zr4lint.packs.loading import MAX_BYTES, load_pack, pack_names
from zr4lint.packs.model import Pack, Section, Specification
from zr4lint.packs.problems import PackError, Problem
from zr4lint.packs.reader import read_pack

HEAD = """\
name = "small"
title = "A small specification"
document = "Plan"
files = ["Small.Dockerfile", "images/*/Dockerfile"]
"""
SECTION = """\
[[section]]
number = "1"
title = "Base"
layer = 1
lines = [1, 3]
"""
RULE = """\
[[rule]]
code = "SM101"
name = "base-image"
section = "1"
level = "error"
check = "base-image"
image = "ubuntu:22.04"
summary = "It is Ubuntu."
why = "For its packages."
"""
PACK = HEAD + SECTION + RULE
WRONG = {
    table["name"]: table for table in tomllib.loads(Path(__file__).with_name("wrong_packs.toml").read_text())["pack"]
}


def load(folder: Path, text: str | bytes) -> Pack:
    path = folder / "small.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_pack(str(path), KINDS)


def refusals(folder: Path, text: str | bytes) -> list[str]:
    """Return the errors of a pack, without the file's name at the start of each line."""
    with pytest.raises(PackError) as caught:
        load(folder, text)
    path = str(folder / "small.toml")
    lines = str(caught.value).split("\n")
    assert all(line.startswith(path) for line in lines)
    return [line.removeprefix(path) for line in lines]


@pytest.mark.parametrize("name", WRONG)
def test_all_that_is_wrong_with_a_pack_is_told_with_line_and_key(name: str, tmp_path: Path) -> None:
    old, new = WRONG[name].get("old", ""), WRONG[name]["new"]
    assert old in PACK
    text = PACK.replace(old, new, 1) if old else PACK + new
    assert refusals(tmp_path, text) == [f":{problem}" for problem in WRONG[name]["problems"]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"name = ", ":1: not valid TOML: Invalid value"),
        (b'name = "a"\nname = "b"\n', ":2: not valid TOML: Cannot overwrite a value"),
        (b"a = " + b"[" * 100_000, ": not valid TOML: nested too deep"),
        (b'name = "\xff"\n', ": can't be read: it is not UTF-8"),
        (b"# " + b"x" * MAX_BYTES, f": can't be read: larger than {MAX_BYTES} bytes"),
    ],
    ids=["cut off", "a key twice", "nested without end", "not UTF-8", "too large"],
)
def test_a_file_that_is_no_toml(data: bytes, message: str, tmp_path: Path) -> None:
    assert refusals(tmp_path, data) == [message]


@pytest.mark.parametrize("text", ["", "\n# nothing\n"])
def test_an_empty_pack_lacks_all_that_a_pack_needs(text: str, tmp_path: Path) -> None:
    missing = ["`name` is missing", "`title` is missing", "`files` is missing"]
    place = ":1: " if text else ": "
    assert refusals(tmp_path, text) == [
        *(f"{place}{words}" for words in missing),
        f"{place}`rule` is missing: a pack has at least one [[rule]]",
    ]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("zr5", "did you mean `zr4`?"),
        *((name, "packs are ") for name in ("", "no/such.toml", "x" * 5000, "\0", ".")),
    ],
)
def test_a_pack_that_is_not_there(name: str, near: str) -> None:
    with pytest.raises(PackError, match=re.escape(f"no pack has this name, and it is not a file; {near}")):
        load_pack(name, KINDS)


@pytest.mark.parametrize("opening", ['summary = """\n', "summary = '''\n", "tags = [\n"])
def test_lines_are_told_behind_values_of_several_lines(opening: str, tmp_path: Path) -> None:
    inside = "[[rule]]\nlevel = 3\n" if "tags" not in opening else '"a", # ]\n"]",\n'
    value = opening + inside + {"s": opening[10:13], "t": "]"}[opening[0]]
    old = 'summary = "It is Ubuntu."' if opening[0] == "s" else "why ="
    text = PACK.replace(old, value if opening[0] == "s" else f"{value}\nwhy =").replace("why =", "wy =")
    line = text[: text.index("wy =")].count("\n") + 1
    assert f":{line}: rule SM101: `wy` is not a key of this table; did you mean `why`?" in refusals(tmp_path, text)


def test_a_good_pack_is_read_whole(tmp_path: Path) -> None:
    pack = load(tmp_path, PACK.replace("why =", "fix = \"unsafe\"\ngreps = ['^FROM ubuntu']\nwhy ="))
    assert (pack.name, pack.specification) == ("small", Specification("Plan"))
    assert pack.sections == (Section("1", "Base", 1, (1, 3)),)
    rule = pack.rules[0]
    assert (rule.check, rule.parameters, rule.greps) == ("base-image", {"image": "ubuntu:22.04"}, ("^FROM ubuntu",))
    assert (rule.rule.severity, rule.rule.applicability) == (Severity.ERROR, Applicability.UNSAFE)
    assert (rule.rule.layer, rule.rule.source) == (1, "Plan section 1")


def test_a_rule_that_holds_anywhere_has_no_layer(tmp_path: Path) -> None:
    assert load(tmp_path, PACK.replace("why =", "anywhere = true\nwhy =")).rules[0].rule.layer is None


def test_optional_parameters_may_be_left_out(tmp_path: Path) -> None:
    clone = PACK.replace('"base-image"\nimage = "ubuntu:22.04"', '"git-clone"\ntarget = "/src"')
    assert load(tmp_path, clone).rules[0].parameters == {"target": "/src"}
    assert load(tmp_path, clone + 'words = "src"\n').rules[0].parameters == {"target": "/src", "words": "src"}


@pytest.mark.parametrize(
    ("path", "claimed"),
    [
        ("Small.Dockerfile", True),
        ("deep/down/Small.Dockerfile", True),
        ("deep\\Small.Dockerfile", True),
        ("images/a/Dockerfile", True),
        ("Dockerfile", False),
        ("small.dockerfile", False),
        ("Small.Dockerfile.orig", False),
    ],
)
def test_the_files_a_pack_claims(path: str, claimed: bool, tmp_path: Path) -> None:
    assert load(tmp_path, PACK).claims(path) is claimed


@pytest.mark.parametrize("name", pack_names())
def test_the_packs_that_come_along_can_be_read(name: str) -> None:
    assert load_pack(name, KINDS).rules


values = st.recursive(
    st.none().map(lambda _: 0) | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["code", "name", "section", "level", "check", "image", "anywhere", "fix", "greps", "source", "bad", "number"]


@pytest.mark.slow
@given(
    key=st.sampled_from(
        [*KEYS, "title", "files", "rule", "image", "criterion", "stage", "specification", "conflict", "amendment"]
    ),
    value=values,
    inside=st.booleans(),
)
def test_whatever_a_key_holds_the_answer_is_a_pack_or_an_error(key: str, value: object, inside: bool) -> None:
    section = {"number": "1", "title": "Base"}
    rule: dict[str, object] = {
        "code": "SM1", "name": "a", "section": "1", "level": "error", "check": "base-image",
        "image": "ubuntu", "summary": "s", "why": "w",
    }  # fmt: skip
    pack: dict[str, object] = {
        "name": "small", "title": "t", "document": "d", "files": ["*"], "section": [section], "rule": [rule],
    }  # fmt: skip
    (rule if inside else pack)[key] = value
    problems: Sequence[Problem] = ()
    try:
        assert isinstance(read_pack(pack, KINDS, "small.toml"), Pack)
    except PackError as error:
        problems = error.problems
        assert problems
    assert all("`" in problem.message for problem in problems)
