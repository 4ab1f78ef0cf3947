"""The engine: selection, order and places of findings, and the score."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zr4lint
from zr4lint.checks import KINDS
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import lint
from zr4lint.model.finding import FileReport, Severity
from zr4lint.model.source import SourceFile
from zr4lint.packs.problems import PackError
from zr4lint.packs.reader import read_pack

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack

ROOT = Path(__file__).resolve().parents[1]
CONFORMING = (ROOT / "docker" / "Dockerfile.zr4").read_text(encoding="utf-8")


def rule(code: str, section: str, check: str, **keys: Any) -> Mapping[str, Any]:
    plain = {"name": f"rule-{code.lower()}", "level": "error", "summary": "s", "why": "w"}
    return {"code": code, "section": section, "check": check, **plain, **keys}


RULES = [
    rule("PK101", "1", "base-image", image="debian:12", greps=["^FROM debian:12"]),
    rule("PK201", "2", "env", variables={"A": "1", "B": "2"}),
    rule("PK202", "2", "apt-packages", packages=["git", "curl"], greps=["git"]),
    rule("PK203", "2", "package-cache", manager="pip", anywhere=True, level="warning"),
    rule("PK301", "3", "last-workdir", path="/srv"),
    rule("PK302", "3", "exec-form", instructions=["CMD"], required=True),
]
CRITERIA = [
    {"name": "some", "by": "rules", "points": 10, "rules": ["PK101", "PK201", "PK301"]},
    {"name": "must", "by": "must", "points": 20},
    {"name": "commands", "by": "commands", "points": 10},
    {"name": "fixes", "by": "fixes", "points": 10},
]
GOOD = """\
FROM debian:12
ENV A=1 B=2
RUN apt-get install -y git curl
WORKDIR /srv
CMD ["a"]
"""


def pack(rules: Sequence[Mapping[str, Any]] = RULES, name: str = "small") -> Pack:
    sections = [
        {"number": "1", "title": "Base", "layer": 1, "lines": [1, 1]},
        {"number": "2", "title": "System", "layer": 2, "lines": [2, 3]},
        {"number": "3", "title": "Start", "layer": 3, "lines": [4, 5]},
    ]
    known = {r["code"] for r in rules}
    criteria = [c for c in CRITERIA if known.issuperset(c.get("rules", ()))]  # type: ignore[arg-type]
    head = {"name": name, "title": "Small", "document": "Plan", "files": ["*"], "section": sections}
    return read_pack({**head, "rule": list(rules), "criterion": criteria}, KINDS, "small.toml")


def run(text: str, **config: Any) -> FileReport:
    return lint(SourceFile(text), [pack()], LintOptions(**config))


def codes(report: FileReport) -> list[str]:
    return [finding.code for finding in report.findings]


# Selection

BAD = "FROM ubuntu\nRUN pip install x\n"
ALL = ["PK101", "PK201", "PK201", "PK202", "PK202", "PK203", "PK301", "PK302"]


@pytest.mark.parametrize(
    ("select", "ignore", "left"),
    [
        ((), (), {"PK101", "PK201", "PK202", "PK203", "PK301", "PK302"}),
        (("PK2",), (), {"PK201", "PK202", "PK203"}),
        (("pk2",), (), {"PK201", "PK202", "PK203"}),
        (("PK201", "PK3"), (), {"PK201", "PK301", "PK302"}),
        (("rule-pk201",), (), {"PK201"}),
        ((), ("PK2",), {"PK101", "PK301", "PK302"}),
        ((), ("rule-pk101",), {"PK201", "PK202", "PK203", "PK301", "PK302"}),
        (("PK2",), ("PK201",), {"PK202", "PK203"}),  # the longer one decides
        (("PK201",), ("PK2",), {"PK201"}),
        (("PK2",), ("PK2",), set()),  # ignore wins between two of equal length
        (("PK20",), ("PK2", "PK203"), {"PK201", "PK202"}),
        (("rule-pk201",), ("PK20",), {"PK201"}),
        (("PK9",), (), set()),
        ((), ("",), set()),
    ],
)
def test_the_longest_prefix_decides(select: tuple[str, ...], ignore: tuple[str, ...], left: set[str]) -> None:
    assert set(codes(run(BAD, select=select, ignore=ignore))) == left


def test_what_is_not_selected_still_counts_for_conformance() -> None:
    assert run(BAD, select=("PK9",)).conformance == run(BAD).conformance


@pytest.mark.parametrize(
    ("severity", "shown"),
    [
        ((), Severity.ERROR),
        ((("PK1", Severity.INFO),), Severity.INFO),
        ((("PK1", Severity.INFO), ("PK101", Severity.WARNING)), Severity.WARNING),
        ((("PK101", Severity.WARNING), ("PK1", Severity.INFO)), Severity.WARNING),
        ((("PK2", Severity.INFO),), Severity.ERROR),
    ],
)
def test_another_severity_may_be_given(severity: tuple[tuple[str, Severity], ...], shown: Severity) -> None:
    assert {f.severity for f in run(BAD, severity=severity).findings if f.code == "PK101"} == {shown}


# Order and place


def test_findings_come_in_the_order_of_the_text_and_then_of_their_codes() -> None:
    report = run("FROM ubuntu\nRUN pip install x && pip install y\nWORKDIR /a\nCMD a\n")
    places = [(f.span, f.code) for f in report.findings]
    assert places == sorted(places)
    assert codes(report)[-2:] == ["PK301", "PK302"]


def test_findings_of_several_packs_come_together() -> None:
    other = pack([rule("AA101", "1", "base-image", image="alpine")], "other")
    report = lint(SourceFile(BAD), [pack(), other])
    assert [code for code in codes(report) if code.endswith("101")] == ["AA101", "PK101"]
    assert [c.pack for c in report.conformance] == ["small", "other"]


def words(text: str, code: str) -> list[str]:
    report = run(text)
    return [report.source.slice(f.span) for f in report.findings if f.code == code]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        # no place is better than the stage
        ("FROM debian:12\n", "PK201", ["FROM debian:12", "FROM debian:12"]),
        # the ENV that sets the other one
        ("FROM debian:12\nENV A=1\n", "PK201", ["ENV A=1"]),
        # the command that installs the other one
        ("FROM debian:12\nRUN apt-get install -y git\n", "PK202", ["apt-get install"]),
        # the word that makes the instruction fail the requirement
        ("FROM debian:12\nRUN echo apt install git curl\n", "PK202", ["echo"]),
        # the first instruction of the same layer
        ("FROM debian:12\nWORKDIR /srv\n", "PK302", ["WORKDIR"]),
        # no stage at all
        ("# nothing\n", "PK101", [""]),
        # the wrong words
        ("FROM ubuntu:22.04 AS x\n", "PK101", ["ubuntu:22.04"]),
        ("FROM debian:12\nENV A=1 B=3\n", "PK201", ["B=3"]),
    ],
)
def test_what_is_missing_stands_where_it_belongs(text: str, code: str, place: list[str]) -> None:
    assert words(text, code) == place


def test_what_can_not_be_known_is_one_level_less_severe() -> None:
    severities = {f.code: f.severity for f in run("ARG I\nFROM $I\nRUN pip install x\n").findings}
    assert (severities["PK101"], severities["PK301"]) == (Severity.WARNING, Severity.ERROR)


# Conformance and score


def score(text: str) -> dict[str, float]:
    return {c.name: c.points for c in run(text).conformance[0].criteria}


def test_a_conforming_file_has_all_points() -> None:
    conformance = run(GOOD).conformance[0]
    assert codes(run(GOOD)) == []
    assert (conformance.met, conformance.total, conformance.points, conformance.of) == (6, 6, 50, 50)


@pytest.mark.parametrize(
    ("old", "new", "points"),
    [
        # 2 of 3 rules are 6.66, 4 of 5 at level error 16; all commands pass; the finding has a fix
        ("B=2", "B=3", {"some": 6.6, "must": 16.0, "commands": 10.0, "fixes": 10.0}),
        # 1 of 3 rules, 3 of 5 at level error
        ("B=2\nRUN", "B=3\nWORKDIR /x\nRUN", {"some": 6.6, "must": 16.0, "commands": 10.0, "fixes": 10.0}),
        # one of two commands belongs to a rule that is not met
        ("git curl", "curl", {"some": 10.0, "must": 16.0, "commands": 5.0, "fixes": 10.0}),
        # a warning is not a must
        ("WORKDIR", "RUN pip install x\nWORKDIR", {"some": 10.0, "must": 20.0, "commands": 10.0, "fixes": 10.0}),
    ],
)
def test_points_are_shares_rounded_down(old: str, new: str, points: dict[str, float]) -> None:
    assert GOOD.count(old) == 1
    assert score(GOOD.replace(old, new)) == points


def test_findings_without_a_fix_cost_points() -> None:
    report = run("ARG I\n" + GOOD.replace("debian:12", "$I").replace("B=2", "B=3"))
    assert [(f.code, f.fix is not None) for f in report.findings] == [("PK101", False), ("PK201", True)]
    assert report.conformance[0].criteria[3].points == 5


def test_rows_tell_lines_found_and_required() -> None:
    rows = run("\n" + GOOD).conformance[0].rows
    shown = [(r.title, r.met, r.total, r.found, r.required) for r in rows]
    assert shown == [
        ("1 Base", 1, 1, (2, 2), (1, 1)),
        ("2 System", 3, 3, (3, 4), (2, 3)),
        ("3 Start", 2, 2, (5, 6), (4, 5)),
    ]


def test_every_requirement_that_is_met_names_its_witness() -> None:
    report = run(GOOD)
    named = [(w.code, report.source.slice(w.span)) for w in report.conformance[0].witnesses]
    assert named == [
        ("PK101", "debian:12"),
        ("PK201", "A=1"),
        ("PK201", "B=2"),
        ("PK202", "git"),
        ("PK202", "curl"),
        ("PK301", "WORKDIR /srv"),
        ("PK302", 'CMD ["a"]'),
    ]


# The linted image


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"FROM ubuntu AS tools\nRUN pip install x\n{GOOD}", []),
        (GOOD.replace("debian:12", "debian:12 AS a") + "FROM a\nRUN echo\n", []),
        (GOOD.replace("debian:12", "debian:12 AS a") + "FROM a\nWORKDIR /x\n", ["PK301"]),
    ],
)
def test_only_what_is_built_is_judged(text: str, found: list[str]) -> None:
    assert codes(run(text)) == found


def test_where_the_final_stage_is_another_one_only_that_is_said() -> None:
    named = read_pack(
        {
            "name": "n", "title": "t", "document": "d", "files": ["*"], "stage": "a",
            "section": [{"number": "1", "title": "Base"}],
            "rule": [
                rule("PK101", "1", "base-image", image="debian:12"),
                rule("PK102", "1", "final-stage", stage="a"),
                rule("PK103", "1", "env", variables={"A": "1"}),
            ],
        },
        KINDS,
        "n.toml",
    )  # fmt: skip
    text = "FROM debian:12 AS a\nENV A=1\nFROM scratch\nENV A=2\n"
    assert codes(lint(SourceFile(text), [named])) == ["PK102"]


# The library


def test_a_report_can_be_pickled() -> None:
    report = zr4lint.lint_text(CONFORMING.replace("torch==2.5.1", "torch==2.5.0"), path="d/Dockerfile.zr4", packs="zr4")
    copy: FileReport = pickle.loads(pickle.dumps(report))
    assert (copy.findings, copy.conformance, copy.source.text) == (
        report.findings,
        report.conformance,
        report.source.text,
    )
    assert {f.path for f in copy.findings} == {"d/Dockerfile.zr4"}
    assert "ZR0501" in codes(copy)


def test_the_conforming_file_has_no_findings_and_60_points() -> None:
    report = zr4lint.lint_text(CONFORMING, packs="zr4")
    assert [f"{f.code} {f.message}" for f in report.findings] == []
    assert (report.conformance[0].points, report.conformance[0].of) == (60, 60)


def test_packs_are_named_or_files_and_config_is_used(tmp_path: Path) -> None:
    assert codes(zr4lint.lint_text("FROM ubuntu\n", packs="zr4", options=LintOptions(select=("ZR0201",)))) == ["ZR0201"]
    assert zr4lint.lint_text("FROM ubuntu\n", packs=[]).findings == ()
    (tmp_path / "p.toml").write_text("name = 1\n")
    with pytest.raises(PackError, match="`name` is `1`"):
        zr4lint.lint_text("", packs=[str(tmp_path / "p.toml")])


def test_a_lint_leaves_nothing_behind() -> None:
    first = zr4lint.lint_text(CONFORMING.replace("-y", ""), packs="zr4")
    zr4lint.lint_text(BAD, packs="zr4")
    second = zr4lint.lint_text(CONFORMING.replace("-y", ""), packs="zr4")
    assert (first.findings, first.conformance) == (second.findings, second.conformance)


LINES = [
    *CONFORMING.split("\n"),
    "FROM a",
    "RUN <<E",
    "E",
    "RUN \\",
    "ENV A",
    "CMD [",
    "# escape=`",
    "COPY --from=base a b",
]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=10)), max_size=15).map("\n".join))
def test_any_text_can_be_linted_and_findings_lie_in_it(text: str) -> None:
    report = zr4lint.lint_text(text, packs="zr4")
    for finding in report.findings:
        assert 0 <= finding.span.start <= finding.span.end <= len(text)
        for edit in finding.fix.edits if finding.fix else ():
            assert 0 <= edit.start <= edit.end <= len(text)
    conformance = report.conformance[0]
    assert 0 <= conformance.met <= conformance.total
    assert 0 <= conformance.points <= conformance.of
