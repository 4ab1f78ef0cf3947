"""Amendments: the alternatives that --amended accepts, and the file that builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inprocess import call
from tests.support.buildkit import accepts
from tests.test_cli import CONFORMING, DOCKER, save
from zr4lint.app.assignment import load_packs
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import lint
from zr4lint.model.finding import FileReport, Severity
from zr4lint.model.source import SourceFile

FOLDER = Path(__file__).parents[1] / "fixtures" / "zr4" / "amended"
AMENDED = (FOLDER / "Dockerfile.zr4").read_text()
SPECIFICATION = load_packs(["zr4"])[0].specification
AMENDMENTS = SPECIFICATION.amendments if SPECIFICATION is not None else ()


def report(text: str, *, amended: bool = True) -> FileReport:
    config = LintOptions(context=str(DOCKER), amended=amended)
    return lint(SourceFile(text, "Dockerfile.zr4"), load_packs(["zr4", "ml"]), config)


def told(found: FileReport) -> list[str]:
    return [f"{f.code} {f.message}" for f in found.findings if f.severity > Severity.INFO]


def test_the_amended_file_conforms_and_would_build() -> None:
    found = report(AMENDED)
    (part,) = found.conformance
    assert told(found) == []
    assert (part.met, part.points) == (part.total, 60)
    assert AMENDED.count("\n") == 127
    for row in part.rows:
        if row.found and row.required:
            assert row.required[0] <= row.found[0] <= row.found[1] <= row.required[1]
    assert accepts(AMENDED)


def test_it_is_what_new_writes(tmp_path: Path) -> None:
    assert call("new", "zr4", "--amended", cwd=tmp_path).out == AMENDED


def test_the_letter_stays_the_default() -> None:
    assert {"ZR0201", "ZR0401", "ZR0603", "ZR0704", "ZR1101", "ZR1102"} <= {
        f.code for f in report(AMENDED, amended=False).findings
    }


def test_the_letter_is_accepted_too() -> None:
    found = report(CONFORMING)
    assert told(found) == []
    assert found.conformance[0].points == 60


@pytest.mark.parametrize("amendment", AMENDMENTS, ids=lambda a: a.requirement)
def test_each_has_its_reason_and_its_source(amendment: object) -> None:
    reason, source = amendment.reason, amendment.source  # type: ignore[attr-defined]
    assert reason.endswith(".")
    assert source.startswith("GPU facts ")


def test_neither_the_letter_nor_the_amendment_is_a_finding_that_asks_for_the_amendment() -> None:
    found = report(AMENDED.replace("cuda:12.4.1-devel", "cuda:12.2.2-devel"))
    (finding,) = [f for f in found.findings if f.code == "ZR0201"]
    assert finding.expected is not None
    assert "12.4.1" in finding.expected


def test_what_is_waived_may_be_there_and_what_is_amended_must(tmp_path: Path) -> None:
    assert "ZR1101" not in told(report(AMENDED.replace("ENV HF_HUB", "ENV CUDA_VISIBLE_DEVICES=0\nENV HF_HUB")))
    assert any("ZR1102" in words for words in told(report(AMENDED.replace("ENV HF_HUB_CACHE=", "ENV OTHER="))))


def test_option_and_key(tmp_path: Path) -> None:
    for name in ("Dockerfile.zr4", "start.sh", "download_models.sh"):
        save(tmp_path / name, (FOLDER / name).read_text())
    assert call("Dockerfile.zr4", cwd=tmp_path).code == 1
    assert call("--amended", "Dockerfile.zr4", cwd=tmp_path).code == 0
    save(tmp_path / "zr4lint.toml", "amended = true\n")
    assert call("Dockerfile.zr4", cwd=tmp_path).code == 0
