"""docs/adopt.md is correct: its commands give the output shown, and the site lists the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.adopt_page import PAGE, replayed
from tests.inprocess import call
from tests.installed import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_outputs_are_those_of_its_commands(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert replayed(text, tmp_path) == text, "run `python -m tests.adopt_page`"
    assert (tmp_path / ".github" / "workflows" / "zr4lint.yml").is_file()
    assert json.loads((tmp_path / "zr4lint-baseline.json").read_text(encoding="utf-8"))


def test_a_new_finding_fails_where_the_page_says_so(tmp_path: Path) -> None:
    replayed(PAGE.read_text(encoding="utf-8"), tmp_path)
    options = ("--baseline", "zr4lint-baseline.json", "--fail-on", "info", "--quiet")
    assert call(*options, cwd=tmp_path).code == 0
    with (tmp_path / "Dockerfile").open("a", encoding="utf-8") as file:
        file.write("RUN cd /tmp\n")
    assert call(*options, cwd=tmp_path).code == 1


def test_the_site_leads_to_it() -> None:
    assert "(adopt.md)" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert ": adopt.md\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
