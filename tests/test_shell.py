"""Shell text as commands: which ones run, in which shell, with which words, at which place."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.ending import ends
from zr4lint.model.source import MappedText
from zr4lint.shell import Command, Reach, expand, expand_all, parse_script

NEVER, MAYBE, ALWAYS = "never", "maybe", "always"


def parse(script: str) -> tuple[Command, ...]:
    return parse_script(MappedText.join([(script, 0)])).commands


def argv(command: Command) -> str:
    return " ".join(word.literal if word.literal is not None else word.text.text for word in command.words)


def reached(script: str) -> dict[str, str]:
    """Return the reach of each command; for a command that is recorded more than once, the last one."""
    return {argv(c): c.reach.name.lower() for c in parse(script) if c.words}


@pytest.mark.parametrize(
    ("script", "reach"),
    [
        # lists
        ("a; b", {"a": ALWAYS, "b": ALWAYS}),
        ("a && b", {"a": ALWAYS, "b": ALWAYS}),
        ("a || b", {"a": ALWAYS, "b": MAYBE}),
        ("a || b; c", {"a": ALWAYS, "b": MAYBE, "c": ALWAYS}),
        ("a || b && c", {"a": ALWAYS, "b": MAYBE, "c": ALWAYS}),
        ("a && b || c", {"a": ALWAYS, "b": ALWAYS, "c": MAYBE}),
        ("true && a", {"true": ALWAYS, "a": ALWAYS}),
        ("true || a", {"true": ALWAYS, "a": NEVER}),
        ("false && a", {"false": ALWAYS, "a": NEVER}),
        ("false && a; b", {"false": ALWAYS, "a": NEVER, "b": ALWAYS}),
        ("false || a", {"false": ALWAYS, "a": ALWAYS}),
        (": || a", {":": ALWAYS, "a": NEVER}),
        ("false && a || b", {"false": ALWAYS, "a": NEVER, "b": ALWAYS}),
        ("set -e\na\nb", {"set -e": ALWAYS, "a": ALWAYS, "b": ALWAYS}),
        # the end of a script
        ("exit 0; a", {"exit 0": ALWAYS, "a": NEVER}),
        ("exit && a", {"exit": ALWAYS, "a": NEVER}),
        ("a || exit 1; b", {"a": ALWAYS, "exit 1": MAYBE, "b": ALWAYS}),
        ("a || exit 0; b", {"a": ALWAYS, "exit 0": MAYBE, "b": MAYBE}),
        ("exec a; b", {"a": ALWAYS, "b": NEVER}),
        ("(exit 0); a", {"exit 0": ALWAYS, "a": ALWAYS}),
        ("set -n; a", {"set -n": ALWAYS, "a": NEVER}),
        # branches
        ("if a; then b; else c; fi; d", {"a": ALWAYS, "b": MAYBE, "c": MAYBE, "d": ALWAYS}),
        ("if true; then a; else b; fi", {"true": ALWAYS, "a": ALWAYS, "b": NEVER}),
        ("if false; then a; elif b; then c; fi", {"false": ALWAYS, "a": NEVER, "b": ALWAYS, "c": MAYBE}),
        ("if ! true; then a; else b; fi", {"true": ALWAYS, "a": NEVER, "b": ALWAYS}),
        ("if a; then exit 0; fi; b", {"a": ALWAYS, "exit 0": MAYBE, "b": MAYBE}),
        ("if [ 1 = 2 ]; then a; else b; fi", {"a": NEVER, "b": ALWAYS}),
        ("[ -n x ] && a", {"a": ALWAYS}),
        ("test $X = 1 && a", {"test $X = 1": ALWAYS, "a": MAYBE}),
        ("[[ a == a ]] && b", {"b": ALWAYS}),
        ("case x in x) a;; y) b;; esac", {"a": ALWAYS, "b": NEVER}),
        ("case x in y) a;; *) b;; esac", {"a": NEVER, "b": ALWAYS}),
        ("case $X in y) a;; *) b;; esac", {"a": MAYBE, "b": MAYBE}),
        # loops
        ("while a; do b; done", {"a": ALWAYS, "b": MAYBE}),
        ("while false; do a; done", {"false": ALWAYS, "a": NEVER}),
        ("for x in *; do a; done", {"a": ALWAYS}),
        ("for x in $L; do a; done", {"a": MAYBE}),
        ("for x in 1 2; do a; done", {"a": ALWAYS}),
        # others
        ("a &", {"a": NEVER}),
        ("a & wait", {"a": ALWAYS, "wait": ALWAYS}),
        ("a & b", {"a": MAYBE, "b": ALWAYS}),
        ("a | b", {"a": ALWAYS, "b": ALWAYS}),
        ("{ a; b; } && c", {"a": ALWAYS, "b": ALWAYS, "c": ALWAYS}),
        ("f() { a; }; b", {"b": ALWAYS}),
        ("f() { a; }; f", {"a": ALWAYS}),
        ("f() { a; }; x || f", {"x": ALWAYS, "a": MAYBE}),
        ("echo x > /tmp/x || a", {"echo x": ALWAYS, "a": NEVER}),
        ("echo x > /dev/null || a", {"echo x": ALWAYS, "a": NEVER}),
        ("echo x > /etc/x.list || a", {"echo x": ALWAYS, "a": MAYBE}),
        ("echo x > /dev/tcp/h/80 || a", {"echo x": ALWAYS, "a": MAYBE}),
        ("# a\nb # c", {"b": ALWAYS}),
        ("", {}),
        ("   \n", {}),
    ],
)  # fmt: skip
def test_reach(script: str, reach: Mapping[str, str]) -> None:
    found = reached(script)
    assert {name: found.get(name) for name in reach} == reach
    assert {name for name in found if not name.startswith(("[", "test"))} <= set(reach)


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("sh -c 'a && b'", ["a", "b"]),
        ("bash -euxo pipefail -c 'a'", ["a"]),
        ("bash -lc \"a b\"", ["a b"]),
        ("bash -O extglob -O globstar -c 'a b'", ["a b"]),
        ("bash -O extglob -c 'rm !(a|b)'", ["bash -O extglob -c rm !(a|b)"]),
        ("a b == c =~ d", ["a b == c =~ d"]),
        ("/bin/sh -e -c 'sh -c \"a\"'", ["a"]),
        ("eval 'a b'", ["a b"]),
        ("eval a b", ["a b"]),
        ("sudo -E -u root a", ["a"]),
        ("env -i X=1 Y=2 a b", ["a b"]),
        ("timeout -k 5 10 a", ["a"]),
        ("nice -n 5 nohup a", ["a"]),
        ("command -p a", ["a"]),
        ("command -v a", ["command -v a"]),
        ("exec sh -c a", ["a"]),
        ("bash <<EOF\na\nb\nEOF", ["a", "b"]),
        ("cat <<EOF\na\nEOF", ["cat"]),
        ("sh -n -c a", ["sh -n -c a"]),
        ("sh script.sh -c a", ["sh script.sh -c a"]),
        ("echo 'a && b'", ["echo a && b"]),
        ("echo \"a; b\" '| c'", ["echo a; b | c"]),
    ],
)  # fmt: skip
def test_scripts_in_scripts(script: str, commands: list[str]) -> None:
    assert [argv(c) for c in parse(script)] == commands
    assert all(c.reach is Reach.ALWAYS for c in parse(script))


@pytest.mark.parametrize(
    ("script", "depths"),
    [
        ("a; b", [0, 0]),
        ("(a); b", [1, 0]),
        ("(a; (b))", [1, 2]),
        ("{ a; }", [0]),
        ("a | b", [1, 1]),
        ("sh -c a", [1]),
        ("eval a", [0]),
        ("sh -c '(a)'", [2]),
        ("if a; then (b); fi", [0, 1]),
    ],
)
def test_scopes(script: str, depths: list[int]) -> None:
    assert [len(c.scope) for c in parse(script)] == depths


def test_two_subshells_are_two_scopes() -> None:
    first, second, third = parse("(a; b); (c)")
    assert first.scope == second.scope != third.scope
    assert len({c.scope for c in parse("a | b | c")}) == 3


@pytest.mark.parametrize(
    ("script", "operators"),
    [
        ("a && b || c", ["", "&&", "||"]),
        ("a; b", ["", ";"]),
        ("a\nb", ["", ";"]),
        ("a | b", ["", "|"]),
        ("a && { b; c; }", ["", "&&", ";"]),
        ("a && (b)", ["", "&&"]),
    ],
)
def test_operators(script: str, operators: list[str]) -> None:
    assert [c.operator for c in parse(script)] == operators


# Words


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("a 'b c' \"d e\"", ["a", "b c", "d e"]),
        (r"a b\ c", ["a", "b c"]),
        ("a b'c'\"d\"e", ["a", "bcde"]),
        ("a ''", ["a", ""]),
        ('a "b\\"c"', ["a", 'b"c']),
        ("a 'b\\c'", ["a", "b\\c"]),
        ('a "b\\c"', ["a", "b\\c"]),
        ("a \\\n  b", ["a", "b"]),
        ('a "b\\\nc"', ["a", "bc"]),
        ("a --b=c -d", ["a", "--b=c", "-d"]),
        ("a b>=1", ["a", "b"]),
        ("a 'b>=1'", ["a", "b>=1"]),
        ("a b #c", ["a", "b"]),
        ("a b#c", ["a", "b#c"]),
        ("X=1 a b", ["a", "b"]),
        ("a é '日 本'", ["a", "é", "日 本"]),
    ],
)
def test_words(script: str, words: list[str]) -> None:
    (command,) = parse(script)
    assert [word.literal for word in command.words] == words


@pytest.mark.parametrize(
    ("script", "raw"),
    [
        ("a 'b c' d", ["a", "'b c'", "d"]),
        ("a b'c'\"d\" \\\n e", ["a", "b'c'\"d\"", "e"]),
        ("é 'ü' $X${Y}z", ["é", "'ü'", "$X${Y}z"]),
        ("sh -c 'a \"b c\"'", ["a", '"b c"']),
    ],
)
def test_words_stand_where_they_are_written(script: str, raw: list[str]) -> None:
    (command,) = parse(script)
    assert [word.span.of(script) for word in command.words] == raw


def test_wildcards_count_only_without_quotes() -> None:
    (command,) = parse("rm a* 'b*' \"c*\" d\\* e?[f]")
    assert [word.glob for word in command.words[1:]] == [True, False, False, False, True]


ENV = {"A": "x", "B": "y z", "EMPTY": "", "UNKNOWN": None}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("$A", "x"),
        ("${A}b", "xb"),
        ('"$A"', "x"),
        ("'$A'", "$A"),
        (r"\$A", "$A"),
        ('"a${A}b$A"', "axbx"),
        ("${NOWHERE:-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${A:+d}", "d"),
        ("${UNKNOWN:-d}", None),
        ("$UNKNOWN", None),
        ("$NOWHERE", None),
        ("$(a)", None),
        ("`a`", None),
        ("$((1+1))", "2"),
        ("${A#x}b", "b"),
        ("${A[0]}", None),
    ],
)
def test_expansions(word: str, value: str | None) -> None:
    command = parse(f"a {word}")[-1]
    assert expand(command.words[1], ENV) == value


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("$A", ["x"]),
        ("$B", ["y", "z"]),
        ('"$B"', ["y z"]),
        ("$EMPTY", []),
        ('"$EMPTY"', [""]),
        ("a$EMPTY", ["a"]),
        ("a$B", ["ay", "z"]),
        ("$UNKNOWN", [None]),
        ("$A $UNKNOWN $A", ["x", None, "x"]),
    ],
)
def test_variables_become_arguments(words: str, arguments: list[str | None]) -> None:
    (command,) = parse(f"a {words}")
    assert [a.value for a in expand_all(command.words, ENV)[1:]] == arguments


def test_assignments_and_redirections() -> None:
    script = "X=1 Y='2 3' a >log 2>&1 <in"
    (command,) = parse(script)
    assert [(name, word.literal) for name, word in command.assignments] == [("X", "1"), ("Y", "2 3")]
    shown = [(r.operator, r.target.literal if r.target else None) for r in command.redirections]
    assert shown == [(">", "log"), (">&", "1"), ("<", "in")]
    assert command.redirections[0].span.of(script) == ">log"


def test_a_heredoc_is_what_a_command_reads() -> None:
    script = "cat <<EOF > f && b\n x $y\nEOF\nc"
    first, *rest = parse(script)
    assert first.stdin is not None
    assert first.stdin.text == " x $y\n"
    assert script[first.stdin.offset(0) :].startswith(" x $y")
    assert [argv(c) for c in rest] == ["b", "c"]


def test_a_loop_sets_its_variable() -> None:
    commands = parse("for x in a 'b c'; do run $x; done")
    values = [(name, word.literal) for c in commands for name, word in c.assignments]
    assert values == [("x", "a"), ("x", "b c")]
    assert [argv(c) for c in commands if c.words] == ["run $x", "run $x"]


# Any text

PARTS = [
    "a", "b", " ", "\n", "\\\n", "&&", "||", ";", "|", "&", "(", ")", "{", "}", "'", '"', "`", "$", "$(", "${", "$X",
    "<<E\n", "E\n", "<", ">", "if ", "then ", "fi", "for x in ", "do ", "done", "case x in ", "esac", ";;", "sh -c ",
    "#", "*", "\\", "é", "\x00", "\ud800", "[[ ", " ]]", "((", "))", "f() ", "exit 0", "\t", "\r", "=", "!", "eval ",
]  # fmt: skip
scripts = st.lists(st.sampled_from(PARTS), max_size=25).map("".join)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@example("a <<E\n")
@example("sh -c '")
@example("for x in")
@given(st.one_of(scripts, st.text(max_size=40)))
def test_any_text_can_be_read_and_every_word_stands_in_it(script: str) -> None:
    for command in parse(script):
        assert 0 <= command.span.start <= command.span.end <= len(script)
        for word in command.words:
            assert 0 <= word.span.start <= word.span.end <= len(script)
            for expansion in word.expansions:
                assert 0 <= expansion.start <= expansion.end <= len(word.text.text)
            if "eval" not in script:  # eval adds blanks between its words that are not in the file
                mapped = "".join(script[word.text.offset(i)] for i in range(len(word.text.text)))
                assert mapped == word.text.text


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("abcxyz-/.,é", min_size=1, max_size=8), min_size=1))
def test_plain_words_are_what_they_are(words: list[str]) -> None:
    script = " ".join(words)
    (command,) = parse(script)
    assert [word.span.of(script) for word in command.words] == words


@pytest.mark.parametrize(
    "opening", ["(", "{ ", "$(", "`", "((", "if a; then ", "sh -c '", '"$(', "a | ", "! ", "${x:-"]
)
def test_deep_nesting_does_not_hang(opening: str) -> None:
    with ends():
        parse(opening * 3000 + "a")


@pytest.mark.slow
@pytest.mark.parametrize("operator", ["&&", "||", ";", "|", "\n"])
def test_long_lists_do_not_hang(operator: str) -> None:
    with ends():
        assert len(parse(f" {operator} ".join(["a"] * 1_500))) == 1_500
        assert not parse(f" {operator} ".join(["a"] * 10_001))


def test_balanced_nesting_does_not_hang() -> None:
    with ends():
        parse("(" * 2000 + "a" + ")" * 2000)
        parse("$(" * 2000 + "a" + ")" * 2000)
        parse("{ " * 2000 + "a" + "; }" * 2000)


@pytest.mark.parametrize(
    ("script", "wrappers"),
    [
        ("x a", []),
        ("sudo -u me x a", ["sudo"]),
        ("sudo env A=1 nice -n 5 x a", ["sudo", "env", "nice"]),
        ("sudo sh -c 'time x a'", ["sudo", "sh", "time"]),
        ("echo a | xargs -r x", ["xargs"]),
    ],
)
def test_the_programs_that_run_a_command_stay_visible(script: str, wrappers: list[str]) -> None:
    command = parse(script)[-1]
    assert [word.text.text for word in command.words] == ["x", "a"]
    assert [wrapper.name for wrapper in command.wrappers] == wrappers
    assert [wrapper.span.of(script) for wrapper in command.wrappers] == wrappers


@pytest.mark.parametrize(
    ("script", "places"),
    [
        ("a && b", ["", ""]),
        ("a | b | c", ["0", "1", "2!"]),
        ("a | b && c | d", ["0", "1!", "0", "1!"]),
        ("{ a; b | c; } | d", ["0", "0 0", "0 1!", "1!"]),
        ("(a | b)", ["0", "1!"]),
        ("sh -c 'a; b' | c", ["0", "0", "1!"]),
        ("a <<E | b\nx\nE\n", ["0", "1!"]),
    ],
)
def test_the_places_in_pipelines_are_known(script: str, places: list[str]) -> None:
    commands = parse(script)
    shown = [" ".join(f"{pipe.index}{'!' * pipe.last}" for pipe in command.pipes) for command in commands]
    assert shown == places


def test_pipelines_are_told_apart() -> None:
    commands = parse("a | b; c | d")
    numbers = [command.pipes[0].number for command in commands]
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]
