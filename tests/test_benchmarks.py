"""The inputs of the benchmarks: generated files of the requested sizes, the same in each run."""

from __future__ import annotations

import pytest

from benchmarks import inputs
from benchmarks.measure import spread
from benchmarks.plans import Bar
from tests.support import buildkit


def text_of(kind: str, size: int) -> str:
    return "".join(inputs.LARGE[kind](size))


@pytest.mark.parametrize("kind", inputs.LARGE)
def test_a_large_file_is_always_the_same(kind: str) -> None:
    assert text_of(kind, 500) == text_of(kind, 500)
    assert text_of(kind, 500) != text_of(kind, 501)


@pytest.mark.parametrize("kind", inputs.LARGE)
def test_buildkit_reads_a_large_file(kind: str) -> None:
    assert len(buildkit.parse(text_of(kind, 500))) > 1


@pytest.mark.parametrize("size", [1, 2, 10, 333, 10_000])
def test_lines(size: int) -> None:
    assert text_of("lines", size).count("\n") == size


@pytest.mark.parametrize("size", [16, 17, 24, 1000])
def test_words(size: int) -> None:
    _, run = buildkit.parse(text_of("words", size))
    assert len(run.original.split()) == size


def test_heredocs() -> None:
    text = text_of("heredocs", 300)
    assert text.count("<<") == 300
    assert len(buildkit.parse(text)) == 301


def test_stages() -> None:
    commands = buildkit.parse(text_of("stages", 300))
    assert sum(command.cmd.upper() == "FROM" for command in commands) == 300


@pytest.mark.slow
def test_varied_files_are_always_the_same_and_all_different() -> None:
    files = dict(inputs.varied(200))
    assert files == dict(inputs.varied(200))
    assert len(set(files.values())) == len(files) == 200
    for text in files.values():
        assert buildkit.parse(text)


def test_the_quartiles_lie_around_the_median() -> None:
    assert spread([5, 1, 3, 2, 4]) == (2, 3, 4)
    assert spread([1, 2]) == (1.25, 1.5, 1.75)
    assert spread([7]) == (7, 7, 7)


def test_a_bar_is_met_at_its_limit() -> None:
    most, least = Bar("", 0, 1, 1.6), Bar("", 0, 1, 1.6, at_least=True)
    assert [most.met(1.59), most.met(1.6), most.met(1.61)] == [True, True, False]
    assert [least.met(1.59), least.met(1.6), least.met(1.61)] == [False, True, True]
