"""Conflicts: requirements of a specification that another pack warns about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.inprocess import call
from tests.test_cli import CONFORMING, DOCKER, save
from zr4lint.app.assignment import load_packs
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import lint
from zr4lint.model.finding import Applicability, Finding, Severity
from zr4lint.model.source import SourceFile

AFTER = Path(__file__).parents[1] / "fixtures" / "fixing" / "prd-after.Dockerfile.zr4"
DEMANDED = {
    ("ML101", "ZR0201"),
    ("ML603", "ZR0302"),
    ("ML601", "ZR0401"),
    ("ML602", "ZR0401"),
    ("ML208", "ZR0603"),
    ("ML301", "ZR0701"),
    ("ML305", "ZR0701"),
    ("ML401", "ZR0701"),
    ("ML301", "ZR0703"),
    ("ML404", "ZR0704"),
    ("ML702", "ZR1101"),
    ("ML703", "ZR1102"),
}


def found(text: str, level: Severity | None = Severity.INFO) -> tuple[Finding, ...]:
    config = LintOptions(context=str(DOCKER), conflicts=level)
    return lint(SourceFile(text, "Dockerfile.zr4"), load_packs(["zr4", "ml", "core"]), config).findings


def test_the_conforming_file_has_conflicts_and_nothing_else() -> None:
    findings = found(CONFORMING)
    assert {(f.code, f.conflict) for f in findings} == DEMANDED
    assert {f.severity for f in findings} == {Severity.INFO}
    assert "the PRD requires this: ZR0201 base-image" in [r.message for r in findings[0].related]


def test_what_is_wrong_with_the_prds_own_text_is_reported_as_conflicts() -> None:
    assert {(f.code, f.conflict) for f in found(AFTER.read_text()) if f.conflict} == {
        *DEMANDED,
        ("ML210", "ZR0803"),
    }


def test_a_fix_that_would_break_the_requirement_is_only_shown() -> None:
    fixes = [f.fix for f in found(CONFORMING) if f.fix is not None]
    assert fixes
    assert {fix.applicability for fix in fixes} == {Applicability.DISPLAY}


@pytest.mark.parametrize("level", [*Severity, None])
def test_the_level_is_theirs_and_without_one_they_are_left_out(level: Severity | None) -> None:
    conflicts = [f for f in found(CONFORMING, level) if f.conflict]
    assert {f.severity for f in conflicts} == ({level} if level else set())
    assert len(found(CONFORMING, level)) == len(conflicts)


def test_words_that_do_not_meet_the_requirement_are_no_conflict() -> None:
    findings = found(CONFORMING.replace("cuda:12.4-devel", "cuda:12.1-devel"))
    assert ("ML101", None, Severity.INFO) in [(f.code, f.conflict, f.severity) for f in findings]
    assert "ZR0201" in [f.code for f in findings]


def test_what_is_not_demanded_is_no_conflict() -> None:
    findings = found(CONFORMING + "RUN chmod 777 /opt\n")
    assert [(f.conflict, f.severity) for f in findings if f.code == "ZC611"] == [(None, Severity.WARNING)]


def test_only_the_packs_in_use_demand() -> None:
    findings = lint(SourceFile(CONFORMING), load_packs(["ml"])).findings
    assert [f for f in findings if f.conflict] == []
    assert Severity.ERROR in {f.severity for f in findings}


@pytest.mark.parametrize(
    ("args", "code", "last"),
    [
        ([], 0, "All 52 requirements met, 12 conflicts. Score 60/60."),
        (["--conflicts", "warning"], 0, "All 52 requirements met, 12 conflicts. Score 60/60."),
        (["--conflicts", "warning", "--fail-on", "warning"], 1, "All 52 requirements met, 12 conflicts. Score 60/60."),
        (["--conflicts", "error"], 1, "All 52 requirements met, 12 conflicts. Score 60/60."),
        (["--conflicts", "off"], 0, "All 52 requirements met. Score 60/60."),
    ],
)
def test_the_option(tmp_path: Path, args: list[str], code: int, last: str) -> None:
    done = call(*args, DOCKER / "Dockerfile.zr4", cwd=tmp_path)
    assert (done.code, done.out.splitlines()[-1]) == (code, last)


def test_the_key_of_the_configuration_and_the_option_that_wins(tmp_path: Path) -> None:
    for name in ("Dockerfile.zr4", "start.sh", "download_models.sh"):
        save(tmp_path / name, (DOCKER / name).read_text())
    save(tmp_path / "zr4lint.toml", 'conflicts = "error"\n')
    assert call("Dockerfile.zr4", cwd=tmp_path).code == 1
    assert call("--conflicts", "info", "Dockerfile.zr4", cwd=tmp_path).code == 0


def test_they_are_one_line_unless_asked_for(tmp_path: Path) -> None:
    out = call(DOCKER / "Dockerfile.zr4", cwd=tmp_path).out
    notice = f"{len(found(CONFORMING))} conflicts: this image can't be built as specified; --conflicts=show lists them"
    assert out.splitlines()[-2] == notice
    assert "ZR1102" not in out


def test_they_stand_in_a_block_of_their_own(tmp_path: Path) -> None:
    out = call("--conflicts", "show", DOCKER / "Dockerfile.zr4", cwd=tmp_path).out
    block = out.split("\n\n")[0].splitlines()
    assert block[0] == "Conflicts: the specification requires what these rules warn of"
    assert block[2] == "    the PRD requires this: ZR0201 base-image"
    assert "Conflicts" not in call("-q", DOCKER / "Dockerfile.zr4", cwd=tmp_path).out


@pytest.mark.parametrize("name", ["sarif", "gitlab", "github", "markdown", "junit", "concise", "json"])
def test_every_format_tells_the_requirement(tmp_path: Path, name: str) -> None:
    assert "ZR1102" in call("--conflicts", "show", "--format", name, DOCKER / "Dockerfile.zr4", cwd=tmp_path).out


def test_json_counts_them_apart(tmp_path: Path) -> None:
    report = json.loads(call("--format", "json", DOCKER / "Dockerfile.zr4", cwd=tmp_path).out)
    assert report["summary"] == {
        "error": 0,
        "warning": 0,
        "info": 0,
        "fixable": 0,
        "conflicts": len(report["findings"]),
        "fixed": 0,
    }
    assert {finding["conflict"] for finding in report["findings"]} == {requirement for _, requirement in DEMANDED}


def test_an_accepted_conflict_is_told_on_request_only() -> None:
    packs = load_packs(["zr4", "core"])
    source = SourceFile(CONFORMING, "Dockerfile.zr4")
    told = [f.code for f in lint(source, packs).findings if f.conflict]
    listed = [f for f in lint(source, packs, LintOptions(lists_conflicts=True)).findings if f.conflict]
    assert "ZC410" not in told
    assert {f.conflict for f in listed if f.code == "ZC410"} == {"ZR1002"}
