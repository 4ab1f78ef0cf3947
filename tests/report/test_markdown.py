from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from zr4lint.report import FORMATS, Options
from zr4lint.report.escaping import visible
from zr4lint.report.markdown import LONGEST, escaped

from .sample import CONFORMANCE, Sample, hostile_text, reports

if TYPE_CHECKING:
    from markdown_it.token import Token

    from zr4lint.model.finding import Report

SAMPLE = Sample("FROM a\nRUN pip install torch==2.5.0\n", "docker/Dockerfile")
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def written(report: Report, options: Options | None = None) -> str:
    return FORMATS["markdown"].render(report, options or Options())


def inline(tokens: list[Token]) -> list[Token]:
    return [token for block in tokens for token in block.children or []]


def shown(tokens: list[Token]) -> str:
    """Return the words that a reader sees, without the only tag."""
    return "".join("" if token.type == "html_inline" else token.content for token in tokens)


def test_a_summary() -> None:
    finding = SAMPLE.finding("torch==2.5.0", message="torch is 2.5.0", expected="a|b", fix=SAMPLE.fix("2.5.0", "2.5.1"))
    assert written(SAMPLE.report(finding, conformance=(CONFORMANCE,))).splitlines() == [
        "## zr4lint",
        "",
        "Found 1 error (1 fixable with --fix).",
        "",
        "### docker/Dockerfile",
        "",
        "| Line | Severity | Rule | Finding | Fix |",
        "|---|---|---|---|---|",
        "| 2:17 | error | ZR0501 torch-pin | torch is 2.5.0. Expected: a\\|b. | safe |",
        "",
        "**Pack zr4:** 5 of 6 requirements met",
        "",
        "|  | Part | Met | Lines | Required |",
        "|---|---|---|---|---|",
        "| ok | 1 base | 2/2 | 1 | 1 |",
        "| fail | 4 torch | 1/2 | 30-40 | 30-40 |",
        "| fail | 5 flash-attn | 1/1 | 41-54 | 42-54 |",
        "| ok | whole file | 1/1 | - | - |",
        "",
        "**Score 18.3/20**",
        "",
        "| Criterion | Points |",
        "|---|---|",
        "| precision | 10/10 |",
        "| pinned versions | 8.3/10 |",
    ]


def test_quiet_leaves_the_conformance_out_and_statistics_count() -> None:
    report = SAMPLE.report(SAMPLE.finding("FROM"), conformance=(CONFORMANCE,))
    assert "Pack" not in written(report, Options(quiet=True))
    assert written(report, Options(quiet=True, statistics=True)).endswith("\n- 1  error    ZR0501  torch-pin\n")


def test_a_path_that_could_not_be_linted_is_named() -> None:
    assert "\n- **not linted:** gone: no such file\n" in written(
        SAMPLE.report(), Options(errors=("gone: no such file",))
    )


def test_a_summary_stays_readable() -> None:
    text = written(SAMPLE.report(*[SAMPLE.finding("FROM")] * (LONGEST + 3)))
    assert text.count("ZR0501") == LONGEST
    assert text.endswith("\nand 3 more\n")


def test_what_is_suppressed_is_not_there() -> None:
    assert "ZR0501" not in written(SAMPLE.report(SAMPLE.finding("FROM", suppressed=True)))


@pytest.mark.parametrize("words", ["@octocat", "#1", "$x$"])
def test_what_a_backslash_does_not_stop_is_in_an_element_of_its_own(words: str) -> None:
    assert escaped(words).startswith(f"<span>{words[0]}</span>")


@pytest.mark.parametrize("link", ["https://example.org", "HTTP://example.org", "www.example.org"])
def test_no_address_becomes_a_link(link: str) -> None:
    reader = MarkdownIt("gfm-like") if MarkdownIt().linkify else READER
    tokens = inline(reader.parse(escaped(link)))
    assert shown(tokens) == link
    assert not re.search(r"(?i)://|www\.", escaped(link))


@given(hostile_text)
def test_the_reader_sees_the_words_and_no_markup(text: str) -> None:
    tokens = inline(READER.parse(f"| a | b |\n|---|---|\n| x | x{escaped(text)}x |\n"))
    assert {token.type for token in tokens} <= {"text", "text_special", "html_inline"}
    assert {token.content for token in tokens if token.type == "html_inline"} <= {"<span>", "</span>"}
    assert shown(tokens) == f"abxx{visible(text)}x"


@pytest.mark.slow
@given(reports())
def test_the_tables_hold_whatever_the_file_does(report: Report) -> None:
    tokens = READER.parse(written(report))
    found = [finding for finding in report.files[0].findings if not finding.suppressed]
    rows = sum(token.type == "tr_open" for token in tokens)
    tables = 2 + bool(found)
    assert rows == tables + len(found) + len(CONFORMANCE.rows) + len(CONFORMANCE.criteria)
    cells = sum(token.type == "td_open" for token in tokens)
    assert cells == 5 * (len(found) + len(CONFORMANCE.rows)) + 2 * len(CONFORMANCE.criteria)
    assert sum(token.type == "heading_open" for token in tokens) == 2
