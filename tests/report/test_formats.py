from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.ending import ends
from zr4lint.model.finding import Report
from zr4lint.model.source import Span
from zr4lint.report import FORMATS, Options
from zr4lint.report.escaping import visible, well_formed, wrap

from .sample import Sample, hostile_text, reports


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_every_report(name: str) -> None:
    sample = Sample("FROM a\n")
    assert FORMATS[name].render(sample.report(sample.finding("FROM")), Options()).endswith("\n")
    assert FORMATS[name].render(Report((), ()), Options())[-1:] in ("", "\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("text", ["rich", "json", "dataclasses"]),
        ("concise", ["rich", "json"]),
        ("json", ["rich"]),
        ("jsonl", ["rich"]),
        ("sarif", ["rich"]),
        ("github", ["rich", "json"]),
        ("gitlab", ["rich"]),
        ("junit", ["rich", "json", "xml"]),
        ("markdown", ["rich", "json"]),
        ("html", ["rich", "xml"]),
        ("checkstyle", ["rich", "json", "xml"]),
        ("sonarqube", ["rich"]),
        ("rdjson", ["rich"]),
        ("azure", ["rich", "json"]),
    ],
)
def test_a_format_imports_only_what_it_needs(name: str, absent: list[str]) -> None:
    program = (
        "import sys; from zr4lint.report import FORMATS, Options; from zr4lint.model.finding import Report;"
        f"FORMATS[{name!r}].render(Report((), ()), Options());"
        f"print([module for module in {absent!r} if module in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


OPTIONS = st.builds(
    Options,
    width=st.sampled_from([0, 20, 80]),
    color=st.just(False),
    verbose=st.booleans(),
    statistics=st.booleans(),
)


@pytest.mark.slow
@given(st.sampled_from(["text", "concise"]), reports(), OPTIONS)
def test_nothing_steers_the_terminal(name: str, report: Report, options: Options) -> None:
    assert all(line.isprintable() for line in FORMATS[name].render(report, options).split("\n"))


@pytest.mark.slow
@given(st.sampled_from(["text", "concise"]), reports(), OPTIONS)
def test_only_colours_steer_the_terminal(name: str, report: Report, options: Options) -> None:
    colored = FORMATS[name].render(report, replace(options, color=True))
    uncolored = re.sub(r"\x1b\[(0|[12]|[12];3[0-7]|3[0-7])m", "", colored)
    assert all(line.isprintable() for line in uncolored.split("\n"))


@pytest.mark.slow
@given(st.sampled_from(["text", "concise"]), reports(), OPTIONS)
def test_no_line_is_a_command_in_the_log_of_a_workflow(name: str, report: Report, options: Options) -> None:
    assert not [line for line in FORMATS[name].render(report, options).split("\n") if line.lstrip().startswith("::")]


def test_a_line_that_would_be_a_command_is_escaped() -> None:
    sample = Sample("FROM a\n", "::error::x")
    text = FORMATS["concise"].render(sample.report(sample.finding("FROM")), Options())
    assert text.startswith("\\x3a:error::x:1:1: error ZR0501 torch-pin: bad\n")


def test_what_has_no_shape_is_escaped() -> None:
    hostile = "\x1b[31m \x9b \u202e \udcff \ufeff \u200b \xa0 \t \\"
    assert visible(hostile) == "\\x1b[31m \\x9b \\u202e \\udcff \\ufeff \\u200b \\xa0 \\t \\"
    assert visible("[bold]日本 é[/bold]") == "[bold]日本 é[/bold]"


def test_surrogates_are_escaped() -> None:
    assert well_formed("é\udcff\ud83d\ude00") == "é\\udcff\\ud83d\\ude00"


@pytest.mark.slow
@given(hostile_text, st.integers(1, 40), st.integers(1, 40))
def test_wrapping_loses_no_words(text: str, first: int, rest: int) -> None:
    lines = wrap(text, first, rest)
    assert " ".join(lines).split() == visible(text).split()


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_a_long_line_with_many_findings_does_not_hang(name: str) -> None:
    sample = Sample("RUN " + "word " * 200_000 + "\n")
    spans = [Span(start, start + 4) for start in range(4, 5000, 5)]
    report = sample.report(*(sample.finding(span) for span in spans))
    with ends():
        FORMATS[name].render(report, Options())
