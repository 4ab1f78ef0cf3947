"""Positions in files, and unchanged bytes after reading and writing."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zr4lint.model.source import BOM, MappedText, SourceFile, Span

texts = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\n\r\t é")))


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("", 0, (1, 1)),
        ("ab", 2, (1, 3)),
        ("a\nb", 1, (1, 2)),
        ("a\nb", 2, (2, 1)),
        ("a\r\nb", 3, (2, 1)),
        ("a\rb", 2, (1, 3)),  # a lone carriage return does not end a line
        ("a\u2028b\x0cc\nd", 6, (2, 1)),  # nor does any character other than \n
        ("a\n", 2, (1, 3)),  # no line follows the last newline
        ("𝄞é\né", 3, (2, 1)),  # code points, not bytes and not UTF-16
    ],
)
def test_positions(text: str, offset: int, position: tuple[int, int]) -> None:
    assert SourceFile(text).position(offset) == position


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("\n", [""]),
        ("a", ["a"]),
        ("a\nb", ["a", "b"]),
        ("a\n\nb\n", ["a", "", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\rb\r\n", ["a\rb"]),
    ],
)
def test_lines(text: str, lines: list[str]) -> None:
    source = SourceFile(text)
    assert [source.slice(source.line_span(n)) for n in range(1, len(source.line_starts) + 1)] == lines
    with pytest.raises(IndexError):
        source.line_span(len(lines) + 1)


@pytest.mark.parametrize(
    ("text", "newline"),
    [("a\r\nb\n", "\r\n"), ("a\nb\r\n", "\n"), ("a", "\n"), ("\n", "\n"), ("\r\n", "\r\n")],
)
def test_the_line_end_is_the_first_ones(text: str, newline: str) -> None:
    assert SourceFile(text).newline == newline


@given(texts)
def test_positions_go_there_and_back(text: str) -> None:
    source = SourceFile(text)
    for offset in range(len(text) + 1):
        line, column = source.position(offset)
        assert source.line_starts[line - 1] + column - 1 == offset
        assert text.count("\n", 0, min(offset, len(text) - 1)) + 1 == line or not text


@given(st.binary())
def test_any_bytes_come_back(data: bytes) -> None:
    source = SourceFile.decode(data)
    assert source.encode(source.text) == data
    assert source.whole_text == BOM * source.bom + source.text


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"\xff", "é".encode()])).map(b"".join))
def test_lines_are_counted_as_wc_counts_them(data: bytes) -> None:
    assert SourceFile.decode(data).newline_count == data.count(b"\n")


def test_wc_itself_agrees() -> None:
    data = b"a\r\nb\n\nc"
    counted = subprocess.run(["wc", "-l"], input=data, capture_output=True, check=True).stdout
    assert SourceFile.decode(data).newline_count == int(counted) == 3


def test_a_byte_order_mark_is_no_text() -> None:
    source = SourceFile.decode(b"\xef\xbb\xbfFROM a\n")
    assert (source.bom, source.text) == (True, "FROM a\n")
    assert source.encode("FROM b\n") == b"\xef\xbb\xbfFROM b\n"
    assert not SourceFile.decode(b"FROM a\xef\xbb\xbf").bom


@st.composite
def mapped(draw: st.DrawFn) -> tuple[str, MappedText]:
    """Return a file's text, and its joined pieces."""
    text = draw(st.text("abc", min_size=1, max_size=30))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [(text[a:b], a) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    return text, MappedText.join(pieces)


@given(mapped())
def test_joined_pieces_know_where_they_come_from(pair: tuple[str, MappedText]) -> None:
    text, joined = pair
    assert all(text[joined.offset(i)] == character for i, character in enumerate(joined.text))


@given(mapped(), st.data())
def test_a_part_of_joined_pieces_knows_it_too(pair: tuple[str, MappedText], data: st.DataObject) -> None:
    text, joined = pair
    start = data.draw(st.integers(0, len(joined.text)))
    end = data.draw(st.integers(start, len(joined.text)))
    part = joined.slice(start, end)
    assert part.text == joined.text[start:end]
    assert all(part.offset(i) == joined.offset(start + i) for i in range(len(part.text)))
    if part.text:
        span = joined.span(start, end)
        assert (text[span.start], text[span.end - 1]) == (part.text[0], part.text[-1])


def test_a_span_over_a_gap_covers_it() -> None:
    text = "RUN a \\\n b"
    joined = MappedText.join([("a ", 4), (" b", 8)])
    assert joined.text == "a  b"
    assert joined.span(0, 4).of(text) == "a \\\n b"
    assert joined.span(1, 1) == Span(5, 5)
