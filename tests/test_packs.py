"""Packs: what a broken one is told, and what a good one says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zr4lint.checks import KINDS
from zr4lint.model.finding import Applicability, Severity
from zr4lint.packs.reader import MAX_BYTES, Pack, PackError, Section, load_pack, pack_names, read_pack

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
R = "rule SM101"


def load(folder: Path, text: str | bytes) -> Pack:
    path = folder / "small.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_pack(str(path), KINDS)


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(PackError) as caught:
        load(folder, text)
    message = str(caught.value)
    prefix = f"{folder / 'small.toml'}: "
    assert message.startswith(prefix), "the file comes first"
    assert "\n" not in message.removeprefix(prefix)
    return message.removeprefix(prefix)


def line(key: str, value: str) -> tuple[str, str]:
    """The line of a key in PACK, and the line to put in its place."""
    old = re.search(rf"^{key} = .*\n", RULE, re.MULTILINE)
    assert old is not None
    return old[0], f"{key} = {value}\n"


BROKEN: Mapping[str, tuple[tuple[str, str], str]] = {
    # of a rule: what is replaced by what, and the message
    "unknown check": (line("check", '"base-imagine"'), f"{R}: key 'check': no check is named 'base-imagine'"),
    "unknown key": (("image =", "imago = 1\nimage ="), f"{R}: key 'imago': unknown; known are anywhere, bad,"),
    "parameter of another check": (("image =", "lines = 1\nimage ="), f"{R}: key 'lines': unknown"),
    "missing parameter": (('image = "ubuntu:22.04"\n', ""), f"{R}: key 'image': missing"),
    "wrong type of parameter": (line("image", "22.04"), f"{R}: key 'image': expected a string, not float"),
    "no measure of security": (("why =", "security = 11\nwhy ="), f"{R}: key 'security': expected a number from 0.1"),
    "missing level": (('level = "error"\n', ""), f"{R}: key 'level': missing"),
    "unknown level": (line("level", '"fatal"'), f"{R}: key 'level': 'fatal' is not one of 'info', 'warning',"),
    "level of a wrong type": (line("level", "3"), f"{R}: key 'level': expected a string, not int"),
    "unknown fix": (
        ("why =", 'fix = "sure"\nwhy ='),
        f"{R}: key 'fix': 'sure' is not one of 'none', 'display'",
    ),
    "unknown section": (line("section", '"2"'), f"{R}: key 'section': '2' is not a section of this pack"),
    "missing why": (('why = "For its packages."\n', ""), f"{R}: key 'why': missing"),
    "missing code": (('code = "SM101"\n', ""), "rule 1: key 'code': missing"),
    "code in lower case": (line("code", '"sm101"'), "rule sm101: key 'code': 'sm101' is not capital letters"),
    "code of a wrong type": (line("code", "101"), "rule 101: key 'code': expected a string, not int"),
    "anywhere of a wrong type": (
        ("why =", 'anywhere = "yes"\nwhy ='),
        f"{R}: key 'anywhere': expected true or",
    ),
    "commands of a wrong type": (
        ("why =", 'commands = "x"\nwhy ='),
        f"{R}: key 'commands': expected a list of",
    ),
    "a list of numbers": (
        ("why =", "commands = [1]\nwhy ="),
        f"{R}: key 'commands': expected a list of strings",
    ),
    "a pattern beyond the language": (("why =", "commands = ['a[bc]']\nwhy ="), f"{R}: key 'commands': '['"),
    # of the pack
    "unknown key of the pack": (
        ("document =", "nick = 1\ndocument ="),
        "key 'nick': unknown; known are amendment, conflict, criterion, d",
    ),
    "missing name": (('name = "small"\n', ""), "key 'name': missing"),
    "missing files": (('files = ["Small.Dockerfile", "images/*/Dockerfile"]\n', ""), "key 'files': missing"),
    "files of a wrong type": (
        ('files = ["Small.Dockerfile", "images/*/Dockerfile"]', 'files = "*"'),
        "key 'files': e",
    ),
    "no rules": ((RULE, ""), "key 'rule': missing"),
    "rules that are no tables": ((SECTION + RULE, "rule = 1\n" + SECTION), "key 'rule': expected [[rule]] tables, not"),
    "specification of a wrong type": (
        ("document =", "specification = 1\ndocument ="),
        "key 'specification': expected true or false",
    ),
    # of a section
    "layer without lines": (("lines = [1, 3]\n", ""), "section 1: key 'lines': missing"),
    "one line": (("lines = [1, 3]", "lines = [1]"), "section 1: key 'lines': expected two line numbers"),
    "line 0": (("lines = [1, 3]", "lines = [0, 3]"), "section 1: key 'lines': expected two line numbers"),
    "true is no line": (("lines = [1, 3]", "lines = [true, 3]"), "section 1: key 'lines': expected two line numbers"),
    "lines backwards": (("lines = [1, 3]", "lines = [3, 1]"), "section 1: key 'lines': line 3 comes after line 1"),
    "unknown key of a section": (("layer = 1", "layer = 1\nlevel = 2"), "section 1: key 'level': unknown; known are"),
    "section number of a wrong type": (('number = "1"', "number = 1"), "section 1: key 'number': expected a string"),
    "a section twice": (
        (SECTION, SECTION + SECTION.replace("layer = 1", "layer = 2")),
        "section 1: key 'number': g",
    ),
    "a layer twice": ((SECTION, SECTION + SECTION.replace('"1"', '"2"')), "section 1: key 'layer': given twice"),
    # of rules among themselves
    "a code twice": ((RULE, RULE + RULE.replace("base-image", "other", 1)), f"{R}: key 'code': given twice"),
    "a name twice": ((RULE, RULE + RULE.replace("SM101", "SM102")), "rule base-image: key 'name': given twice"),
    # of the score and of images
    "a criterion of no rule": (
        (RULE, RULE + '[[criterion]]\nname = "Base"\nby = "rules"\npoints = 1\nrules = ["SM102"]\n'),
        "criterion Base: key 'rules': no rule has the code 'SM102'",
    ),
    "an unknown way to score": (
        (RULE, RULE + '[[criterion]]\nname = "Base"\nby = "luck"\npoints = 1\n'),
        "criterion Base: key 'by': 'luck' is not one of 'rules', 'must',",
    ),
    "an image without a source": (
        (RULE, RULE + '[[image]]\nname = "ubuntu"\nvariables = []\n'),
        "image ubuntu: key 'source': missing",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_pack_is_told_rule_and_key(name: str, tmp_path: Path) -> None:
    (old, new), message = BROKEN[name]
    assert old in PACK
    assert refusal(tmp_path, PACK.replace(old, new, 1)).startswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"name = ", "not valid TOML: Invalid value"),
        (b'name = "a"\nname = "b"\n', "not valid TOML: Cannot overwrite a value"),
        (b"a = " + b"[" * 100_000, "not valid TOML: "),
        (b'name = "\xff"\n', "can't be read: 'utf-8' codec can't decode"),
        (b"# " + b"x" * MAX_BYTES, f"larger than {MAX_BYTES} bytes"),
        (b"", "key 'name': missing"),
    ],
    ids=["cut off", "a key twice", "nested without end", "not UTF-8", "too large", "empty"],
)
def test_a_file_that_is_no_pack(data: bytes, message: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, data).startswith(message)


@pytest.mark.parametrize("name", ["zr5", "", "no/such.toml", "x" * 5000, "\0", "."])
def test_a_pack_that_is_not_there(name: str) -> None:
    with pytest.raises(PackError, match=r"no pack .*: it is neither a file nor one of .*\bzr4\b|can't be read"):
        load_pack(name, KINDS)


def test_a_good_pack_is_read_whole(tmp_path: Path) -> None:
    pack = load(tmp_path, PACK.replace("why =", "fix = \"unsafe\"\ncommands = ['^FROM ubuntu']\nwhy ="))
    assert (pack.name, pack.stage, pack.specification, pack.criteria) == ("small", None, True, ())
    assert pack.sections == (Section("1", "Base", 1, (1, 3)),)
    rule = pack.rules[0]
    assert (rule.check, rule.parameters, rule.commands) == ("base-image", {"image": "ubuntu:22.04"}, ("^FROM ubuntu",))
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
KEYS = ["code", "name", "section", "level", "check", "image", "anywhere", "fix", "commands", "source", "bad", "number"]


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
    message = ""
    try:
        assert isinstance(read_pack(pack, KINDS, "small.toml"), Pack)
    except PackError as error:
        message = str(error)
    assert re.match(r"(small\.toml: (\w+ .*: )?key '|\Z)", message, re.DOTALL)
