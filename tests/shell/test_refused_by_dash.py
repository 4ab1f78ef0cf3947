"""Builtins whose arguments dash refuses, which fails the RUN: zr4lint's answer compared with dash."""

from __future__ import annotations

import pytest

import zr4lint
from tests.shell.shells import run
from zr4lint.shell import Dialect

REFUSED = [
    ("printf -v x a", "printf -v x a"),
    ("printf %q a", "printf %q a"),
    ("export -n LANG", "export -n LANG"),
    ("export -f f", "export -f f"),
    ("export X[0]=1", "export X[0]=1"),
    ("X[0]=1", "X[0]=1"),
    ("X=a; X+=b", "X+=b"),
    ("declare -r X=1", "declare -r X=1"),
    ("typeset -i n=1", "typeset -i n=1"),
    ("local x=1", "local x=1"),
    ("trap - ERR", "trap - ERR"),
    ("wait -n", "wait -n"),
    ("type -P ls", "type -P ls"),
    ("ulimit -Q", "ulimit -Q"),
    ("exec -a name true", "exec -a name true"),
    ("unset -n x", "unset -n x"),
    ("shift", "shift"),
    ("shift 2; :", "shift 2"),
    ("shift 2 || :", "shift 2"),
    ("if shift; then :; fi", "shift"),
    ("set -- a; shift 2; :", "shift 2"),
    ("f() { shift 3; }; f a; :", "shift 3"),
    ("readonly A=1; A=2; :", "A=2"),
    ("readonly A=1; unset A; :", "unset A"),
    ("export 1A=x; :", "export 1A=x"),
    ("export A-B=x; :", "export A-B=x"),
    (": $((1 / 0)); :", ": $((1 / 0))"),
    ("A=$((4 % 0)); :", "A=$((4 % 0))"),
    ("E=; echo ${E:?}; :", "echo ${E:?}"),
    ("kill -SIGCONT $$", "kill -SIGCONT $$"),
    ("eval 'if'; :", "if"),
    ("cat /none/x", "cat /none/x"),
    ("cat < /none/x", "cat"),
    ("exec 3< /none/x; :", "exec"),
    ("test -v HOME", "test -v HOME"),
    ("[ -t 0 ]", "[ -t 0 ]"),
    ("! :", "! :"),
    ("trap 'exit 3' EXIT; :", "exit 3"),
]


def told(script: str) -> list[str]:
    text = f"FROM ubuntu:22.04\nRUN {script}\n"
    findings = zr4lint.lint_text(text, packs="core").findings
    return [text[f.span.start : f.span.end] for f in findings if f.code == "ZL007"]


@pytest.mark.parametrize(("script", "words"), REFUSED)
def test_a_command_that_dash_refuses_is_told_at_its_words(script: str, words: str) -> None:
    assert run(Dialect.DASH, script).code != 0
    assert told(script) == [words]


@pytest.mark.parametrize(
    "script",
    [
        *("printf -- -v", "export -p", "readonly -p", "trap : EXIT", "wait", "type cd", "ulimit -n", "unset -f f"),
        *("set -- a b; shift 2", "f() { shift; }; f a", "readonly A=1; B=2", "A=1; A=2", "eval 'if :; then :; fi'"),
        *(": < /dev/null", "[ ! -t 0 ]", "! false", "trap 'exit 0' EXIT; :"),
        *(": ${X:=1}", ': "${X-}"', "(: &)", "test -n a", "printf %s -v", "exec 3</dev/null", "f() { local x=1; }; f"),
        *("(trap 'exit 1' EXIT; true) || true; :", "cd /etc; cp -l hosts /tmp/hosts; cp -b -f hosts hosts || :"),
    ],
)
def test_what_dash_takes_is_not_told(script: str) -> None:
    assert run(Dialect.DASH, script).code == 0
    assert told(script) == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("printf -v x a && touch /a", "`printf -v x a` always fails, so the RUN fails"),
        ("cat /none/x && touch /a", "`/none/x` does not exist"),
        ("[ -t 0 ]", "this test is false, so the RUN fails"),
        ("test a == a", "dash's `test` has no `==`"),
        ("bash -c 'test a == b'", "this test is false, so the RUN fails"),
        ("bash -c '[[ a == b ]]'", "this test is false, so the RUN fails"),
    ],
)
def test_the_message_says_what_fails(script: str, message: str) -> None:
    text = f"FROM ubuntu:22.04\nRUN {script}\n"
    assert [f.message for f in zr4lint.lint_text(text, packs="core").findings if f.code == "ZL007"] == [message]


