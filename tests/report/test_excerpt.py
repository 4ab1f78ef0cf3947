from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zr4lint.model.source import SourceFile, Span
from zr4lint.report.escaping import cells, visible
from zr4lint.report.excerpt import Clip, Mark, Page, clipped, excerpt
from zr4lint.report.paint import paint

from .sample import hostile_text, spans


def clip(text: str, words: str, room: int = 40) -> Clip:
    start = text.index(words)
    return clipped(text, Span(0, len(text)), Span(start, start + len(words)), room)


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("RUN git", "git", Clip("RUN git", 4, 3)),
        ("\tgit", "git", Clip("    git", 4, 3)),
        ("日本 git 語", "git", Clip("日本 git 語", 5, 3)),
        ("é日本", "日本", Clip("é日本", 1, 4)),
        ("e\u0301 git", "git", Clip("e\u0301 git", 2, 3)),
        ("\x1b[1m git", "git", Clip("\\x1b[1m git", 8, 3)),
        ("\x1b", "\x1b", Clip("\\x1b", 0, 4)),
        ("RUN", "", Clip("RUN", 0, 1)),
    ],
)
def test_the_mark_stands_below_the_words(text: str, words: str, shown: Clip) -> None:
    assert clip(text, words) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=" + "b" * 100, Clip("=" + "b" * 36 + "...", 0, 1)),
        ("a" * 100 + "=", Clip("..." + "a" * 36 + "=", 39, 1)),
        # A third of the width is for the text after the mark: 39 columns are split into 26 and 13.
        ("a" * 100 + "=" + "b" * 100, Clip("..." + "a" * 23 + "=" + "b" * 10 + "...", 26, 1)),
        ("a" * 20 + "=" + "b" * 100, Clip("a" * 20 + "=" + "b" * 16 + "...", 20, 1)),
        ("a" * 19 + "=" + "b" * 20, Clip("a" * 19 + "=" + "b" * 20, 19, 1)),
    ],
)
def test_long_lines_are_clipped_around_the_words(text: str, shown: Clip) -> None:
    assert clip(text, "=") == shown


def test_of_long_words_the_beginning_is_shown() -> None:
    assert clip("RUN " + "=" * 100 + " b", "=" * 100) == Clip("RUN " + "=" * 32 + "...", 4, 35)
    assert clip("a" * 50 + "=" * 100, "=" * 100) == Clip("..." + "=" * 34 + "...", 3, 37)


@given(st.data())
def test_whatever_is_shown_fits_and_can_be_seen(data: st.DataObject) -> None:
    text, room = data.draw(hostile_text), data.draw(st.integers(20, 60))
    text *= data.draw(st.integers(1, 10))
    shown = clipped(text, Span(0, len(text)), data.draw(spans(text)), room)
    assert shown.text.isprintable()
    assert cells(shown.text) <= room
    assert shown.start + shown.width <= room
    assert shown.width >= 1


@given(st.data())
def test_the_mark_is_as_wide_as_the_words(data: st.DataObject) -> None:
    text = data.draw(st.text(st.sampled_from("ab日\x1bé"), max_size=8))
    span = data.draw(spans(text))
    shown = clipped(text, Span(0, len(text)), span, 80)
    assert shown.start == cells(visible(text[: span.start]))
    assert shown.width == max(cells(visible(span.of(text))), 1)


@pytest.mark.parametrize(
    ("text", "span", "lines"),
    [
        ("", Span(0, 0), ["1 |", "  | ^"]),
        ("\n", Span(0, 1), ["1 |", "  | ^"]),
        ("FROM a", Span(6, 6), ["1 | FROM a", "  |       ^"]),
        ("FROM a\n", Span(7, 7), ["1 | FROM a", "  |       ^"]),
        ("FROM a\nRUN b\n", Span(0, 7), ["1 | FROM a", "  | ^^^^^^"]),
        ("FROM a\n  b\n", Span(5, 10), ["1 | FROM a", "  |      ^", "2 |   b", "  |   ^"]),
    ],
)
def test_places_at_the_edges(text: str, span: Span, lines: list[str]) -> None:
    source = SourceFile(text)
    written = paint(excerpt(source, span, Mark("^", "error"), Page.of(source, 40)), color=False)
    assert written.splitlines() == lines
