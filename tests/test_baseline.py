"""Baselines: findings in the baseline pass, new findings fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.inprocess import call
from tests.test_cli import LEVELS, codes, complaint, save, zr4lint

if TYPE_CHECKING:
    from pathlib import Path

ARGS = ("--pack", "levels.toml", "--format", "concise")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    save(tmp_path / "levels.toml", LEVELS)
    save(tmp_path / "Dockerfile.levels", "FROM scratch\nENV SHOULD=1 COULD=1\n")
    return tmp_path


def written(here: Path) -> bytes:
    done = call(*ARGS, "--write-baseline", "old.json", cwd=here)
    assert (done.code, done.err, codes(done)) == (0, "", [])
    return (here / "old.json").read_bytes()


def test_what_was_found_passes(here: Path) -> None:
    assert call(*ARGS, cwd=here).code == 1
    text = written(here)
    assert text == written(here)
    assert [f["code"] for f in json.loads(text)["findings"]] == ["LV0001"]
    done = zr4lint(*ARGS, "--baseline", "old.json", cwd=here)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == "No findings, 2 of 3 requirements met (1 accepted)."


def test_what_is_new_does_not(here: Path) -> None:
    written(here)
    save(here / "Dockerfile.levels", "# moved\n\nFROM scratch\nENV COULD=1\n")
    done = call(*ARGS, "--baseline", "old.json", "--fail-on", "warning", cwd=here)
    assert (done.code, done.err, codes(done)) == (1, "", ["LV0002"])


def test_what_is_gone_is_stale(here: Path) -> None:
    written(here)
    save(here / "Dockerfile.levels", "FROM scratch\nENV MUST=1 SHOULD=1 COULD=1\n")
    done = call(*ARGS, "--baseline", "old.json", cwd=here)
    expected = "zr4lint: old.json: 1 entry is stale (LV0001 in Dockerfile.levels); --write-baseline removes them\n"
    assert (done.code, done.err) == (0, expected)
    assert call(*ARGS, "--baseline", "old.json", "--ignore", "must", cwd=here).err == ""
    (here / "Dockerfile.levels").rename(here / "b.levels")
    assert call(*ARGS, "--baseline", "old.json", "b.levels", cwd=here).err == expected


def test_a_file_that_was_not_linted_is_not_stale(here: Path) -> None:
    written(here)
    save(here / "other", "FROM scratch\nENV MUST=1 SHOULD=1 COULD=1\n")
    assert call(*ARGS, "--baseline", "old.json", "other", cwd=here).err == ""


def test_what_a_comment_suppresses_is_not_written(here: Path) -> None:
    save(here / "Dockerfile.levels", "# zr4lint: ignore[must] Why.\nFROM scratch\nENV COULD=1\n")
    assert [f["code"] for f in json.loads(written(here))["findings"]] == ["LV0002"]


def test_both_at_once_renew_it(here: Path) -> None:
    before = written(here)
    args = (*ARGS, "--baseline", "old.json", "--write-baseline", "old.json")
    assert call(*args, cwd=here).code == 0
    assert (here / "old.json").read_bytes() == before


def test_nothing_is_written_where_a_file_can_not_be_linted(here: Path) -> None:
    assert call(*ARGS, "--write-baseline", "old.json", ".", "gone", cwd=here).code == 2
    assert not (here / "old.json").exists()


def test_sarif_says_external(here: Path) -> None:
    written(here)
    done = call("--pack", "levels.toml", "--format", "sarif", "--baseline", "old.json", cwd=here)
    (result,) = json.loads(done.out)["runs"][0]["results"]
    assert result["suppressions"][0]["kind"] == "external"


def test_what_is_in_the_baseline_is_not_fixed(tmp_path: Path) -> None:
    file = save(tmp_path / "Dockerfile.zr4", "FROM scratch\nMAINTAINER me\nRUN apt-get install git\n")
    call("--write-baseline", "old.json", cwd=tmp_path)
    call("--fix", "--unsafe-fixes", "--baseline", "old.json", cwd=tmp_path)
    assert file.read_text() == "FROM scratch\nMAINTAINER me\nRUN apt-get install git\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "old.json: not a baseline: "),
        (b"\xff", "old.json: not a baseline: "),
        (b"[" * 100_000, "old.json: not a baseline: "),
        (b"[]", "old.json: not a baseline: it has no list of findings"),
        (b'{"version": 2, "findings": []}', "old.json: a baseline of version 2; known is 1"),
        (b'{"version": 1, "findings": [1]}', "old.json: finding 1: expected an object"),
        (b'{"version": 1, "findings": [{"fingerprint": 1}]}', "finding 1: key `fingerprint`: expected a string"),
    ],
)
def test_what_is_no_baseline(here: Path, data: bytes, words: str) -> None:
    (here / "old.json").write_bytes(data)
    assert words in complaint(call(*ARGS, "--baseline", "old.json", cwd=here))


def test_what_can_not_be_read_or_written(here: Path) -> None:
    assert "gone.json: can't be read: No such file" in complaint(call(*ARGS, "--baseline", "gone.json", cwd=here))
    assert "gone/x: can't be written: " in complaint(call(*ARGS, "--write-baseline", "gone/x", cwd=here))
