from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from msgspec.structs import replace

from zr4lint.model.finding import Criterion, Report
from zr4lint.report.badge import COLOURS, badge
from zr4lint.report.escaping import visible

from .sample import CONFORMANCE, Sample, reports

SAMPLE = Sample("FROM a\n", "a & <b>/Dockerfile")
SVG = "{http://www.w3.org/2000/svg}"


def words(picture: str) -> list[str | None]:
    return [text.text for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_the_score_of_one_file_and_of_several() -> None:
    report = SAMPLE.report(conformance=(CONFORMANCE,))
    assert words(badge(report)) == ["zr4lint", "18.3/20"]
    assert words(badge(replace(report, files=(*report.files,) * 3))) == ["zr4lint", "55/60"]


def test_without_a_score_it_counts_requirements() -> None:
    assert words(badge(SAMPLE.report(conformance=(replace(CONFORMANCE, criteria=()),)))) == [
        "zr4lint",
        "5/6 met",
    ]
    assert words(badge(SAMPLE.report())) == ["zr4lint", "no file"]


@pytest.mark.parametrize(("points", "colour"), [(10, 0), (9.9, 1), (8, 1), (7.9, 2), (5, 2), (4.9, 3), (0, 3)])
def test_the_colour_says_how_good_it_is(points: float, colour: int) -> None:
    report = SAMPLE.report(conformance=(replace(CONFORMANCE, criteria=(Criterion("a", points, 10),)),))
    assert [shade for _, shade in COLOURS if shade in badge(report)] == [COLOURS[colour][1]]


def contrast(colour: str) -> float:
    """Return the contrast of white letters on a colour, as WCAG 2 defines it."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize("colour", [colour for _, colour in COLOURS])
def test_it_is_legible(colour: str) -> None:
    assert contrast(colour) >= 4.5


@pytest.mark.slow
@given(reports())
def test_it_is_a_picture_whatever_the_path_is(report: Report) -> None:
    picture = ElementTree.fromstring(badge(report))
    title = f"zr4lint: 18.3/20 ({visible(report.files[0].source.path)})"
    assert picture.get("aria-label") == picture.findtext(f"{SVG}title") == title
