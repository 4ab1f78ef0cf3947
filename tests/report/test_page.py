from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given

import zr4lint
from tests.inprocess import call
from tests.test_cli import save
from zr4lint.model.finding import Report, Severity
from zr4lint.model.source import Span
from zr4lint.report import FORMATS, Options
from zr4lint.report.page.view import file_view

from .sample import HOSTILE_WORDS, Sample, reports

ROOT = Path(__file__).parents[2]
CONFORMING = (ROOT / "docker" / "Dockerfile.zr4").read_text(encoding="utf-8")
VOID = {"meta", "input", "br", "rect", "wbr"}


class Read(HTMLParser):
    """A page as a browser parses it: its elements with their attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element: tuple[str, dict[str, str | None], list[str]] = (tag, dict(attrs), [])
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, _, words in self.open:
            words.append(data)

    def of_class(self, name: str) -> list[str]:
        return [
            " ".join("".join(words).split())
            for _, attributes, words in self.elements
            if name in (attributes.get("class") or "").split()
        ]

    def attributes(self, name: str) -> list[str]:
        return [value for _, attributes, _ in self.elements if (value := attributes.get(name))]


def page(report: Report, **options: Any) -> Read:
    return Read(FORMATS["html"].render(report, Options(**options)))


def linted(folder: Path, *texts: str) -> str:
    for number, text in enumerate(texts):
        name = folder / f"{number}.Dockerfile.zr4"
        name.write_text(text, encoding="utf-8")
    packs = ("--pack", "zr4", "--pack", "ml")
    done = call("--format", "html", "--isolated", *packs, "--context", ROOT / "docker", ".", cwd=folder)
    assert done.code in (0, 1), done.err
    return done.out


def test_a_requirement_stands_beside_its_lines(tmp_path: Path) -> None:
    read = Read(linted(tmp_path, CONFORMING.replace("whl/cu124", "whl/cu121")))
    (index,) = [words for words in read.of_class("unmet") if "ZR0503" in words]
    assert "the index is not https://download.pytorch.org/whl/cu124" in index
    assert "line 40, column 17" in index
    assert "40 - --index-url https://download.pytorch.org/whl/cu121" in index
    assert "40 + --index-url https://download.pytorch.org/whl/cu124" in index
    assert "https://download.pytorch.org/whl/cu121" in read.of_class("words")
    (torch,) = [words for words in read.of_class("met") if words.startswith("met ZR0501")]
    assert "Met by line 37 " in torch


def test_what_is_met_and_can_not_be_built_is_marked(tmp_path: Path) -> None:
    read = Read(linted(tmp_path, CONFORMING))
    (base,) = [words for words in read.of_class("conflict") if words.startswith("met · can't build ZR0201")]
    assert "ML101" in base
    assert read.of_class("unmet") == []


def test_layers_are_drawn_to_scale(tmp_path: Path) -> None:
    read = Read(linted(tmp_path, CONFORMING))
    bars = [attributes for tag, attributes, _ in read.elements if tag == "rect"]
    torch = [(bar["class"], bar["x"], bar["width"]) for bar in bars if bar["x"] in ("29", "31")]
    assert torch == [("required", "29", "11"), ("found good", "31", "9")]


def test_many_files_begin_with_an_index(tmp_path: Path) -> None:
    read = Read(linted(tmp_path, CONFORMING, CONFORMING.replace("torch==2.5.1", "torch==2.5.0")))
    (index,) = read.of_class("index")
    assert index.startswith("2 files File")
    rows = ["".join(words).strip() for tag, _, words in read.elements if tag == "td"]
    assert [row for row in rows if "zr4" in row] == ["51/52 zr4", "52/52 zr4"]
    assert read.attributes("href")[:2] == ["#f2-file", "#f1-file"]


def test_links_lead_somewhere_and_places_are_named_once(tmp_path: Path) -> None:
    read = Read(linted(tmp_path, CONFORMING, "FROM ubuntu\nRUN apt-get install -y git\n"))
    ids = read.attributes("id")
    assert len(ids) == len(set(ids))
    assert [link for link in read.attributes("href") if link.startswith("#") and link[1:] not in ids] == []
    assert {"f1-L37", "f1-ZR0501", "f2-L1"} <= set(ids)


def test_two_runs_write_the_same(tmp_path: Path) -> None:
    assert linted(tmp_path, CONFORMING) == linted(tmp_path, CONFORMING)


def test_the_policy_allows_its_own_style_and_script_alone() -> None:
    sample = Sample("FROM a\n")
    text = FORMATS["html"].render(sample.report(sample.finding("FROM")), Options())
    hashes = [
        b64encode(sha256(body.encode()).digest()).decode()
        for body in re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", text, re.DOTALL)
    ]
    (policy,) = [value for value in Read(text).attributes("content") if "default-src" in value]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}';"
        " base-uri 'none'; form-action 'none'"
    )


TAG_NAMES = """
html head meta title style script body header main nav article section h1 h2 h3 p ul li dl dt dd pre code a b i small
span div details summary table caption thead tbody tr th td figure figcaption svg rect fieldset legend label input
"""
TAGS = frozenset(TAG_NAMES.split())
LOADING = {"src", "srcset", "data", "action", "formaction", "style", "background", "poster", "ping"}


@pytest.mark.slow
@given(reports())
def test_no_text_becomes_markup_or_steers_a_log(report: Report) -> None:
    text = FORMATS["html"].render(report, Options(errors=HOSTILE_WORDS, statistics=True))
    assert all(character.isprintable() or character in "\n\t" for character in text)
    assert "##[" not in text
    assert not [line for line in text.split("\n") if line.lstrip().startswith("::")]
    read = Read(text)
    assert {tag for tag, _, _ in read.elements} <= TAGS
    names = {name for _, attributes, _ in read.elements for name in attributes}
    assert not names & LOADING
    assert not [name for name in names if name.startswith("on")]
    assert all(link.startswith(("#", "https://", "http://")) for link in read.attributes("href"))


def test_a_script_that_a_file_holds_is_shown() -> None:
    sample = Sample("RUN echo '<script>alert(1)</script>' \u202e\n", "<img src=x onerror=alert(1)>")
    finding = sample.finding("<script>", message="`<b>` &amp; {{ 7 * 7 }}", references=("javascript:alert(1)",))
    read = page(sample.report(finding))
    assert "error ZR0501 <b> &amp; {{ 7 * 7 }}" in read.of_class("message")
    assert [words for words in read.of_class("line") if "<script>alert(1)</script>' \\u202e" in words]
    assert not [link for link in read.attributes("href") if "javascript" in link]


def test_references_that_are_addresses_are_links() -> None:
    sample = Sample("FROM a\n")
    read = page(sample.report(sample.finding("FROM", references=("https://example.org/a",))))
    assert "https://example.org/a" in read.attributes("href")


@pytest.mark.parametrize(("span", "marked"), [(Span(2, 2), "O"), (Span(6, 9), "X"), (Span(0, 4), "FROM")])
def test_marks_have_a_width_and_stay_in_their_line(span: Span, marked: str) -> None:
    sample = Sample("FROM aX\nRUN b\n")
    assert page(sample.report(sample.finding(span))).of_class("words") == [marked]


def test_the_worse_of_two_findings_marks_the_words_they_share() -> None:
    sample = Sample("FROM a:b\n")
    mild = sample.finding("a:b", severity=Severity.INFO)
    read = page(sample.report(mild, sample.finding("b", severity=Severity.ERROR)))
    assert read.of_class("words") == ["b"]
    assert read.of_class("message") == ["info ZR0501 bad", "error ZR0501 bad"]


def test_what_is_suppressed_is_counted_only() -> None:
    sample = Sample("FROM a\n")
    read = page(sample.report(sample.finding("FROM", suppressed=True)))
    assert read.of_class("counts") == ["1 suppressed"]
    assert read.of_class("finding") == []


def test_long_lines_are_cut() -> None:
    sample = Sample(f"RUN {'x' * 5000}\n")
    (line,) = page(sample.report()).of_class("line")
    assert line.endswith("x…")
    assert len(line) < 2100


def many(folder: Path, number: int) -> list[str]:
    for at in range(number):
        save(folder / f"service{at}" / "Dockerfile", f"FROM ubuntu:{at}\nRUN cd /app\n")
    return [f"service{at}/Dockerfile" for at in range(number)]


@pytest.mark.slow
def test_the_index_has_a_column_of_requirements_where_a_file_has_some(tmp_path: Path) -> None:
    paths = many(tmp_path, 2)
    text = call("--format", "html", *paths, cwd=tmp_path).out
    assert text.count("service0/<wbr>Dockerfile") == 1
    page = Read(text)
    assert "Requirements" not in page.of_class("index")[0]
    assert page.of_class("index")[0].startswith("2 files FileErrorsWarningsInfo service0/Dockerfile")
    save(tmp_path / "Dockerfile.zr4", CONFORMING)
    page = Read(call("--format", "html", "--pack", "zr4", "--pack", "core", "Dockerfile.zr4", *paths, cwd=tmp_path).out)
    assert "FileErrorsWarningsInfoRequirements" in page.of_class("index")[0]


@pytest.mark.slow
def test_files_are_arranged_one_after_the_other(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", "FROM ubuntu\nRUN cd /app\n" + "RUN apt-get install git\n" * 40)
    file = zr4lint.lint_file(tmp_path / "Dockerfile")
    arranged: list[str] = []

    def view(*args: Any) -> Any:
        arranged.append(args[1])
        return file_view(*args)

    with mock.patch("zr4lint.report.page.file_view", view):
        pieces = FORMATS["html"].pieces(Report((file,) * 30, ()), Options())
        first = next(pieces)
        assert first.lower().startswith("<!doctype html>")
        assert len(arranged) < 10
        rest = "".join(pieces)
    assert arranged == [f"f{number}-" for number in range(1, 31)]
    assert rest.rstrip().endswith("</html>")


def test_the_index_has_a_column_of_conflicts_where_a_file_has_some(tmp_path: Path) -> None:
    index = Read(linted(tmp_path, CONFORMING, CONFORMING)).of_class("index")[0]
    assert "FileErrorsWarningsInfoConflictsRequirements" in index.replace(" ", "")
