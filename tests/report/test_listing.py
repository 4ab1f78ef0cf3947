"""Lists and pages of the explaining commands: plain in a pipe, formatted on a terminal."""

from __future__ import annotations

import pytest

from zr4lint.report.listing import columns, drawn, page

ROWS = [("ZC401", "add-for-copy", "warning", "ADD is used for URLs only."), ("ZC9", "b", "info", "Short.")]


def test_columns_are_as_wide_as_their_longest_cell() -> None:
    assert columns(ROWS) == (
        "ZC401  add-for-copy  warning  ADD is used for URLs only.\nZC9    b             info     Short.\n"
    )
    assert columns([]) == ""


def test_a_table_breaks_its_last_column_alone() -> None:
    text = drawn(("code", "name", "level", "summary"), ROWS, 51, color=False)
    assert text.splitlines() == [
        "code   name          level    summary",
        "ZC401  add-for-copy  warning  ADD is used for URLs",
        "                              only.",
        "ZC9    b             info     Short.",
    ]


def test_on_a_narrow_terminal_what_does_not_fit_is_below() -> None:
    text = drawn(("code", "name", "level", "summary"), ROWS, 30, color=False)
    assert text.splitlines() == [
        "code   name          level",
        "    summary",
        "ZC401  add-for-copy  warning",
        "    ADD is used for URLs only.",
        "ZC9    b             info",
        "    Short.",
    ]
    text = drawn(("code", "name", "level", "summary"), ROWS, 22, color=True)
    assert text.splitlines()[2:6] == ["ZC401  add-for-copy", "    warning", "    ADD is used for", "    URLs only."]
    wide = drawn(("a", "b"), [("漢字漢字漢字", "x" * 40), ("c", "d")], 20, color=False).splitlines()
    assert wide[1:] == ["漢字漢字漢字", f"    {'x' * 40}", "c             d"]


def test_numbers_are_aligned_to_the_right_on_a_narrow_terminal_as_well() -> None:
    rows = [("ZC1", "7", "x" * 30), ("ZC2", "1,234", "short")]
    text = drawn(("rule", "files", "name"), rows, 24, color=False, numbers=("files",))
    assert text.splitlines() == ["rule  files  name", "ZC1       7", f"    {'x' * 30}", "ZC2   1,234  short"]


def test_lines_to_be_copied_are_not_broken() -> None:
    line = f"    RUN pip install {'x' * 50}"
    for width in (30, 50, 80):
        assert line in page(["title", "prose " * 20, line], width, color=False).splitlines()


def test_levels_and_heads_have_colours_on_a_terminal_that_has_them() -> None:
    text = drawn(("code", "level"), [("ZC1", "error")], 40, color=True)
    assert "\x1b[1mcode" in text
    assert "\x1b[1;31merror\x1b[0m" in text
    assert "\x1b[1;31merror" in drawn(("RULE", "SEVERITY"), [("ZC1", "error")], 40, color=True)
    text = drawn(("setting", "value"), [("fail-on", "error")], 40, color=True)
    assert "\x1b[1;31m" not in text


def test_a_page_has_a_title_and_heads() -> None:
    text = page(["ZC1 name", "", "Bad:", "    FROM a", "Why: it is."], 40, color=True)
    assert text.splitlines()[0] == "\x1b[1mZC1 name\x1b[0m"
    assert "\x1b[1mBad:\x1b[0m" in text
    assert "\x1b[36m    FROM a\x1b[0m" in text
    assert "Why: it is." in text.splitlines()
    assert page(["ZC1", "[bold]no markup[/bold]"], 40, color=False) == "ZC1\n[bold]no markup[/bold]\n"


@pytest.mark.parametrize("words", ["a\x1b[2Jb", "::error::x"])
def test_nothing_steers_a_terminal_or_a_workflow(words: str) -> None:
    for text in (
        columns([(words,)]),
        drawn(("head",), [(words,)], 40, color=False),
        page(["title", words], 40, color=False),
    ):
        assert words not in text.splitlines()


def test_a_narrow_terminal_breaks_prose_anew() -> None:
    prose = "Each RUN that updates apt's package lists removes them, or mounts a cache in"
    lines = ["ZC204 title", "", prose, "their place.", "", "info; source: x", "section 2", "    code here", "Bad:"]
    text = page(lines, 60, color=False).splitlines()
    assert text[2:4] == ["Each RUN that updates apt's package lists removes them, or", "mounts a cache in their place."]
    assert text[4:] == ["", "info; source: x", "section 2", "    code here", "Bad:"]
    assert page(lines, 80, color=False).splitlines() == lines
