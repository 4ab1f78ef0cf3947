"""Which commands run: zr4lint's answer compared with dash and bash."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shell.shells import run
from zr4lint.model.source import MappedText
from zr4lint.shell import Dialect, Reach, parse_script

DIALECTS = (Dialect.DASH, Dialect.BASH)
MARK = "say"


def said(script: str, dialect: Dialect) -> set[str]:
    """Return the numbers that `say` prints when a shell runs a script; `say` is a function defined before it."""
    done = run(dialect, f'say() {{ echo "said $1" >&2; }}; {script}')
    return {line.split()[1] for line in done.errors.splitlines() if line.startswith("said ")}


def expected(script: str, dialect: Dialect) -> dict[str, set[Reach]]:
    """Return the reach of each `say` by its number; a `say` in a loop has several."""
    found: dict[str, set[Reach]] = {}
    for command in parse_script(MappedText.join([(script, 0)]), dialect=dialect, arguments=()).commands:
        words = [word.literal for word in command.words]
        if words[:1] == [MARK] and len(words) > 1 and words[1] is not None:
            found.setdefault(words[1], set()).add(command.reach)
    return found


def disagreements(script: str, dialect: Dialect) -> list[str]:
    """Return where the answer and the shell differ; a command that may run matches both."""
    ran = said(script, dialect)
    wrong: list[str] = []
    for number, reaches in expected(script, dialect).items():
        if Reach.ALWAYS in reaches and number not in ran:
            wrong.append(f"say {number} always runs, but did not in {dialect.name}")
        if reaches == {Reach.NEVER} and number in ran:
            wrong.append(f"say {number} never runs, but did in {dialect.name}")
    return wrong


CASES = [
    # Bashisms
    "[ a == b ] && say 1; say 2",
    "[ a == a ] && say 1; say 2",
    "declare X=1 && say 1; say 2",
    "[[ a == a ]] && say 1 || say 2",
    "((1)) && say 1; say 2",
    "((0)) && say 1; say 2",
    "let X=1 || say 1",
    "X=ab; [ ${X/a/b} = bb ] && say 1; say 2",
    "X=abc; say ${X:1}; say 2",
    "source ./x; say 1",
    "function f { say 1; }; f; say 2",
    "X=(1 2); say 1",
    "say 1 <(say 2); say 3",
    "for x in {1,2}; do [ $x = 1 ] && say 1; done; say 2",
    "[ $'a' = a ] && say 1; say 2",
    "say 1 transformers<5; say 2",
    # Conditions that are known
    'ON=0; if [ "$ON" = 1 ]; then say 1; else say 2; fi',
    "ON=; [ $ON = 1 ] && say 1; say 2",
    "case ${ON:-no} in yes) say 1;; n*) say 2;; *) say 3;; esac",
    "L=C.UTF-8; [ ${L%.*} = C ] && say 1; [ ${L##*.} = UTF-8 ] && say 2; [ ${#L} -eq 7 ] && say 3",
    'A=xaybz; [ "${A#*a}" = ybz ] && say 1; [ "${A%%b*}" = xay ] && say 2; [ "${A##*a}" = x ] && say 3',
    "X=1; [ $((X + 2 * 3)) -gt 6 ] && say 1; [ $((7 / -2)) = -3 ] && say 2; [ $((X == 2)) = 0 ] && say 3",
    ": ${V:=x}; [ $V = x ] && say 1; say 2",
    'test ! a = b && say 1; [ a = a -a b = c ] && say 2; [ "" -o x ] && say 3; [ x ] && say 4; [ "" ] || say 5',
    "X=a; (X=b); [ $X = a ] && say 1; { X=c; }; [ $X = c ] && say 2",
    "X=a; unset X; [ -z $X ] && say 1",
    "X=$(false) || say 1; X=$(true) && say 2; export Y=$(false) && say 3",
    "! { true; } && say 1; ! { false; } && say 2; if ! { :; }; then say 3; else say 4; fi",
    "! if true; then false; fi && say 1; while ! { true; }; do say 2; done; say 3",
    '[ -e "" ] && say 1; X=; [ "${X+a}" = a ] && say 2; unset X; [ "${X+a}" = a ] && say 3; say 4',
    "true() { false; }; unset -f true; true && say 1",
    "f() { local x=1; say $x; }; x=2; f; [ $x = 2 ] && say 2; [ $x = 1 ] && say 3",
    "x=3; : $((x += 2)); [ $x -eq 5 ] && say 1",
    "a=1 b=2; [ x/$a/$b.c = x/1/2.c ] && say 1; [ $a.$b.$a = 1.2.1 ] && say 2; [ $a$b = 12 ] && say 3",
    'a=1 b=2; [ "$a"/$b.c = 1/2.c ] && say 1; [ ${a}x/$b.c = 1x/2.c ] && say 2; [ x$((1))/$b.c = x1/2.c ] && say 3',
    "alias say=:\nsay 1\nunalias say\nsay 2",
    "alias true=false; true && say 1",
    "kill -CHLD $$; say 1; kill -s WINCH $$; say 2",
    "readonly A=1; A=2 true; say 1",
    'E=; (: "${E:?}"; say 1); say 2',
    # Jumps
    "for x in 1 2 3; do [ $x = 2 ] && break; say $x; done; say 9",
    "for x in 1 2 3; do if [ $x = 2 ]; then continue; fi; say $x; done; say 9",
    "while true; do say 1; break; say 2; done; say 3",
    "until false; do say 1; break; done; say 2",
    "f() { say 1; return; say 2; }; f; say 3",
    "return; say 1",
    "set -e; return; say 1",
    "(return; say 1); say 2",
    "f() { (return; say 1); say 2; }; f",
    "f() { return 1; }; f && say 1 || say 2",
    "f() { return $1; }; f 0 && say 1; f 3 || say 2",
    "(exit 1) && say 1; (exit 0) && say 2; say 3",
    "set -e; false; say 1",
    "set -e; false || say 1; if false; then say 2; fi; ! true; say 3; (false); say 4",
    "set -e; f() { false; say 1; }; f || say 2",
    "set -e; true && false; say 1",
    "set -e; false && true; say 1",
    "set -e; set +e; false; say 1",
    "trap 'say 1' EXIT; say 2",
    "set -n; say 1",
    "break; say 1; continue && say 2; say 3",
    "f() { break; say 1; }; for x in 1 2; do f; say 2; done",
    "for x in 1; do eval break; say 1; done; for x in 1; do (break; say 2); say 3; done",
    "false & wait $! && say 1; true & wait $! && say 2; (exit 3) & wait \"$!\" || say 3; false & wait && say 4",
    # Refused
    "shift 2; say 1",
    "shift 2 || say 1; say 2",
    "f() { shift 2; say 1; }; f a; say 2",
    "f() { shift; say $1; }; f 6 7; say 2",
    "readonly A=1; A=2; say 1",
    "printf -v x a && say 1; say 2",
    "X[0]=1 && say 1; say 2",
    "X=a; X+=b && say 1; say 2",
    "trap - ERR && say 1; say 2",
    "unset -n x; say 1",
    "local x=1; say 1",
    "export -n X; say 1",
    "eval 'if' || say 1; say 2",
    "[ -t 0 ] && say 1; say 2",
    "for x; do say 1; done; say 2",
    '[ "$1" ] && say 1; [ $# -gt 0 ] || say 2; say ${1:-3}',
    "(say 1 & wait); say 2",
    "{ say 1 & wait; }; say 2",
    "! { say 1; false; } && say 2",
    "trap 'exit 3' EXIT; say 1",
    "command set -o none || say 1; command . ./none || say 2; say 3",
    "unset NONE; set -u; for x in $NONE; do say 1; done; say 2",
    # Words
    'r() { n=$1; shift; say $n; "$@"; }; r 1 say 2',
    'r() { for i in 1 2 3; do "$@" && return 0; done; return 1; }; r say 1 && say 2',
    'f() { say "$1"; say $2; say $#; }; f 7 8',
    'set -- 4 5; say $1; shift; say $1; for x; do say 6; done',
    "X='4 5'; for x in $X; do [ $x = 5 ] && say 1; done",
    "eval 'say 1; false' && say 2; eval say 3",
    "for x in; do say 1; done; say 2",
    "for x in \"\"; do say 1; done; say 2",
    ": \"$(say 1)\" `say 2`; say 3",
    "X=1 say 1; say 2",
    "case a in [ab]) say 1;; *) say 2;; esac; case 'a b' in 'a b') say 3;; esac",
    "if false; then say 1; elif true; then say 2; else say 3; fi",
    "! false && say 1; ! true || say 2",
    "true || say 1 && say 2; false && say 3 || say 4",
    "say 1 | { say 2; false; } && say 3; say 4",
]  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
@pytest.mark.parametrize("script", CASES)
def test_known_scripts_run_as_the_shells_run_them(script: str, dialect: Dialect) -> None:
    assert disagreements(script, dialect) == []


@pytest.mark.parametrize(
    ("script", "number"),
    [
        ('ON=0; if [ "$ON" = 1 ]; then say 1; fi', "1"),
        ("case ${ON:-no} in yes) say 1;; esac", "1"),
        ("[ a == b ] && say 1", "1"),
        ("set -e; false; say 1", "1"),
        ("for x in 1 2; do break; say 1; done", "1"),
    ],
)
def test_what_can_be_decided_is_decided(script: str, number: str) -> None:
    assert expected(script, Dialect.DASH)[number] == {Reach.NEVER}


simple = st.sampled_from(
    [
        *("true", "false", ":", "X=a", "X=b", "X=", "Y=$X", "say N", "say N", "say N", "[ $X = a ]", '[ "$X" = b ]'),
        *('[ -n "$X" ]', "[ a = a ]", "[ a != a ]", "test 1 -lt 2", "exit 0", "exit 1", "return", "set -e", "set +e"),
        *("f", "f a", "break", "continue", 'X="$1"', "[ $# -gt 0 ]", "X=$((1 + 1))", ": ${X:=a}", "unset X", "shift"),
    ]
)


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(inner, min_size=1, max_size=3)
    joined = st.tuples(lists, st.sampled_from(["; ", " && ", " || "])).map(lambda p: p[1].join(p[0]))
    pairs = st.tuples(joined, joined, joined)
    return st.one_of(
        joined,
        joined.map("({})".format),
        joined.map("{{ {}; }}".format),
        pairs.map(lambda p: f"if {p[0]}; then {p[1]}; else {p[2]}; fi"),
        pairs.map(lambda p: f"if {p[0]}; then {p[1]}; elif {p[2]}; then {p[1]}; fi"),
        joined.map("for X in a b; do {}; done".format),
        pairs.map(lambda p: f'case "$X" in a) {p[0]};; b|c) {p[1]};; *) {p[2]};; esac'),
        joined.map("while {}; do break; done".format),
        joined.map("f() {{ {}; }}".format),
        joined.map("eval '{}'".format),
        joined.map("Y=$({})".format),
        simple.map("! {}".format),
    )


def numbered(script: str) -> str:
    """Return a script whose `say` commands have different numbers."""
    parts = script.split("say N")
    return "".join(f"{part}say {number}" for number, part in enumerate(parts[:-1])) + parts[-1]


scripts = st.lists(st.recursive(simple, compound, max_leaves=12), min_size=1, max_size=4).map(
    lambda parts: numbered("; ".join(parts))
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(scripts, st.sampled_from(DIALECTS))
def test_any_script_runs_as_the_shells_run_it(script: str, dialect: Dialect) -> None:
    if script.count("f()") > 1 or ("f" in script.split() and "f()" in script):
        return  # a function that calls itself runs forever
    assert disagreements(script, dialect) == []
