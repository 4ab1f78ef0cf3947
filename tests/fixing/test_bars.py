"""--fix on the PRD's own text, an empty file, and the edits of the mutation suite."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.fixing.judged import SAFE, UNSAFE, errors, filled, fixed, score
from tests.mutations.mutations import CONFORMING, ROOT, SUITE, SuiteError, apply, load
from tests.prd.judge import run_commands
from tests.support.buildkit import accepts
from tests.support.telling import TOLD
from zr4lint.dockerfile import parse
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.fixing.fixpoint import Fixed

pytestmark = pytest.mark.slow

AFTER = ROOT / "fixtures" / "fixing" / "prd-after.Dockerfile.zr4"
BREAKING = load("breaking")
SEED, PAIRS = 7, 60


def source(text: str) -> SourceFile:
    return SourceFile.decode(text.encode(), "docker/Dockerfile.zr4")


@pytest.mark.parametrize("done", [fixed(source(AFTER.read_text())), filled()], ids=["the PRD's AFTER blocks", "new"])
def test_it_becomes_a_conforming_file(done: Fixed) -> None:
    assert (errors(done.report), score(done.report), done.refused) == ([], 60, None)
    assert done.source.newline_count == 127
    outcome = run_commands(done.source.text.encode())
    assert [name for name, passed in outcome.items() if not passed] == []


def test_of_the_prds_text_only_the_placeholder_and_the_banner_above_from_need_judgement() -> None:
    """The banner can't stay above a FROM on line 1, and only a person can decide which repository is meant."""
    done = fixed(source(AFTER.read_text()), SAFE)
    held_back = {f.code for f in done.report.findings if f.fix is not None}
    assert held_back == {"ZR0203", "ZR0904"}


def test_every_comment_of_the_prds_text_but_rulers_is_kept() -> None:
    done = fixed(source(AFTER.read_text()))
    comments = [line for line in AFTER.read_text().splitlines() if line.startswith("#") and set(line) > set("# =")]
    assert [line for line in comments if line not in done.source.text.splitlines()] == []


def test_a_conforming_file_is_left_alone() -> None:
    text = CONFORMING.read_bytes()
    for level in (SAFE, UNSAFE):
        assert fixed(SourceFile.decode(text, "Dockerfile.zr4"), level).source.text == text.decode()


def repaired(text: str) -> bool:
    done = fixed(source(text))
    assert not accepts(text) or accepts(done.source.text)
    return not errors(done.report)


@pytest.mark.parametrize("step", [25, pytest.param(1, marks=pytest.mark.thorough)])
def test_breaking_edits_are_repaired(step: int, record_property: Callable[[str, object], None]) -> None:
    readable = [mutation for mutation in BREAKING[::step] if not parse(source(mutation.text)).errors]
    left = [mutation for mutation in readable if not repaired(mutation.text)]
    rate = 1 - len(left) / len(readable)
    record_property(TOLD, f"breaking edits repaired: {rate:.1%}; not: {', '.join(mutation.name for mutation in left)}")
    assert rate >= 0.97


def pairs() -> Iterator[str]:
    """Return random texts with two breaking edits that touch different words."""
    chance = random.Random(SEED)
    files = sorted((SUITE / "breaking").glob("*.toml"))
    edits = [edit for file in files for edit in tomllib.loads(file.read_text())["edit"] if "transform" not in edit]
    while True:
        text = CONFORMING.read_text()
        try:
            for edit in chance.sample(edits, 2):
                text = apply(text, edit["replace"])
        except SuiteError:
            continue
        yield text


@pytest.mark.thorough
def test_pairs_of_breaking_edits_are_repaired(record_property: Callable[[str, object], None]) -> None:
    outcomes = [repaired(text) for text in islice(pairs(), PAIRS)]
    rate = sum(outcomes) / PAIRS
    record_property(TOLD, f"pairs of breaking edits repaired: {rate:.1%} of {PAIRS}")
    assert rate >= 0.9
