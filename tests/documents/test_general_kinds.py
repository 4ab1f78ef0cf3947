"""The general kinds of check that derived packs use: cases that meet a kind and cases that do not."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests.documents.support import FIXTURES, found, rule_of

CASES = tomllib.loads((FIXTURES / "kinds.toml").read_text())["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}: {case['text'][:40]}")
def test_cases(case: dict[str, Any]) -> None:
    text = f"FROM debian:12\n{case['text']}\n"
    findings = found(text, rule_of(case["kind"], case["parameters"]))
    assert sorted([f.message, f.span.of(text)] for f in findings) == sorted(case.get("findings", []))


@pytest.mark.parametrize(("stage", "met"), [("0", True), ("1", False), ("a", False)])
def test_a_rule_names_a_stage_by_number(stage: str, met: bool) -> None:
    text = "FROM debian:12\nUSER x\nFROM debian:12 AS a\nUSER y\n"
    assert bool(found(text, rule_of("runs-as", {"user": "x", "stage": stage}))) is not met
