"""Fixes of scripts that the shell can't parse, and of commands that fail; dash runs the result."""

from __future__ import annotations

import shutil
import subprocess

import pytest

import zr4lint
from tests.support import buildkit

DASH = shutil.which("dash")
COMMIT = "002f2bedd6e4f6a0f7436ab7ce2fb8021483904c"


def told(script: str, code: str) -> list[tuple[str, str]]:
    text = f"FROM ubuntu:22.04\nRUN {script}\n"
    findings = zr4lint.lint_text(text, packs="core").findings
    return [(text[f.span.start : f.span.end], f.message) for f in findings if f.code == code]


def fixed(script: str, *, unsafe: bool = True) -> str:
    text = zr4lint.fix_text(f"FROM ubuntu:22.04\nRUN {script}\n", packs="core", unsafe=unsafe).text
    return text.partition("RUN ")[2].strip()


REFUSED = [
    ("touch /a ;; true", "touch /a && true"),
    ("touch /a &&;", "touch /a"),
    ("touch /a && fi", "touch /a"),
    ("touch /a)", "touch /a"),
    ("touch /a >", "touch /a"),
    ("|| touch /a", "touch /a"),
    ("{ touch /a }", "{ touch /a; }"),
    ("f() { touch /a; f", "f() { touch /a; f; }"),
    ("if true; touch /a; fi", "if true; then touch /a; fi"),
    ("while true; do touch /a; break;", "while true; do touch /a; break; done"),
    ("for i in a b do touch /$i; done", "for i in a b; do touch /$i; done"),
    ("case x in x) touch /a", "case x in x) touch /a ;; esac"),
    ("until touch /a; done", "until touch /a; do :; done"),
    ('echo "${HOME"', 'echo "${HOME}"'),
    ("touch /a && f()", "touch /a"),
    ("touch /a && elif true; then :; fi", "touch /a"),
    ("touch /a && ls !(a)", "touch /a"),
]


@pytest.mark.parametrize(("script", "expected"), REFUSED)
def test_a_small_change_lets_the_shell_parse_it(script: str, expected: str) -> None:
    assert len(told(script, "ZL006")) == 1
    assert fixed(script) == expected
    assert fixed(script, unsafe=False) == script


@pytest.mark.skipif(DASH is None, reason="asks dash")
@pytest.mark.parametrize(("script", "expected"), REFUSED)
def test_dash_agrees(script: str, expected: str) -> None:
    def status(text: str) -> int:
        return subprocess.run([DASH or "dash", "-nc", text], capture_output=True, check=False).returncode

    assert (status(script) != 0, status(expected)) == (True, 0)


def test_what_no_small_change_mends_has_no_fix() -> None:
    assert fixed("if true; else; fi") == "if true; else; fi"


@pytest.mark.parametrize(
    ("script", "words", "message", "expected"),
    [
        ("touch /a && exit 3", "exit 3", "`exit 3` fails the RUN", "touch /a"),
        ("touch /a && ! true", "! true", "`! true` always fails, so the RUN fails", "touch /a"),
        ("touch /a && exec false", "exec false", "`exec false` always fails, so the RUN fails", None),
        ("touch /a && sh -c 'exit 3'", "exit 3", "`exit 3` always fails, so the RUN fails", None),
        ("touch /a && eval false", "false", "`false` always fails, so the RUN fails", None),
        ("f() { return 2; }; f", "return 2", "`return 2` always fails, so the RUN fails", None),
        ("touch /a && [ -x /a", "[ -x /a", "`[` has no `]`", "touch /a"),
        ("touch /a && [[ -f /b ]]", "[[ -f /b ]]", "dash has no command `[[`", "touch /a"),
        ("touch /a && echo x${HOME^^}", "${HOME^^}", "dash does not support `${HOME^^}`", "touch /a"),
        ("touch /a && rm --dry /a", "--dry", "rm does not accept `--dry`", "touch /a && rm /a"),
        ("git -C /a chekout b", "chekout", "git has no command `chekout`", "git -C /a checkout b"),
        ("git chekout b", "chekout", "git has no command `chekout`", "git checkout b"),
        (
            f"git switch {COMMIT}",
            COMMIT,
            "`git switch` takes no commit without `--detach`",
            f"git switch --detach {COMMIT}",
        ),
        ("apt-get frobnicate git", "frobnicate", "apt-get does not accept `frobnicate` here", None),
        ("apt-get update -y install git", "install", "apt-get does not accept `install` here", None),
    ],
)
def test_a_command_that_fails_is_told_and_taken_out(
    script: str, words: str, message: str, expected: str | None
) -> None:
    assert told(script, "ZL007") == [(words, message)]
    if expected is not None:
        assert fixed(script) == expected
        assert fixed(script, unsafe=False) == script


@pytest.mark.parametrize(
    "script",
    [
        "! false",
        "touch /a && ! { true && false; }",
        "sh -c 'exit 3' || true",
        "f() { false; return 0; }; f",
        "rm --recurs --for /a",
        "apt-get $(cat /a) git",
        "exec 3>&1; true",
        "set -u; echo ${A:-b}",
        "set -u; A=1 B=$A; echo $B",
        "set -u; A=1 B=$A env",
        'set -u; a=A; eval "$a=1"; echo $A',
        "set -u; b=${A:=1}; echo $A",
        'set -u; [ "${A:=1}" = 1 ]; echo $A',
        'set -u; case "${A:=1}" in 1) ;; esac; echo $A',
        "set -u; for b in ${A:=1}; do echo $A; done",
        "set -u; echo a > ${A:=/b}; echo $A",
        "set -u; b=$((A=1)); echo $A",
        'set -u; f() { : "${A:=1}"; }; f; echo $A',
    ],
)
def test_what_succeeds_is_no_error(script: str) -> None:
    assert told(script, "ZL007") == []


@pytest.mark.parametrize("rest", [" && touch /a", " || true", "; touch /a", " ]"])
def test_a_test_in_front_is_an_array_to_buildkit(rest: str) -> None:
    script = f'[ "$LANG" ]{rest}'
    (run,) = [one for one in buildkit.parse(f"FROM a\nRUN {script}\n") if one.cmd.lower() == "run"]
    assert (run.json, run.value) == (True, ["$LANG"])
    words, message = told(script, "ZL007")[0]
    assert words == '[ "$LANG" ]'
    assert message == 'BuildKit reads `[ "$LANG" ]` as the exec form and ignores the rest'


@pytest.mark.parametrize("script", ['["touch", "/a"]', '["touch", "/a"] # why', "[ -d /tmp ] && touch /a"])
def test_an_array_alone_and_a_test_with_an_operator_are_taken(script: str) -> None:
    assert told(script, "ZL007") == []
