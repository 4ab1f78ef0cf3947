"""zr4lint reports a file or a clone as missing or existing only if no earlier command may have changed it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import zr4lint

CASES = tomllib.loads(Path(__file__).with_name("files_that_are_there.toml").read_text("utf-8"))


def fails(build: str) -> bool:
    findings = zr4lint.lint_text(f"FROM ubuntu:22.04\n{build}\n", packs="core").findings
    return any(finding.code == "ZL007" for finding in findings)


@pytest.mark.parametrize("build", CASES["there"])
def test_what_may_be_there_is_no_error(build: str) -> None:
    assert not fails(build)


@pytest.mark.parametrize("build", CASES["gone"])
def test_what_surely_fails_is_told(build: str) -> None:
    assert fails(build)
