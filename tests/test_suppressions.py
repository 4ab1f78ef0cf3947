"""Comments that suppress findings: reading, errors in them, and writing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zr4lint
from tests.dockerfile.strategies import dockerfiles
from tests.inprocess import call
from tests.support.buildkit import accepts
from tests.test_cli import CONFORMING, LEVELS, WRONG_TORCH, codes, complaint, save
from zr4lint.app.assignment import load_packs
from zr4lint.linting.pipeline import Linter
from zr4lint.linting.suppressions.insertion import add_suppressions
from zr4lint.model.source import SourceFile
from zr4lint.report import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from zr4lint.model.finding import FileReport

MARK = "# zr4lint: "


@pytest.fixture
def here(tmp_path: Path) -> Path:
    save(tmp_path / "levels.toml", LEVELS)
    return tmp_path


def lint(here: Path, text: str) -> FileReport:
    """Return a report of the pack of three rules; missing things are reported at FROM."""
    return zr4lint.lint_text(text, packs=[str(here / "levels.toml")])


def seen(report: FileReport) -> list[str]:
    return [f.code for f in report.findings if not f.suppressed]


ALL = ["LV0001", "LV0002", "LV0102"]
REST = ["LV0002", "LV0102"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("FROM scratch\n", ALL),
        (MARK + "ignore[LV0001] Why.\nFROM scratch\n", REST),
        (MARK + "ignore[must] Why.\nFROM scratch\n", REST),
        (MARK + "ignore[lv00,could] Why.\nFROM scratch\n", []),
        (MARK + "ignore[ LV0001 , LV0002 ]: Why.\nFROM scratch\n", ["LV0102"]),
        (MARK + "ignore[LV] Why.\n\n# more\n\nFROM scratch\n", []),
        ("#zr4lint:ignore[LV] -- Why.\nFROM scratch\n", []),
        ("  # zr4lint : ignore[LV] Why.\r\nFROM scratch\r\n", []),
        ("FROM \\\n" + MARK + "ignore[LV] Inside.\nscratch\n", []),
        ("FROM scratch\nRUN a \\\n" + MARK + "ignore-file[LV] Anywhere.\n  && b\n", []),
        ("FROM scratch\n" + MARK + "ignore[LV] Too late.\nRUN a\n", [*ALL, "ZL001"]),
        ("FROM scratch\n" + MARK + "ignore[LV] Nothing follows.\n", [*ALL, "ZL001"]),
        ("FROM scratch\nRUN a\n" + MARK + "ignore-file[must] Why.\n", REST),
        ("FROM scratch\nRUN a\n" + MARK + "ignore-stage[must] Why.\n", REST),
        (MARK + "ignore-stage[must] Why.\nARG X\nFROM scratch\n", REST),
        ("FROM a AS a\n" + MARK + "ignore-stage[must] Why.\nFROM scratch\n", REST),
        ("FROM a AS a\n" + MARK + "ignore-stage[must] Why.\nRUN x\nFROM scratch\n", ["ZL001", *ALL]),
        (MARK + "ignore-start[must] Why.\nFROM scratch\n" + MARK + "ignore-end\n", REST),
        (MARK + "ignore-start[must] Why.\nARG X\n" + MARK + "ignore-end[must]\nFROM scratch\n", ["ZL001", *ALL]),
        (MARK + "ignore-start[must] Why.\nFROM scratch\n", ["ZL004", *REST]),
        ("FROM scratch\n" + MARK + "ignore-end\n", [*ALL, "ZL004"]),
        (MARK + "ignore[must]\nFROM scratch\n", ["ZL003", *REST]),
        (MARK + "ignore[must,mist] Why.\nFROM scratch\n", ["ZL002", *REST]),
        (MARK + "ignore[must,ZR0501] Not in use here.\nFROM scratch\n", REST),
        (MARK + "ignore must\nFROM scratch\n", ["ZL004", *ALL]),
        (MARK + "ignore[]\nFROM scratch\n", ["ZL004", *ALL]),
        (MARK + "ignore[must\nFROM scratch\n", ["ZL004", *ALL]),
        (MARK + "ignored[must] Why.\nFROM scratch\n", ["ZL004", *ALL]),
        (MARK + f"ignore[{'must,' * 101}] Why.\nFROM scratch\n", ["ZL004", *ALL]),
        ("# hadolint ignore=DL3006\nFROM scratch\n", ALL),
        ("# check=skip=all\nFROM scratch\n", ALL),
        ("# see zr4lint: ignore[must]\nFROM scratch\n", ALL),
        ("FROM scratch\nRUN <<E\n" + MARK + "ignore-file[LV] In a heredoc.\nE\n", ALL),
        (MARK + "ignore-file[must] Why.\n" + MARK + "ignore[must] Why twice.\nFROM scratch\n", ["ZL001", *REST]),
    ],
)
def test_what_is_suppressed(here: Path, text: str, left: list[str]) -> None:
    report = lint(here, text)
    assert sorted(seen(report)) == sorted(left)
    assert report.conformance == lint(here, text.replace("zr4lint", "someone")).conformance


def test_unknown_rules_get_the_nearest_name(here: Path) -> None:
    report = lint(here, MARK + "ignore[torch-pni] Why.\nFROM scratch\n")
    found = report.findings[0]
    assert (found.message, found.help) == ("no rule has the code or the name `torch-pni`", "Did you mean `torch-pin`?")
    assert report.source.slice(report.findings[0].span) == "torch-pni"


def test_the_exit_code_and_the_counts_leave_them_out_and_the_table_does_not(here: Path) -> None:
    save(here / "Dockerfile", MARK + "ignore[LV] Why.\nFROM scratch\n")
    done = call("--pack", "levels.toml", "Dockerfile", cwd=here)
    assert done.code == 0
    assert "0 of 3 requirements met" in done.out
    assert done.out.endswith("No findings, 0 of 3 requirements met (3 suppressed).\n")


@pytest.mark.parametrize(("args", "expected"), [(["--ignore", "ZL"], []), (["--select", "ZL001"], ["ZL001"])])
def test_findings_on_suppressions_are_selected_as_others(here: Path, args: list[str], expected: list[str]) -> None:
    save(here / "Dockerfile", "FROM scratch\nENV MUST=1 SHOULD=1 COULD=1\n" + MARK + "ignore[must]\nRUN a\n")
    done = call("--pack", "levels.toml", "Dockerfile", "--format", "concise", *args, cwd=here)
    assert codes(done) == expected


def test_use_does_not_depend_on_what_is_selected(here: Path) -> None:
    save(here / "Dockerfile", MARK + "ignore[must] Why.\nFROM scratch\n")
    args = ("--pack", "levels.toml", "Dockerfile", "--format", "concise", "--select", "could,ZL")
    assert codes(call(*args, cwd=here)) == ["LV0102"]


@pytest.mark.parametrize(
    ("before", "args", "after"),
    [
        ("ignore[must] Why.\n", [], ""),
        ("ignore[must,LV0002,ZR0501] Why.\n", [], MARK + "ignore[ZR0501] Why.\n"),
        ("ignore[mist] Why.\n", [], MARK + "ignore[mist] Why.\n"),
        ("ignore[mist] Why.\n", ["--unsafe-fixes"], ""),
        ("ignore-file[must]\n", ["--unsafe-fixes"], ""),
        ("ignore-start[must] Why.\n# zr4lint: ignore-end\n", [], ""),
    ],
)
def test_fixes_take_out_what_is_no_use(here: Path, before: str, args: list[str], after: str) -> None:
    rest = "FROM scratch\nENV MUST=1 SHOULD=1 COULD=1\n"
    file = save(here / "Dockerfile", MARK + before + rest)
    call("--pack", "levels.toml", "Dockerfile", "--fix", *args, cwd=here)
    assert file.read_text() == after + rest


def test_a_comment_that_keeps_a_directive_off_is_not_safely_taken_out(here: Path) -> None:
    text = MARK + "ignore[must] Why.\n# escape=`\nFROM scratch\nENV MUST=1 SHOULD=1 COULD=1\n"
    file = save(here / "Dockerfile", text)
    call("--pack", "levels.toml", "Dockerfile", "--fix", cwd=here)
    assert file.read_text() == text


def test_a_suppressed_finding_is_not_fixed(tmp_path: Path) -> None:
    text = WRONG_TORCH.replace("    torch==2.5.0 \\\n", "    torch==2.5.0 \\\n    " + MARK + "ignore[ZR0501] Trial.\n")
    file = save(tmp_path / "Dockerfile.zr4", text)
    done = call("--fix", "--unsafe-fixes", "--format", "concise", cwd=tmp_path)
    assert "ZR0501" not in done.out
    assert "torch==2.5.0" in file.read_text()


def test_comments_count_as_lines() -> None:
    text = MARK + "ignore-file[ZR0501] Trial.\n" + WRONG_TORCH
    found = seen(zr4lint.lint_text(text, packs="zr4"))
    assert "ZR0501" not in found
    assert {"ZR0101", "ZR1202"} <= set(found)


# Writing


def test_add_ignore_writes_and_passes(here: Path) -> None:
    text = "# syntax=docker/dockerfile:1\r\nARG X\r\n# base\r\nFROM scratch\r\n"
    file = here / "Dockerfile"
    file.write_bytes(text.encode())
    args = ("--pack", "levels.toml", "Dockerfile", "--format", "concise")
    shown = call(*args, "--add-ignore", "On trial.", "--diff", cwd=here)
    assert (shown.code, file.read_bytes()) == (1, text.encode())
    assert "+# zr4lint: ignore[LV0001,LV0002,LV0102] On trial." in shown.out
    done = call(*args, "--add-ignore", "On trial.", cwd=here)
    assert (done.code, done.err) == (0, "")
    line = "# zr4lint: ignore[LV0001,LV0002,LV0102] On trial.\r\n"
    assert file.read_bytes().decode() == text.replace("FROM", line + "FROM")
    assert call(*args, "--add-ignore", "Again.", cwd=here).code == 0
    assert "Again" not in file.read_text()


def test_add_ignore_of_standard_input_and_of_some_rules(here: Path) -> None:
    args = ("--pack", "levels.toml", "-", "--select", "must", "--add-ignore", "Why.")
    done = call(*args, cwd=here, stdin=b"FROM scratch\n")
    assert done.out == MARK + "ignore[LV0001] Why.\nFROM scratch\n"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--add-ignore", "a\nRUN evil"], "--add-ignore: the reason has characters that can't stand in"),
        (["--add-ignore", "\x1b[2J"], "--add-ignore: the reason has characters"),
        (["--add-ignore", "x", "--fix"], "--add-ignore can't be used with --fix"),
        (["--add-ignore"], "--add-ignore"),
    ],
)
def test_what_add_ignore_refuses(here: Path, args: list[str], words: str) -> None:
    file = save(here / "Dockerfile", "FROM scratch\n")
    assert words in complaint(call("--pack", "levels.toml", "Dockerfile", *args, cwd=here))
    assert file.read_text() == "FROM scratch\n"


# Hostile text


HOSTILE = "\x1b[31m ::error::x %0A ]]> <script> [red]x[/red] \"'` | \u202e"


@pytest.mark.parametrize("name", FORMATS)
def test_reasons_are_escaped(here: Path, name: str) -> None:
    text = f"{MARK}ignore[must] {HOSTILE}\n{MARK}ignore[{HOSTILE}] x\n{MARK}{HOSTILE}\nFROM scratch\n"
    (here / "Dockerfile").write_text(text)
    done = call("--pack", "levels.toml", "Dockerfile", "--format", name, cwd=here)
    assert done.err == ""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", done.out)
    if name == "sarif":
        results = json.loads(done.out)["runs"][0]["results"]
        reasons = [s["justification"] for result in results for s in result["suppressions"]]
        assert [" ".join(reason.split()) for reason in reasons] == [" ".join(HOSTILE.split())]


PARTS = [
    "zr4lint",
    ":",
    " ",
    "ignore",
    "-file",
    "-stage",
    "-start",
    "-end",
    "[",
    "]",
    ",",
    "must",
    "LV",
    "x",
    "\\",
    "\n#",
]


@pytest.mark.slow
@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=5))).map("".join))
@settings(max_examples=40)
def test_no_comment_is_too_much(comment: str) -> None:
    for text in (
        f"# zr4lint: {comment}\n{CONFORMING}",
        f"#{comment}\nFROM scratch\nRUN a \\\n# zr4lint:{comment}\n b\n",
    ):
        assert zr4lint.lint_text(text, packs="zr4").findings


@pytest.mark.slow
def test_many_comments_are_read_in_time(here: Path) -> None:
    many = [MARK + line + "\n" for line in ("ignore[mist,x] y", "ignore-start[must,LV] y", "ignore-file[LV0001] y")]
    report = lint(here, "".join(many) * 3000 + "FROM scratch\n")
    assert len(report.findings) > 1000
    assert "ZL005" in {finding.code for finding in report.findings}


@pytest.mark.slow
@given(text=dockerfiles().filter(lambda text: "\0" not in text))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_what_add_ignore_writes_is_read_by_buildkit_as_before(text: str) -> None:
    linted = Linter(load_packs(["zr4"])).lint(SourceFile(text, "Dockerfile"))
    if accepts(text):
        assert accepts(add_suppressions(linted.dockerfile, linted.report, "On trial.").text)
