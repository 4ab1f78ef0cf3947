"""Input that is too large to follow: one finding, little cost, and unknown results after it."""

from __future__ import annotations

import time

import pytest

import zr4lint
from zr4lint.dockerfile import parse
from zr4lint.facts import Ran, Removed, UserSet, Written, gather
from zr4lint.model.budgets import (
    ALIASED_COMMANDS,
    ALIASES,
    APPENDED_TEXT,
    COMMANDS,
    COMMANDS_OF_A_SCRIPT,
    COPIED_WORDS,
    FUNCTIONS,
    INSTRUCTIONS,
    JOINED_LENGTH,
    MARKS,
    PIPES,
    REPEATED_COMMANDS,
    WORDS_OF_A_COMMAND,
)
from zr4lint.model.deadline import Deadline, TimeUpError
from zr4lint.model.source import MappedText, SourceFile, Span
from zr4lint.shell import Dialect, ParsedScript, parse_script


def read(script: str, dialect: Dialect = Dialect.BASH) -> ParsedScript:
    return parse_script(MappedText.join([(script, 0)]), dialect=dialect)


def nested(loops: int) -> str:
    heads = "".join(f"for v{n} in 0 1 2 3 4 5 6 7 8 9; do " for n in range(loops))
    return heads + "x; " + "done; " * loops


WORDS_TOLD = f"a script is not followed beyond {WORDS_OF_A_COMMAND:,} words of a command"
CALLS = "f0() { x; }; " + "".join(f"f{n}() {{ " + f"f{n - 1}; " * 8 + "}; " for n in range(1, 5)) + "f4"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("A=xx" + "; A=$A$A" * 40, f"a value is not followed beyond {JOINED_LENGTH} characters"),
        (nested(7), f"a loop is not followed beyond {REPEATED_COMMANDS} repeated commands"),
        (CALLS, f"a function's call is not followed beyond {REPEATED_COMMANDS} repeated commands"),
        ("for x in " + "a " * 100 + "; do x; done", "a loop is not followed beyond 64 rounds"),
        (
            "set -- a b; " + 'set -- "$@" "$@"; ' * 40 + 'apt-get install "$@"',
            f"`$@` is not followed beyond {COPIED_WORDS} words",
        ),
        ("x; " * (COMMANDS_OF_A_SCRIPT - 2) + "x" + " y" * WORDS_OF_A_COMMAND, WORDS_TOLD),
        ("x; " * (COMMANDS_OF_A_SCRIPT + 1), f"a script is not followed beyond {COMMANDS_OF_A_SCRIPT:,} commands"),
        ("{ " * 70 + "x" + "; }" * 70, "a command is not followed beyond 60 levels of nesting"),
    ],
)
def test_a_script_over_a_budget_is_told(script: str, message: str) -> None:
    found = read(script)
    assert {remark.message for remark in found.remarks} == {message}
    assert len(found.commands) <= max(3 * REPEATED_COMMANDS, COMMANDS_OF_A_SCRIPT)


