"""No report contains the secrets of a file."""

from __future__ import annotations

import pytest

import zr4lint
from zr4lint.report import FORMATS

TOKEN = "ghp_" + "t0k3n" * 8
TEXT = f"FROM alpine:3.22\nENV GITHUB_TOKEN {TOKEN}\nRUN git clone https://{TOKEN}@github.com/a/b && cd b\n"


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_shows_a_token(form: str) -> None:
    report = zr4lint.lint_text(TEXT, packs=["core", "ml"])
    assert "secret-value" in {finding.name for finding in report.findings}
    written = zr4lint.render(report, format=form, packs=["core", "ml"])
    assert written
    assert TOKEN not in written


def test_other_words_stay_where_they_are() -> None:
    report = zr4lint.lint_text(TEXT, packs="core")
    written = zr4lint.render(report, packs="core")
    assert f"ENV GITHUB_TOKEN {'*' * len(TOKEN)}" in written
    assert report.source.text == TEXT
