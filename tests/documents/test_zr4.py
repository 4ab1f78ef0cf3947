"""The pack compiled from the document of docker/Dockerfile.zr4, compared with the hand-written one."""

from __future__ import annotations

import tomllib
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.documents.support import pack_of
from tests.documents.test_checking import PRD, ROOT
from tests.inprocess import call
from tests.mutations.mutations import CONFORMING, Mutation, load
from zr4lint.documents.check import check
from zr4lint.documents.compiling import compile_document, undecided
from zr4lint.documents.decisions import Carried, read_decisions, settle
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import lint
from zr4lint.model.finding import FileReport, Finding, Severity
from zr4lint.model.source import SourceFile
from zr4lint.packs.rulebook import load as load_pack

if TYPE_CHECKING:
    from pathlib import Path

    from zr4lint.packs.model import Pack

DECISIONS = ROOT / "docker" / "Dockerfile.zr4.prd.decisions.toml"
SHIPPED = ROOT / "docker" / "Dockerfile.zr4"
NOTICED = 0.92

needs_the_document = pytest.mark.skipif(not PRD.exists(), reason="the user's document is not in the repository")


@cache
def carried() -> Carried:
    return read_decisions(DECISIONS.read_text(), "decisions")


@cache
def settled() -> FileReport:
    report, suspect = settle(check(SourceFile(PRD.read_text(), PRD.name)), carried().decision)
    assert suspect == ()
    return report


@cache
def compiled() -> str:
    return compile_document(settled(), "", carried()).text


@cache
def pack() -> Pack:
    return pack_of(compiled())


def found(text: str, rules: Pack) -> list[Finding]:
    codes = {rule.rule.code for rule in rules.rules}
    source = SourceFile.decode(text.encode(), "docker/Dockerfile.zr4")
    findings = lint(source, [rules], LintOptions(context=str(ROOT / "docker"))).findings
    return [finding for finding in findings if finding.code in codes and not finding.suppressed]


def said(text: str, rules: Pack) -> Counter[tuple[str, str]]:
    return Counter((finding.code, finding.message) for finding in found(text, rules))


def unnoticed(mutations: list[Mutation]) -> list[str]:
    """Return the edits that the hand-written pack reports and the compiled one does not."""
    text = CONFORMING.read_text()
    before, hand, earlier = said(text, pack()), load_pack("zr4"), said(text, load_pack("zr4"))
    return [m.name for m in mutations if said(m.text, hand) - earlier and not said(m.text, pack()) - before]


@needs_the_document
def test_every_contradiction_is_decided() -> None:
    assert undecided(settled()) == []
    assert all(decision.keep and decision.reason for decision in carried().decision)


@needs_the_document
def test_the_shipped_file_meets_the_compiled_pack() -> None:
    assert [f"{f.name}: {f.message}" for f in found(SHIPPED.read_text(), pack())] == []


@pytest.mark.thorough
@needs_the_document
def test_edits_are_noticed_as_by_the_pack_written_by_hand() -> None:
    edits = [*load("breaking")][::7]
    assert len(unnoticed(edits)) <= (1 - NOTICED) * len(edits)


@needs_the_document
@pytest.mark.thorough
def test_all_edits_are_noticed_as_by_the_pack_written_by_hand() -> None:
    edits = [*load("breaking")]
    assert len(unnoticed(edits)) <= (1 - NOTICED) * len(edits)


@needs_the_document
@pytest.mark.thorough
def test_edits_that_keep_the_meaning_are_no_error() -> None:
    wrong = {
        m.name: [f.message for f in found(m.text, pack()) if f.severity is Severity.ERROR] for m in load("keeping")
    }
    assert {name: messages for name, messages in wrong.items() if messages} == {}


@needs_the_document
def test_sections_lines_and_levels_are_those_of_the_pack_written_by_hand() -> None:
    hand, own = (tomllib.loads(text) for text in ((ROOT / "rules" / "zr4.toml").read_text(), compiled()))

    def layers(table: dict[str, Any]) -> list[object]:
        return [(s["number"], s["layer"], s["lines"], s.get("build")) for s in table["section"] if "lines" in s]

    assert layers(own) == layers(hand)
    levels = {rule["check"]: rule["level"] for rule in hand["rule"]}
    same = {"note", "clone-owner", "context-files", "layer-banner", "syntax", "line-count", "pip-order", "layer-lines"}
    assert {r["check"]: r["level"] for r in own["rule"] if r["check"] in same} == {kind: levels[kind] for kind in same}


@needs_the_document
def test_rules_name_their_line_and_their_command() -> None:
    rules = {rule["name"]: rule for rule in tomllib.loads(compiled())["rule"]}
    lines = PRD.read_text().splitlines()
    pin = rules["pip-pin-flash-attn"]
    assert "flash-attn==2.7.4.post1" in lines[int(pin["source"].partition(":")[2]) - 1]
    assert pin["greps"] == ["flash-attn==2.7.4.post1"]
    assert (pin["section"], rules["pip-bound-mmcv"]["level"], rules["pip-bound-mmcv-2"]["level"]) == (
        "6",
        "error",
        "warning",
    )


@needs_the_document
def test_the_compiled_pack_knows_conflicts_amendments_and_the_score() -> None:
    hand, own = (tomllib.loads(text) for text in ((ROOT / "rules" / "zr4.toml").read_text(), compiled()))
    assert [(c["name"], c["by"], c["points"]) for c in own["criterion"]] == [
        (c["name"], c["by"], c["points"]) for c in hand["criterion"]
    ]
    assert {code for c in own["conflict"] for code in c["rules"]} == {
        code for c in hand["conflict"] for code in c["rules"]
    }
    reasons = [{a["reason"] for a in table["amendment"]} for table in (own, hand)]
    assert reasons[0] == reasons[1]


@pytest.mark.slow
@needs_the_document
def test_a_missing_decision_is_named(tmp_path: Path) -> None:
    done = call("prd", "compile", str(PRD), "--decisions", "none.toml", cwd=tmp_path)
    assert done.code == 2
    assert "PD202 this block has 26 lines; lines 3 to 15 are 13; decide: zr4lint prd decide" in done.err
