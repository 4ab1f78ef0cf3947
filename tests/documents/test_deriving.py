"""`zr4lint pack derive`: a golden file meets its own pack, and edits of it do not."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.documents.support import FIXTURES, found, pack_of
from tests.inprocess import call
from tests.mutations.mutations import load
from zr4lint.documents.deriving.derivation import derive
from zr4lint.documents.deriving.pack_writing import write
from zr4lint.model.finding import Severity
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.documents.deriving.demand import Pins

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = FIXTURES / "golden.Dockerfile"
FILES = [
    GOLDEN,
    ROOT / "docker" / "Dockerfile.zr4",
    ROOT / "fixtures" / "second-spec" / "Dockerfile",
    ROOT / "fixtures" / "flat-spec" / "relay.Dockerfile",
    ROOT / "fixtures" / "fixing" / "prd-after.Dockerfile.zr4",
]
EDITS = tomllib.loads((FIXTURES / "golden-edits.toml").read_text())["edit"]


def frozen(text: str, pins: Pins = "exact", *, layout: bool = False) -> str:
    return write(derive(SourceFile(text, "golden/Dockerfile"), pins, layout=layout))


@pytest.mark.slow
@pytest.mark.parametrize("layout", [False, True])
@pytest.mark.parametrize("pins", ["exact", "minor", "none"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_meets_its_own_pack(path: Path, pins: Pins, layout: bool) -> None:
    source = SourceFile.decode(path.read_bytes(), path.name)
    text = write(derive(source, pins, layout=layout))
    assert [f"{f.name}: {f.message}" for f in found(source.text, pack_of(text))] == []


@pytest.mark.slow
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit["replace"][1][:40])
def test_edits_are_noticed(edit: dict[str, Any]) -> None:
    text = GOLDEN.read_text()
    old, new = edit["replace"]
    assert text.count(old) == 1
    edited = text.replace(old, new)
    findings = found(edited, pack_of(frozen(text)))
    assert bool(findings) == bool(edit["message"]), [finding.message for finding in findings]
    if edit["message"]:
        fitting = [finding for finding in findings if finding.message == edit["message"]]
        assert fitting, [finding.message for finding in findings]
        assert edit.get("words") in (None, fitting[0].span.of(edited))


def test_rules_name_their_lines_in_the_order_of_the_file() -> None:
    rules = tomllib.loads(frozen(GOLDEN.read_text()))["rule"]
    errors = [int(rule["source"].partition(":")[2]) for rule in rules if rule["level"] == "error"]
    assert errors == sorted(errors)
    packages = next(rule for rule in rules if rule["check"] == "python-packages")
    assert packages["packages"] == ["requests==2.32.3"]
    assert packages["source"] == "Dockerfile:22"


@pytest.mark.parametrize(
    ("pins", "image", "package"),
    [
        ("exact", "python:3.12.4-slim", "a==1.2.3"),
        ("minor", "python:3.12*-slim*", "a==1.2.*"),
        ("none", "python*", "a"),
    ],
)
def test_pins(pins: Pins, image: str, package: str) -> None:
    text = "FROM python:3.12.4-slim\nRUN pip install --no-cache-dir a==1.2.3\n"
    rules = {rule["check"]: rule for rule in tomllib.loads(frozen(text, pins))["rule"]}
    assert rules["base-image" if pins == "exact" else "built-on"].get("image", image) == image
    assert rules["python-packages"]["packages"] == [package]
    newer = text.replace("3.12.4", "3.12.9").replace("1.2.3", "1.2.9")
    assert bool(found(newer, pack_of(frozen(text, pins)))) == (pins == "exact")


def test_layout_is_held_where_it_is_asked_for() -> None:
    text = GOLDEN.read_text()
    moved = text.replace("USER relay\n", "\nUSER relay\n")
    assert found(moved, pack_of(frozen(text))) == []
    names = {finding.name.rpartition("-")[0] for finding in found(moved, pack_of(frozen(text, layout=True)))}
    assert {"line-count", "layer-lines", "last-instruction"} <= names


def test_words_that_no_rule_holds_are_listed() -> None:
    text = "FROM debian:12\nRUN apt-get update && apt-get install -y gcc && apt-get purge -y gcc\n"
    pack = frozen(text)
    assert "# line 2: gcc" in pack
    assert "gcc" not in str(tomllib.loads(pack)["rule"])


def test_a_text_is_held_in_whichever_way_it_is_written() -> None:
    text = "FROM debian:12\nRUN printf '%s\\n' a b > /etc/list\n"
    pack = pack_of(frozen(text))
    assert [rule.check for rule in pack.rules] == ["base-image", "file-text"]
    assert found(text.replace("printf '%s\\n' a b", "printf 'a\\nb\\n'"), pack) == []
    assert [f.message for f in found(text.replace("a b", "a c"), pack)] == [
        "`/etc/list` does not have the specified text"
    ]


def test_a_pack_steers_no_log() -> None:
    """Commands of build servers and invisible characters are escaped, and the pack means the same."""
    steering = "##[error]a\u3164b\u202e"
    text = frozen(f"FROM debian:12\nENV A='{steering}'\nRUN ##vso[task]x && echo '{steering}' > /x\n")
    assert not any(mark in text for mark in ("##[", "##vso[", "\u3164", "\u202e"))
    assert {"A": steering} in [rule.get("variables") for rule in tomllib.loads(text)["rule"]]


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nUSER www-data\n")
    done = call("pack", "derive", "Dockerfile", "-o", "golden.toml", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, "", "golden.toml: 2 rules\n")
    again = call("--pack", "golden.toml", "Dockerfile", cwd=tmp_path)
    assert again.code == 0


def test_a_file_that_buildkit_refuses(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nRNU true\n")
    done = call("pack", "derive", "Dockerfile", cwd=tmp_path)
    assert done.code == 2
    assert "Dockerfile:2: " in done.err


@pytest.mark.thorough
def test_the_mutation_suite() -> None:
    golden = (ROOT / "fixtures" / "mutations" / "Dockerfile.zr4").read_text()
    pack = pack_of(frozen(golden, layout=True))
    noticed = {edit: bool(found(edit.text, pack)) for edit in load("breaking")}
    earlier = [found for edit, found in noticed.items() if "fifth-round" not in edit.source]
    assert sum(earlier) >= 0.95 * len(earlier)
    assert sum(noticed.values()) >= 0.95 * len(noticed)
    plain = pack_of(frozen(golden))
    wrong = {
        edit.name for edit in load("keeping") if any(f.severity is Severity.ERROR for f in found(edit.text, plain))
    }
    assert wrong <= {"mmcv-in-two-requirements"}