@pytest.mark.parametrize(
    ("piece", "most", "what"),
    [("a|", PIPES, "pipes"), ("f()", FUNCTIONS, "functions"), ("a=[ ", MARKS, "quotes and brackets")],
)
def test_what_a_tree_grows_with_is_counted_before_it_is_made(piece: str, most: int, what: str) -> None:
    remarks = [read(piece * times + "a").remarks for times in (most // 10, most + 1)]
    message = f"a script is not followed beyond {most:,} {what}"
    assert [message in [remark.message for remark in each] for each in remarks] == [False, True]


def test_a_value_over_its_budget_is_told_once_in_a_file() -> None:
    text = "FROM ubuntu:22.04\nENV A=aaaaaaaaaaaaaaaa\n" + "ENV A=$A$A\n" * 27
    (finding,) = [f for f in zr4lint.lint_text(text).findings if f.code == "ZL005"]
    assert finding.message == f"a value is not followed beyond {JOINED_LENGTH} characters"
    assert zr4lint.Severity.INFO is finding.severity


@pytest.mark.parametrize(("times", "told"), [(100, 0), (300, 1)])
def test_a_file_is_added_to_up_to_a_budget(times: int, told: int) -> None:
    facts = gather(parse(SourceFile("FROM a\nRUN echo x > /f" + "; echo x >> /f" * times + "\nRUN echo y >> /f\n")))
    message = f"what is added to files is not followed beyond {APPENDED_TEXT} characters"
    assert [remark.message for remark in facts.remarks] == [message] * told
    texts = [fact.text.text for fact in facts.of(Written, [0])]
    assert (texts[-1] == "x\n" * (times + 1) + "y\n") is (told == 0)
    assert sum(map(len, texts)) < APPENDED_TEXT


def test_a_value_is_shared_by_the_words_that_it_fills() -> None:
    value = "a" * 2 * JOINED_LENGTH
    facts = gather(
        parse(SourceFile(f'FROM a\nENV A={value}\nWORKDIR /b\nUSER $A\nUSER "$A"\nUSER x$A\nRUN x $A b$A\n'))
    )
    first, second, joined = (user.user for user in facts.of(UserSet, [0]))
    assert first is not None
    assert first == value
    assert first is second
    assert joined is None
    (ran,) = facts.of(Ran, [0])
    assert [argument.value for argument in ran.arguments[1:]] == [value, None]


@pytest.mark.parametrize(("length", "known"), [(JOINED_LENGTH, True), (JOINED_LENGTH + 1, False)])
def test_what_variables_print_is_followed_to_its_budget(length: int, known: bool) -> None:
    text = f"FROM ubuntu:22.04\nENV A={'a' * length}\nRUN echo $A > /f\n"
    assert bool(gather(parse(SourceFile(text))).of(Written, [0])) is known


@pytest.mark.slow
def test_the_commands_of_a_file_are_followed_to_their_budget() -> None:
    text = "FROM a\n" + f"RUN {'x; ' * COMMANDS_OF_A_SCRIPT}\n" * 3 + "RUN touch /f\n"
    facts = gather(parse(SourceFile(text)))
    assert [r.message for r in facts.remarks] == [f"a file is not followed beyond {COMMANDS:,} commands"]
    assert {ran.program for ran in facts.of(Ran, [0])} == {"x"}


@pytest.mark.slow
def test_a_file_that_reads_itself_ends() -> None:
    script = "".join("echo '. /f' >> /f; . /f; " for _ in range(500))
    start = time.process_time()
    facts = gather(parse(SourceFile(f"FROM ubuntu:22.04\nRUN {script}\n")))
    assert time.process_time() - start < 20
    assert any("repeated commands" in remark.message for remark in facts.remarks)


def test_words_are_copied_up_to_their_budget() -> None:
    *_, last = read("set -- a b; " + 'set -- "$@" "$@"; ' * 3 + 'apt-get install "$@"').commands
    assert len(last.words) == 2 + 2 * 2**3


@pytest.mark.slow
@pytest.mark.parametrize("tail", ["", "RUN touch /f\n# End\n"])
def test_the_instructions_of_a_file_are_read_to_their_budget(tail: str) -> None:
    head = "FROM a\n" + "ARG A\n" * (INSTRUCTIONS - 1)
    facts = gather(parse(SourceFile(head + tail)))
    told = [(f"a file is not followed beyond {INSTRUCTIONS:,} instructions", Span(len(head), len(head + tail)))]
    assert [(remark.message, remark.span) for remark in facts.remarks] == (told if tail else [])
    assert len(facts.dockerfile.instructions) == INSTRUCTIONS
    assert "".join(piece.span.of(head + tail) for piece in facts.dockerfile.pieces) == head + tail


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["))", ">@(", "$[=(", "a=(>", "|||", "$(", "(", "`"])
def test_what_the_shell_refuses_is_not_parsed_to_its_end(piece: str) -> None:
    for dialect in Dialect:
        assert len(read(piece * 24_000, dialect).commands) < 10


@pytest.mark.slow
def test_long_scripts_are_read_in_full() -> None:
    assert len(read("x && " * (COMMANDS_OF_A_SCRIPT - 1) + "y").commands) == COMMANDS_OF_A_SCRIPT
    assert len(read("echo x >> /f && " * 250 + "y").commands) == 251


@pytest.mark.parametrize("script", ["echo $²", "[ 1 -eq " + "9" * 5_000 + " ] && a", "echo $((" + "9" * 5_000 + "))"])
def test_odd_numbers_are_unknown(script: str) -> None:
    assert read(script).commands


def test_a_deadline_ends_the_reading() -> None:
    dockerfile = parse(SourceFile("FROM a\n" + "RUN a && b\n" * 10))
    assert gather(dockerfile, deadline=Deadline(60)).facts
    with pytest.raises(TimeUpError):
        gather(dockerfile, deadline=Deadline(-1))


def chained(length: int, times: int) -> str:
    """Return aliases of git, each of which calls the next one; the last removes a file."""
    made = [(f"a{n}", "; ".join([f"git a{n + 1}"] * times)) for n in range(length - 1)]
    made.append((f"a{length - 1}", "rm /x"))
    return " && ".join(f"git config --global alias.{name} '!{script}'" for name, script in made) + " && git a0"


MANY, DEEP = f"{ALIASED_COMMANDS} commands", f"{ALIASES} levels"


@pytest.mark.parametrize(
    ("script", "removals", "told"),
    [
        (chained(ALIASES, 1), 1, []),
        (chained(ALIASES + 1, 1), 0, [DEEP]),
        (chained(4, 4), 4**3, []),
        (chained(2, ALIASED_COMMANDS // 20) + " && git a0" * 9, ALIASED_COMMANDS // 2, []),
        (chained(2, ALIASED_COMMANDS // 20) + " && git a0" * 10, ALIASED_COMMANDS // 2, [MANY]),
        (chained(12, 2), None, [MANY]),
        ("git config --global alias.s '!git s; rm /x' && git s", 1, []),
        ("git config --global alias.s '!git t' && git config --global alias.t '!git s; rm /x' && git s", 1, []),
    ],
)
def test_aliases_of_git_are_followed_to_their_budgets(script: str, removals: int | None, told: list[str]) -> None:
    found = gather(parse(SourceFile(f"FROM image\nRUN {script}\n")))
    assert removals in (None, len(found.of(Removed, {0})))
    remarks = [remark.message for remark in found.remarks]
    assert {*remarks} == {f"an alias of git is not followed beyond {limit}" for limit in told}