@pytest.mark.parametrize("script", ["readonly V=1; export V=2; :", "readonly X=1; f() { local X=2; }; f; :"])
def test_bash_goes_on_after_a_declaration_that_fails(script: str) -> None:
    assert run(Dialect.BASH, script).code == 0
    text = f'FROM ubuntu:22.04\nSHELL ["/bin/bash", "-c"]\nRUN {script}\n'
    assert [f for f in zr4lint.lint_text(text, packs="core").findings if f.code == "ZL007"] == []


@pytest.mark.parametrize(
    ("image", "script", "words"),
    [
        ("debian:12", "git clonee https://x.org/y", ["clonee"]),
        ("debian:12", "git chekcout v1", ["chekcout"]),
        *(("debian:12", f"git {name} a", []) for name in ("merge-base", "rerere", "flow", "info", "init-db", "secret")),
        ("debian:12", "cp /etc/hosts /etc/hosts", ["/etc/hosts"]),
        *(("debian:12", f"cp {option} /etc/hosts /etc/hosts", []) for option in ("-l", "--backup", "-b", "-s")),
        ("ubuntu:22.04", "apt-get distclean", ["apt-get distclean"]),
        ("nvidia/cuda:12.4.1-devel-ubuntu22.04", "apt-get distclean", ["apt-get distclean"]),
        ("ghcr.io/ghostbusters/app:1", "apt-get distclean", []),
        ("debian:trixie", "apt-get distclean", []),
        ("ubuntu:24.04", "set -o pipefail", ["set -o pipefail"]),
        ("ubuntu:25.10", "set -o pipefail", []),
        ("ubuntu", "set -o pipefail", []),
        *((image, "[[ a == a ]] && true", ["[[ a == a ]]"]) for image in ("ubuntu", "debian:13", "python:3.12-slim")),
        ("ubuntu:25.10", "sh -c 'set -o pipefail'", []),
        ("debian:13", "set -o ERR", ["set -o ERR"]),
        *((image, "[[ a == a ]] && true", []) for image in ("alpine", "python:3.12-alpine", "example.org/python:3")),
        ("python:3.12", "pip install -r '/a/*.txt'", ["-r '/a/*.txt'"]),
        ("python:3.12", "pip install -r '/a/b[c].txt'", []),
        ("python:3.12", "pip install uv && uv pip install --system -r /a/b.txt", ["-r /a/b.txt"]),
    ],
)
def test_programs_that_refuse_their_words(image: str, script: str, words: list[str]) -> None:
    text = f"FROM {image}\nRUN {script}\n"
    found = zr4lint.lint_text(text, packs="core").findings
    assert [text[f.span.start : f.span.end] for f in found if f.code == "ZL007"] == words


@pytest.mark.parametrize("script", ["bash -c 'test a == a'", "kill -0 $$; echo a", "kill -s 0 $$", "kill -l"])
def test_what_succeeds_is_not_told(script: str) -> None:
    text = f"FROM ubuntu:22.04\nRUN {script}\n"
    assert [f.message for f in zr4lint.lint_text(text, packs="core").findings if f.code == "ZL007"] == []


def test_a_file_without_an_image_has_no_old_apt() -> None:
    assert {f.code for f in zr4lint.lint_text("RUN apt-get distclean\n", packs="core").findings} == {"ZC128"}
