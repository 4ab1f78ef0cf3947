"""Pairs of stages of the pipeline: each stage works whatever the others do."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Thread

import pytest

from zr4lint import TimeUpError, lint_text
from zr4lint.app.assignment import load_packs
from zr4lint.linting.baseline import collect
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Linter, lint
from zr4lint.model.budgets import FINDINGS_OF_A_RULE
from zr4lint.model.deadline import Deadline
from zr4lint.model.finding import FileReport, Finding, Severity
from zr4lint.model.source import MappedText, SourceFile
from zr4lint.shell import parse_script

DEMANDED = "FROM nvidia/cuda:12.4-devel-ubuntu22.04 AS base\nENV CUDA_VISIBLE_DEVICES=0\nRUN apt-get update\n"
"""ML702 is a conflict with ZR1101 here; ZR0306 is an independent error."""

COMMENT = "# zr4lint: ignore[ZR1204] Nothing here is about that rule.\n"
SUPPRESSED = "# zr4lint: ignore[ML702] The container is given one GPU.\n"
RAISED: tuple[tuple[str, Severity], ...] = (("ML702", Severity.ERROR), ("ZR0306", Severity.INFO))


def run(text: str, options: LintOptions | None = None) -> FileReport:
    return lint(SourceFile(text, "Dockerfile.zr4"), load_packs(["zr4", "ml"]), options)


def found(report: FileReport, code: str) -> Finding:
    (finding,) = [finding for finding in report.findings if finding.code == code]
    return finding


def with_comment(comment: str) -> str:
    first, rest = DEMANDED.split("\n", 1)
    return f"{first}\n{comment}{rest}"


@pytest.mark.parametrize("comment", ["", COMMENT, SUPPRESSED])
def test_a_conflict_keeps_the_severity_of_conflicts(comment: str) -> None:
    """With an overridden severity, a comment anywhere in the file used to turn the conflict into an error."""
    report = run(with_comment(comment), LintOptions(severity=RAISED))
    finding = found(report, "ML702")
    assert (finding.conflict, finding.severity, finding.suppressed) == ("ZR1101", Severity.INFO, comment == SUPPRESSED)
    assert found(report, "ZR0306").severity is Severity.INFO


@pytest.mark.parametrize("level", [*Severity, None])
@pytest.mark.parametrize("comment", ["", COMMENT])
def test_the_option_for_conflicts_decides_in_files_with_comments_as_well(level: Severity | None, comment: str) -> None:
    report = run(with_comment(comment), LintOptions(conflicts=level, severity=RAISED))
    assert [f.severity for f in report.findings if f.code == "ML702"] == ([] if level is None else [level])


CROSSED: Mapping[str, LintOptions] = {
    "severity": LintOptions(severity=RAISED),
    "conflicts": LintOptions(conflicts=Severity.ERROR),
    "selection": LintOptions(select=("ML702", "ZR0306")),
    "ignoring": LintOptions(ignore=("ZR02",)),
    "amendments": LintOptions(amended=True),
}


@pytest.mark.parametrize("options", CROSSED.values(), ids=CROSSED)
def test_a_suppression_holds_with_every_option(options: LintOptions) -> None:
    for finding in run(with_comment(SUPPRESSED), options).findings:
        assert finding.suppressed is (finding.code == "ML702")
        assert finding.code not in ("ZL001", "ZL002", "ZL003", "ZL004")


@pytest.mark.slow
@pytest.mark.parametrize("options", CROSSED.values(), ids=CROSSED)
@pytest.mark.parametrize("comment", ["", COMMENT, SUPPRESSED])
def test_a_baseline_holds_what_the_same_options_find(options: LintOptions, comment: str) -> None:
    packs = load_packs(["zr4", "ml"])
    source = SourceFile(with_comment(comment), "Dockerfile.zr4")
    before = lint(source, packs, options)
    after = lint(source, packs, options, collect("baseline.json", [before]))
    assert all(finding.suppressed for finding in after.findings)
    assert [f.code for f in after.findings] == [f.code for f in before.findings]


@pytest.mark.slow
@pytest.mark.parametrize("options", CROSSED.values(), ids=CROSSED)
@pytest.mark.parametrize("comment", ["", COMMENT, SUPPRESSED])
def test_selection_takes_findings_out_and_changes_none(options: LintOptions, comment: str) -> None:
    linter = Linter(load_packs(["zr4", "ml"]), options)
    source = SourceFile(with_comment(comment), "Dockerfile.zr4")
    everything = linter.of_every_rule().lint(source).report.findings
    assert [f for f in everything if options.selects(f)] == list(linter.lint(source).report.findings)


def test_whether_a_suppression_is_used_does_not_depend_on_selection() -> None:
    unused = with_comment("# zr4lint: ignore[ZR0501] Torch comes later.\n")
    assert found(run(unused, LintOptions(select=("ZL001",))), "ZL001").severity is Severity.WARNING
    assert run(with_comment(SUPPRESSED), LintOptions(select=("ZL001",))).findings == ()


def test_without_suppressions_comments_in_the_file_do_not_count() -> None:
    report = run(with_comment(SUPPRESSED), LintOptions(suppressions=False))
    assert not found(report, "ML702").suppressed


def test_findings_that_hang_on_words_a_failed_requirement_blames_are_demoted() -> None:
    text = DEMANDED + "RUN pip install torch==2.6.0 torchvision==0.20.1\n"
    report = run(text)
    assert found(report, "ZR0501").severity is Severity.ERROR
    follows = found(report, "ML201")
    assert (follows.severity, follows.notes[-1]) == (Severity.INFO, "ZR0501 torch-pin requires other words here")
    (alone,) = [f for f in lint(SourceFile(text), load_packs(["ml"])).findings if f.code == "ML201"]
    assert alone.severity is Severity.ERROR


REFUSED = {
    "": (0, "empty file: there is no instruction, start with FROM"),
    "RUN true\n": (0, "no FROM: the file builds on nothing"),
    "FROM a\nRNU b\n": (7, ""),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_buildkit_refuses_is_told_whatever_the_packs(text: str) -> None:
    start, _ = REFUSED[text]
    for packs in ([], ["ml"]):
        report = lint(SourceFile(text), load_packs(packs) if packs else [])
        syntax = [f for f in report.findings if f.code == "ZL000"]
        assert [(f.severity, f.span.start) for f in syntax] == [(Severity.ERROR, start)]


def test_a_requirement_on_the_syntax_is_told_in_its_place() -> None:
    (finding,) = [f for f in run("FROM a\nRNU b\n").findings if "ZL000" in (f.code, *f.also)]
    assert (finding.code, finding.also, finding.aliases) == ("ZR0001", ("ZL000",), ("DL1000",))
    ignoring = run("FROM a\nRNU b\n", LintOptions(ignore=("ZR0001",)))
    assert found(ignoring, "ZL000").severity is Severity.ERROR


def test_a_template_need_not_be_a_dockerfile() -> None:
    assert (
        lint(SourceFile("FROM {{ image }}\n{% if x %}\nRUN a\n{% endif %}\n"), [], LintOptions(template=True)).findings
        == ()
    )


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("FROM {{ image }}\nRUN cd /a\n", [2]),
        ("FROM @IMAGE@\nRUN cd /a\n", [2]),
        ("FROM ubuntu\nRUN cd /a\n", [1, 2]),
        ("FROM ubuntu\nRUN cd /a \\\n  && b <%= c %>\nRUN cd /d\n", [1, 4]),
        ("FROM ubuntu\n{% if x %}\nRUN cd /a\n{% endif %}\n", [1, 3]),
        ("FROM ubuntu\nRUN cd /a && mail a@b.org\n", [1, 2]),
        ("FROM debian:%%SUITE%%-slim\nRUN cd /a\n", [2]),
        ("FROM __IMAGE__\nRUN cd /a && python -c 'print(__name__)'\n", [2]),
        ("{{ from }}\nRUN cd /a\n", []),
        ("RUN ls\n{{ from }}\nRUN cd /a\n", [1]),
        ("# {{ note }}\nARG A\nFROM ubuntu\nRUN cd /a\n", [3, 4]),
    ],
)
def test_instructions_of_a_template_with_markup_have_no_findings(text: str, lines: list[int]) -> None:
    source = SourceFile(text)
    found = lint(source, load_packs(["core"]), LintOptions(template=True, select=("ZC101", "ZC128", "ZC603"))).findings
    assert [source.line_of(finding.span.start) for finding in found] == lines


@pytest.mark.slow
def test_the_findings_of_a_rule_are_bounded() -> None:
    text = "FROM a\n" + "RUN apt-get install -y x\n" * (FINDINGS_OF_A_RULE + 7)
    report = lint(SourceFile(text, "Dockerfile.zr4"), load_packs(["zr4"]), LintOptions(select=("ZR0303", "ZL")))
    assert [f.code for f in report.findings].count("ZR0303") == FINDINGS_OF_A_RULE
    left_out = found(report, "ZL005")
    assert (left_out.message, left_out.line) == ("7 more findings of ZR0303 are not listed", FINDINGS_OF_A_RULE + 2)


def test_a_rule_ends_after_very_many_findings() -> None:
    text = "FROM a\nRUN a" + "\f\v" * 2_100 + "b\n"
    report = lint(SourceFile(text), load_packs(["core"]))
    assert found(report, "ZL005").message == "1600 or more findings of ZC921 are not listed"


def test_without_trials_no_cause_is_searched() -> None:
    source, deadline = SourceFile("FROM ubuntu:22.04\nRUN apt-get install -y git\n"), Deadline(trials=1)
    linter = Linter(load_packs(["zr4", "core"]), deadline=deadline)
    linter.lint(source)
    left = deadline.trials
    assert left <= 0
    linter.lint(source)
    assert deadline.trials == left


@pytest.mark.slow
def test_threads_read_scripts_at_the_same_time() -> None:
    script = "".join(f"test -f /a{number} && rm /b{number} || true; " for number in range(600))
    counted: list[int] = []

    def work(number: int) -> None:
        counted.append(len(parse_script(MappedText.join([(f"x{number}; {script}", 0)])).commands))

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted == [1_801] * 4


def test_a_deadline_holds_in_a_thread() -> None:
    text = "FROM a\n" + "RUN for a in 1 2 3 4 5 6 7 8 9; do for b in 1 2 3 4 5 6 7 8 9; do x; done; done\n" * 500
    raised: list[type[BaseException]] = []

    def work() -> None:
        try:
            lint_text(text, max_time=0.05)
        except TimeUpError as error:
            raised.append(type(error))

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert raised == [TimeUpError]
