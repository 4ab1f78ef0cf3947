"""Which commands run whenever another one does: zr4lint's answer compared with dash and bash."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shell.shells import run
from tests.shell.test_reach_as_shells_have_it import DIALECTS, compound, numbered
from zr4lint.model.source import MappedText
from zr4lint.shell import Command, Dialect, Reach, parse_script

UNKNOWN = ("U", "V")


def certain(script: str, dialect: Dialect) -> set[tuple[str, str]]:
    """Return pairs of numbers: if a successful script prints the first, it also prints the second."""
    text = MappedText.join([(script, 0)])
    parsed = parse_script(text, dialect=dialect, variables=dict.fromkeys(UNKNOWN), fails_the_run=True)
    said = [command for command in parsed.commands if number(command)]
    pairs = {
        (number(first), number(second))
        for index, first in enumerate(said)
        for second in said[index + 1 :]
        if second.reach is Reach.ALWAYS or (second.guard and first.guard[: len(second.guard)] == second.guard)
    }
    return {(first, second) for first, second in pairs if first != second}


def number(command: Command) -> str:
    """Return the number of `say N`, or "" for other commands and those that never run."""
    words = [word.literal or "" for word in command.words]
    return words[1] if words[:1] == ["say"] and len(words) == 2 and command.reach is not Reach.NEVER else ""


def broken(script: str, dialect: Dialect) -> list[str]:
    """Return the pairs that a shell contradicts, for each of the deciding values."""
    found = []
    for values in product(("", "x"), repeat=len(UNKNOWN)):
        given_values = "; ".join(f"{name}={value}" for name, value in zip(UNKNOWN, values, strict=True))
        done = run(dialect, f'{given_values}; say() {{ echo "said $1" >&2; }}; {script}')
        said = {line.split()[1] for line in done.errors.splitlines() if line.startswith("said ")}
        if done.code == 0:
            wrong = (pair for pair in certain(script, dialect) if pair[0] in said and pair[1] not in said)
            found += [f"{pair} with {given_values}" for pair in wrong]
    return found


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
@pytest.mark.parametrize(
    ("script", "pair"),
    [
        ('if [ "$U" ]; then say 1; say 2; fi', True),
        ('if [ "$U" ]; then say 1; if [ "$V" ]; then say 2; fi; fi', False),
        ('if [ "$U" ]; then if [ "$V" ]; then say 1; fi; say 2; fi', True),
        ('if [ "$U" ]; then say 1; fi; if [ "$U" ]; then say 2; fi', False),
        ('if [ "$U" ]; then say 1; else say 2; fi', False),
        ('case "$U" in x) say 1; say 2;; esac', True),
        ('case "$U" in x) say 1;; *) say 2;; esac', False),
        ('[ "$U" ] && say 1 && say 2; true', True),
        ('[ "$U" ] && say 1 && [ "$V" ] && say 2; true', False),
        ('[ "$U" ] || { say 1; say 2; }', True),
        ('say 1 && [ "$U" ] && say 2', True),
        ('say 1 && [ "$U" ] && say 2; true', False),
        ('say 1 && [ "$U" ] && say 2 || true', False),
        ('say 1 && [ "$U" ] && say 2 || exit 1', True),
        ('say 1 && [ "$U" ] && say 2 || echo false', False),
        ('say 1 && [ "$U" ] && say 2 || echo exit 1', False),
        ('say 1 && [ "$U" ] && say 2 || { [ "$V" ] || exit 1; }', False),
        ('say 1 && [ "$U" ] && say 2 || { [ "$V" ] && exit 1; }', False),
        ('say 1 && [ "$U" ] && say 2 || { echo no; exit 1; }', True),
        ('say 1 && [ "$U" ] && say 2 || { echo no; exit 1; } >&2', True),
        ('say 1 && [ "$U" ] && say 2 || ( echo no; false )', True),
        ('say 1 && [ "$U" ] && say 2 || ( exit 1 & )', False),
        ('say 1 && [ "$U" ] && say 2 || exit', True),
        ('say 1 && [ "$U" ] && say 2 || exit $?', True),
        ('say 1 && [ "$U" ] && say 2 || { exit; }', True),
        ('say 1 && [ "$U" ] && say 2 || { echo no; exit; }', False),
        ('say 1 && [ "$U" ] && say 2 || { echo no; exit $?; }', False),
        ('say 1 && [ "$U" ] && say 2 || exit 256', False),
        ('say 1 && [ "$U" ] && say 2 || exit 2 >&2', True),
        ('say 1 && [ "$U" ] && say 2 || exit "3"', True),
        ('say 1 && [ "$U" ] && say 2 || ! false', False),
        ('say 1 && [ "$U" ] && say 2 || { false; }', True),
        ('say 1 && [ "$U" ] && say 2 || { false; echo no; }', False),
        ('if [ "$U" ]; then say 1 && [ "$V" ] && say 2; fi', True),
        ('if [ "$U" ]; then say 1 && [ "$V" ] && say 2; fi; true', False),
        ('( say 1; [ "$U" ] && say 2 )', True),
        ('! { say 1; [ "$U" ] && say 2; }', False),
        ('say 1; [ "$U" ] && say 2 &', False),
        ('say 1; for x in a b; do [ "$U" ] && say 2; done', False),
        ('f() { [ "$U" ] && say 2; }; say 1; f; true', False),
        ('trap "exit 0" EXIT; say 1; [ "$U" ] && say 2', False),
    ],
)
def test_what_follows_from_what(script: str, pair: bool, dialect: Dialect) -> None:
    assert (("1", "2") in certain(script, dialect)) is pair
    assert broken(script, dialect) == []


simple = st.sampled_from(
    [
        *('[ "$U" ]', '[ "$V" ]', '[ -n "$U" ]', '[ "$U" = x ]', "true", "false", "exit 0", "exit 1", "set -e"),
        *("say N", "say N", "say N", "say N", "say N", "break", "exit 1", "U=x", "U="),
    ]
)
scripts = st.lists(st.recursive(simple, compound, max_leaves=10), min_size=1, max_size=3).map(
    lambda parts: numbered("; ".join(parts))
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(scripts, st.sampled_from(DIALECTS))
def test_any_pair_is_borne_out(script: str, dialect: Dialect) -> None:
    if script.count("f()") > 1 or ("f" in script.split() and "f()" in script):
        return  # a function that calls itself runs forever
    assert broken(script, dialect) == []
