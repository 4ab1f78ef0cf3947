"""Stages that build on one another: the cost grows with the length of the file, and facts past a limit are unknown."""

from __future__ import annotations

import zr4lint
from tests.dockerfile.strategies import KEYWORDS
from zr4lint.dockerfile import parse
from zr4lint.dockerfile.values import WordSplitter, long_words
from zr4lint.facts import Facts, gather
from zr4lint.facts.history import histories_of
from zr4lint.model.budgets import HISTORIES, INSTRUCTIONS, STAGES_OF_A_CHAIN
from zr4lint.model.source import SourceFile


def facts(text: str) -> Facts:
    return gather(parse(SourceFile(text)), {})


def chain(length: int) -> str:
    return "FROM ubuntu:22.04 AS s0\n" + "".join(f"FROM s{n - 1} AS s{n}\n" for n in range(1, length))


def told(text: str) -> list[str]:
    return [finding.message for finding in zr4lint.lint_text(text).findings if finding.code == "ZL005"]


def test_a_chain_is_followed_to_its_budget() -> None:
    whole, longer = facts(chain(STAGES_OF_A_CHAIN)), facts(chain(STAGES_OF_A_CHAIN + 50))
    assert len(whole.ancestry(STAGES_OF_A_CHAIN - 1)) == STAGES_OF_A_CHAIN
    assert len(longer.ancestry(STAGES_OF_A_CHAIN + 49)) == STAGES_OF_A_CHAIN
    assert told(chain(STAGES_OF_A_CHAIN)) == []
    assert told(chain(STAGES_OF_A_CHAIN + 1)) == [
        f"a chain of stages is not followed beyond {STAGES_OF_A_CHAIN} stages"
    ]


def test_the_base_image_of_a_chain_that_is_too_long_is_unknown() -> None:
    near, far = facts(chain(STAGES_OF_A_CHAIN)), facts(chain(STAGES_OF_A_CHAIN + 1))
    assert histories_of(near)[-1].base is not None
    assert histories_of(far)[-1].base is None


def test_a_variable_in_from_makes_all_stages_before_needed() -> None:
    text = "FROM a AS x\nFROM b AS y\nCOPY --from=$X /a /b\nFROM c\nCOPY --from=y /a /b\nFROM d AS z\n"
    assert facts(text + "FROM e\nCOPY --from=y /a /b\n").needed == (0, 1, 4)
    many = "".join(f"FROM a AS s{n}\nCOPY --from=$X /a /b\n" for n in range(50))
    assert facts(many).needed == tuple(range(50))


def test_the_stages_that_rules_follow_are_bounded() -> None:
    text = "FROM a AS s0\n" + "".join(f"FROM a AS s{n}\nCOPY --from=s{n - 1} /a /b\n" for n in range(1, HISTORIES + 5))
    found = facts(text)
    assert len(histories_of(found)) == HISTORIES
    assert histories_of(found)[-1].stage is found.stages[-1]
    assert told(text) == [f"what stages install is not followed beyond {HISTORIES} stages"]


def test_many_onbuilds_in_many_stages_are_bounded() -> None:
    triggers = "ONBUILD RUN apk add curl && curl a.org\n" * 100
    text = "FROM alpine:3.22 AS base\n" + triggers + "FROM base\n" * 100
    assert told(text) == [f"what ONBUILD runs is not followed beyond {INSTRUCTIONS:,} instructions"]
    assert told(text.replace("FROM base\n" * 100, "FROM base\n" * 10)) == []


def test_long_words_are_those_of_the_splitter() -> None:
    for text in (*KEYWORDS, "a 'b c' d", "'a", 'x="a b\\" c" y', "a\\ b c\\", '"a\\', "a\u00a0b", "''\\''", " ", ""):
        assert [*long_words(text)] == [*WordSplitter(text).split(dequote=False)], text
