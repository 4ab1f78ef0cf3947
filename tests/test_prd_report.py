"""The report for the PRD's author matches the pack and covers every demand."""

from __future__ import annotations

from tests.prd_report import PAGE, page
from zr4lint.app.assignment import load_packs


def test_the_page_is_what_the_packs_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_it_speaks_of_every_demand() -> None:
    text = page()
    for rule in load_packs(["zr4"])[0].rules:
        assert f"[{rule.rule.code} {rule.rule.name}](rules/{rule.rule.code}.md)" in text


def test_what_can_not_hold_is_what_is_amended() -> None:
    first = page().partition("## Each demand")[0]
    for code in ("ZR0201", "ZR0401", "ZR0504", "ZR0603", "ZR0704", "ZR1101", "ZR1102"):
        assert f"[{code} " in first
    for code in ("ZR0501", "ZR0801"):
        assert f"[{code} " not in first
