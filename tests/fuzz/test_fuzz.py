"""A short run of the fuzzer, always with the same inputs; `make fuzz` starts a long one."""

from __future__ import annotations

import pytest

from tests.fuzz.__main__ import failure
from tests.fuzz.inputs import case

SEED = 6
COUNTS = {
    "parser": 800,
    "shell": 800,
    "facts": 400,
    "checks": 80,
    "documents": 40,
    "logs": 80,
    "parse": 400,
    "lint": 80,
    "report": 24,
    "fix": 8,
}
"""Number of inputs for each trial; longer trials get fewer."""


@pytest.mark.thorough
@pytest.mark.parametrize(("depth", "count"), COUNTS.items())
def test_nothing_raises_hangs_or_steers(depth: str, count: int) -> None:
    for number in range(count):
        made = case(SEED, number, depth)
        assert failure(made.data, depth) is None, f"python -m tests.fuzz --seed {SEED} --start {number} --inputs 1"


@pytest.mark.slow
def test_an_input_is_the_same_every_time() -> None:
    assert [case(1, n) for n in range(40)] == [case(1, n) for n in range(40)]
    assert {case(1, n).kind for n in range(40)} == {"bytes", "mutated", "shaped", "shell"}


def test_what_goes_wrong_is_told() -> None:
    assert "unknown depth" in (failure(b"", "deeper") or "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b"FROM a\nRUN pip install ||",
        b"FROM a\nRUN <<E\n#!/bin/sh/\na\nE\n",
        b"FROM a\nRUN git clone app\nRUN sed -i s/a/b/ app/[\nRUN pip install -rapp/[",
        b"FROM nvidia/cuda:4-r-u4\nRUN pip install onnxruntime-gpu",
        b"FROM a\nRUN [[ " + b"( " * 500 + b"a = b" + b" )" * 500 + b" ]]",
        b"FROM a\nRUN " + b"$(( (" * 300 + b"1" + b") " * 300,
        b"FROM a\nRUN " + b"$(( " * 30 + b"1" + b") )" * 30,
        b"FROM a\nRUN " + b"xargs " * 2000,
        b"FROM a\nRUN " + b"find . -exec " * 2000,
        b'FROM a\nRUN pip install "mmcv>cv>cv>cv>cv>cv>cv>cv>cv>cv>=2.1.0,<2.2.0"',
        b"FROM a AS b" + b"A" * 100 + b"\nCOPY a b /" + b"x" * 100 + b"\n",
        b"LABEL\x0c\x1c\\\n$",
        b'FROM a\nRUN "0"& &',
        b"X" * 500 + b" a\nFROM a\nONBUILD " + b"Y" * 500 + b" a\n",
    ],
)
def test_what_once_went_wrong_is_mended(data: bytes) -> None:
    assert failure(data, "report") is None
    assert failure(data, "checks") is None


@pytest.mark.parametrize(
    ("depth", "data"),
    [
        ("logs", b"Dockerfile:3\n------\n|"),
        ("logs", b"e:3\n------\n|failed to solve: 2\n"),
        ("documents", b'# Verif\n```bash\nfor e in"";do\ni\nf k"W```s'),
        ("documents", b'CMD"s MUST'),
        ("documents", b"# After\n```dockerfile\n```\n```dockerfile"),
        ("documents", b'Dockerfile MUST end with `CMD ["\xf3"]`'),
        ("documents", b"```\n```\n# Verif\n```sh\nsed -i s---"),
        ("documents", b'# Verif\n```bash\ngrep --count"e\n\nThe image runs the relay for our many printers.\nr" '),
    ],
)
def test_what_once_went_wrong_with_documents_and_logs_is_mended(depth: str, data: bytes) -> None:
    assert failure(data, depth) is None
