from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zr4lint.model import fingerprint
from zr4lint.model.finding import FileReport
from zr4lint.model.source import SourceFile, Span

from .sample import Sample

TEXT = "FROM a\nRUN apt-get install git wget\nRUN apt-get install git wget\n"


def fingerprints(file: FileReport) -> list[str]:
    return fingerprint.fingerprints(file.source, file.findings)


def marks(text: str, *words: str, **fields: str) -> list[str]:
    sample = Sample(text)
    return fingerprints(sample.file(*(sample.finding(w, **fields) for w in words)))


@given(
    st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))),
    st.sampled_from(["\n", "\r\n"]),
)
def test_they_survive_lines_above(above: list[str], newline: str) -> None:
    sample = Sample(TEXT)
    places = [sample.at("FROM a"), sample.at("git"), Span(7, len(TEXT))]
    before = fingerprints(sample.file(*map(sample.finding, places)))
    inserted = "".join(line + newline for line in above)
    moved = Sample(inserted + TEXT)
    spans = [Span(place.start + len(inserted), place.end + len(inserted)) for place in places]
    assert fingerprints(moved.file(*map(moved.finding, spans))) == before


def test_no_two_are_the_same() -> None:
    found = marks(TEXT, "FROM", "FROM", "git", "wget", "git", "RUN apt-get install git wget")
    assert len(set(found)) == len(found)


def test_they_tell_apart_what_is_expected_in_one_place() -> None:
    assert marks(TEXT, "FROM", expected="ENV LANG=C.UTF-8") != marks(TEXT, "FROM", expected="ENV LC_ALL=C.UTF-8")


def test_line_numbers_in_what_is_expected_do_not_count() -> None:
    assert marks(TEXT, "FROM", expected="after line 9") == marks(TEXT, "FROM", expected="after line 30")


def test_blanks_and_line_ends_do_not_count() -> None:
    assert marks(TEXT, "git") == marks(TEXT.replace("install ", "install \t ").replace("\n", "\r\n"), "git")


def test_only_the_changed_words_change_theirs() -> None:
    one, other = marks("RUN a\nRUN b\n", "RUN a", "RUN b")
    assert marks("RUN a\nRUN c\n", "RUN a") == [one]
    assert marks("RUN a\nRUN c\n", "RUN c") != [other]


def test_a_path_that_cannot_be_encoded_has_them_too() -> None:
    source = SourceFile("RUN \udcff\n", "\udcfe")
    sample = Sample(source.text, source.path)
    assert len(fingerprints(FileReport(source, (sample.finding("\udcff"),), ()))[0]) == 32
