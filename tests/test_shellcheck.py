"""ShellCheck on RUN: its input, how often it starts, and the selection of its findings."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

import zr4lint
from zr4lint.app.run import Request, run
from zr4lint.checks import KINDS
from zr4lint.dockerfile import parse
from zr4lint.facts import gather
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Linter
from zr4lint.model.budgets import CHECKED_LENGTH
from zr4lint.model.finding import Severity
from zr4lint.model.source import SourceFile
from zr4lint.packs.loading import load_pack
from zr4lint.packs.parameter_settings import configure
from zr4lint.shellcheck import program, running
from zr4lint.shellcheck.running import check_scripts
from zr4lint.shellcheck.scripts import RunScript, scripts_of

if TYPE_CHECKING:
    from pathlib import Path

UNQUOTED = "FROM debian:12\nRUN rm -rf $A/b\n"


@pytest.fixture(autouse=True)
def _started() -> Iterator[None]:
    program.switched_off = False
    yield
    program.switched_off = True


def scripts(text: str) -> list[RunScript]:
    return [*scripts_of(gather(parse(SourceFile.decode(text.encode(), "Dockerfile"))), "sh")]


def codes(text: str, **options: Any) -> list[str]:
    report = zr4lint.lint_text(text, packs="core", options=LintOptions(**options))
    return [f.code for f in report.findings if f.code.startswith("SC") and not f.suppressed]


@pytest.mark.parametrize(
    ("run", "script"),
    [
        ("echo $A", "echo $A"),
        ("--network=none echo $A", "echo $A"),
        ("a \\\n  && echo $A", "a \\\n  && echo $A"),
        ("a \\  \n  && echo $A", "a   \\\n  && echo $A"),
        ("a \\\r\n  && echo $A", "a  \\\n  && echo $A"),
        ("a \\\n# it's\n\n  && echo $A", f"a \\\n{' ' * 10}&& echo $A"),
        ("<<EOF\n\techo $A # it's\nEOF", "\techo $A # it's\n"),
    ],
)
def test_a_script_has_each_character_where_the_file_has_it(run: str, script: str) -> None:
    text = f"FROM debian:12\nRUN {run}\n"
    (found,) = scripts(text)
    assert found.text == script
    assert text[found.start :].startswith(found.text[0])
    at = found.text.index("$A")
    assert text[found.start + at :].startswith("$A")


@pytest.mark.parametrize(
    ("image", "shell", "first"),
    [
        ("debian:12", "", "#!/bin/dash"),
        ("alpine:3.22", "", "#!/bin/busybox sh"),
        ("fedora:42", "", "#!/bin/bash"),
        ("example.com/team/base:1", "", "#!/bin/sh"),
        ("alpine:3.22", 'SHELL ["/bin/bash", "-c"]\n', "#!/bin/bash"),
    ],
)
def test_the_dialect_is_that_of_shell_and_image(image: str, shell: str, first: str) -> None:
    (found,) = scripts(f"FROM {image}\n{shell}RUN echo $A\n")
    assert found.head.splitlines()[0] == first


def test_known_values_are_exported_and_others_declared() -> None:
    (found,) = scripts('FROM debian:12\nARG OTHER\nENV A="it\'s"\nRUN echo $A $OTHER\n')
    assert found.head.splitlines()[1] == "export A='it'\\''s' OTHER"
    assert codes("FROM debian:12\nENV A=b\nRUN echo $A\n") == []


def test_the_names_that_may_be_misspelled_are_compared_to_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def nearest(word: str, known: Iterable[str]) -> str | None:
        asked.append(word)
        return "TOKEN" if word == "TOKEM" else None

    monkeypatch.setattr("zr4lint.shellcheck.scripts.nearest", nearest)
    names = " ".join(f"$N{n} $N{n}" for n in range(90))
    texts = scripts(f"FROM debian\nENV TOKEN=a\nRUN echo $TOKEM {names}\nRUN echo {names}\n")
    assert [text.head.count("TOKEN") for text in texts] == [1, 0]
    assert len(asked) == 100


@pytest.mark.parametrize(
    "script", ["apt-get update && apt-get install -y curl", "ln -s /a /b && mkdir -p /m && cp a b"]
)
def test_a_script_without_anything_to_say_of_is_not_asked_for(script: str) -> None:
    assert scripts(f"FROM debian:12\nRUN {script}\n") == []


@pytest.mark.parametrize(("script", "code"), [("mkdir -p -m 770 /a/b", "SC2174"), ("ln -s /a && b", "SC2226")])
def test_plain_words_that_there_is_something_to_say_of(script: str, code: str) -> None:
    assert codes(f"FROM debian:12\nRUN {script}\n") == [code]


def test_many_scripts_are_one_process_and_each_text_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    start = subprocess.Popen

    def counted(*args: Any, **keys: Any) -> Any:
        started.append(args[0])
        return start(*args, **keys)

    monkeypatch.setattr(subprocess, "Popen", counted)
    wanted = [f"#!/bin/sh\necho $counted_{number}\n" for number in range(12)]
    found = check_scripts([*wanted, wanted[0]])
    assert len(started) == 1
    assert all(2086 in {comment.code for comment in found[script] or ()} for script in wanted)
    assert check_scripts(wanted) == found
    assert len(started) == 1


@pytest.mark.thorough
@pytest.mark.skipif(os.name != "posix", reason="the processor time of a process is bounded on POSIX alone")
def test_a_script_that_takes_long_costs_the_others_nothing() -> None:
    slow = "#!/bin/sh\necho " + '"$(' * 3_000 + "a" + ')"' * 3_000 + "\n"
    quick = [f"#!/bin/sh\necho $beside_{number}\n" for number in range(6)]
    found = check_scripts([*quick[:3], slow, *quick[3:]])
    assert found[slow] is None
    assert all(2086 in {comment.code for comment in found[script] or ()} for script in quick)


def test_a_script_that_is_not_checked_is_told() -> None:
    commands = "echo $LONG; " * (CHECKED_LENGTH // 12 + 1)
    text = f"FROM debian:12\nRUN {commands}\nRUN echo $SHORT\n"
    report = zr4lint.lint_text(text, packs="core", options=LintOptions(select=("shellcheck", "SC2086")))
    assert [(f.code, f.line, f.column, f.severity, f.message) for f in report.findings] == [
        ("ZC617", 2, 5, Severity.INFO, "ShellCheck did not check this script"),
        ("SC2086", 3, 10, Severity.INFO, "Double quote to prevent globbing and word splitting"),
    ]


BOMB = "L='a b'; " + 'L="$L $L"; ' * 40 + "for x in $L; do apt-get install $x; done"


@pytest.mark.slow
def test_a_script_that_takes_all_memory_costs_no_other_its_comments() -> None:
    good = [f"#!/bin/sh\nrm -rf $A/{number}\n" for number in range(3)]
    answers = check_scripts([*good, f"#!/bin/sh\n{BOMB}\n"])
    assert [bool(answers[script]) for script in good] == [True] * 3
    assert answers[f"#!/bin/sh\n{BOMB}\n"] is None


def test_codes_are_selected_ignored_and_overridden_like_others() -> None:
    assert codes(UNQUOTED) == ["SC2086"]
    assert codes(UNQUOTED, select=("SC2086",)) == ["SC2086"]
    assert codes(UNQUOTED, select=("SC",)) == ["SC2086"]
    assert codes(UNQUOTED, select=("SC2046",)) == []
    assert codes(UNQUOTED, ignore=("SC20",)) == []
    report = zr4lint.lint_text(
        UNQUOTED, packs="core", options=LintOptions(select=("SC",), severity=(("SC2086", Severity.ERROR),))
    )
    assert [f.severity for f in report.findings] == [Severity.ERROR]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("chmod =rx,u+w /a", []),
        ("chmod -R =rX /a", []),
        ("A =1", ["SC2283"]),
        ("pushd() { echo; }; pushd && echo", []),
        ("if a; then pushd /a || exit; fi", ["SC3044"]),
        ('eval "$(a)"; b "$made"', []),
        ('a "$made"; medieval "$(b)"', ["SC2154"]),
    ],
)
def test_modes_are_no_assignments_and_functions_no_builtins(script: str, expected: list[str]) -> None:
    found = codes(f"FROM debian:12\nRUN {script}\n")
    assert [code for code in found if code in ("SC2154", "SC2283", "SC3044")] == expected


def test_a_comment_suppresses_a_code() -> None:
    commented = UNQUOTED.replace("RUN", "# zr4lint: ignore[SC2086] No file has a blank.\nRUN")
    report = zr4lint.lint_text(commented, packs="core", options=LintOptions(select=("SC", "ZL")))
    assert [(f.code, f.suppressed) for f in report.findings] == [("SC2086", True)]


def test_the_setting_turns_it_off() -> None:
    pack = configure(load_pack("core", KINDS), {"shellcheck": False})
    report = Linter([pack], LintOptions(select=("SC",))).lint(SourceFile.decode(UNQUOTED.encode(), "Dockerfile")).report
    assert report.findings == ()


def test_without_the_program_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "executable", lambda: None)
    assert codes(UNQUOTED) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_over_many_files_asks_once_a_process_and_tells_the_same(tmp_path: Path, jobs: int) -> None:
    for number in range(6):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "Dockerfile").write_text(f"FROM debian:12\nRUN rm -rf $RUN_{number}/b\n")
    request = Request(paths=(str(tmp_path),), isolated=True, jobs=jobs)
    together = run(request)
    alone = [run(Request(paths=(str(tmp_path / str(n) / "Dockerfile"),), isolated=True, jobs=1)) for n in range(6)]
    found = [[(f.code, f.line, f.column) for f in report.findings] for report in together.report.files]
    assert found == [[(f.code, f.line, f.column) for f in one.report.files[0].findings] for one in alone]
    assert all("SC2086" in {code for code, *_ in codes} for codes in found)


def test_a_run_over_many_files_starts_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    asked = running._asked

    def counted(program: str, wanted: Sequence[str], seconds: float) -> Any:
        started.append(wanted)
        return asked(program, wanted, seconds)

    monkeypatch.setattr(running, "_asked", counted)
    for number in range(6):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "Dockerfile").write_text(f"FROM debian:12\nRUN rm -rf $ONCE_{number}/b\n")
    run(Request(paths=(str(tmp_path),), isolated=True, jobs=1))
    assert [len(scripts) for scripts in started] == [6]
