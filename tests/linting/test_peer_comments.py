"""Comments for hadolint and BuildKit: the findings that they suppress, also in combination with other stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from zr4lint import lint_text
from zr4lint.checks import KINDS
from zr4lint.dockerfile import parse
from zr4lint.dockerfile.peer_comments import declared_shells, peer_comments
from zr4lint.linting.baseline import collect
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import lint
from zr4lint.model.finding import FileReport, Severity
from zr4lint.model.source import SourceFile
from zr4lint.packs.reader import read_pack

WORDS = {"level": "warning", "summary": "s", "why": "w"}
PACK = read_pack(
    {
        "name": "general",
        "title": "General practice",
        "files": ["*"],
        "rule": [
            {
                "code": "GP1", "name": "label", "aliases": ["DL3049", "LabelMissing"], "check": "instruction-count",
                "instructions": ["LABEL"], "max": 0, **WORDS,
            },
            {
                "code": "GP2", "name": "command", "aliases": ["DL4003"], "check": "instruction-count",
                "instructions": ["CMD"], "max": 1, **WORDS,
            },
            {
                "code": "GP3", "name": "comment", "aliases": ["InvalidDefinitionDescription"], "default": False,
                "check": "form", "what": "definition-comment", **WORDS,
            },
            {"code": "SC2086", "name": "volume", "check": "instruction-count", "instructions": ["VOLUME"], "max": 0,
             **WORDS},
        ],
    },
    KINDS,
    "general.toml",
)  # fmt: skip


def run(text: str, **options: Any) -> FileReport:
    return lint(SourceFile(text), [PACK], LintOptions(**options))


def left(text: str, **options: Any) -> list[str]:
    return [f"{f.line}:{f.code}" for f in run(text, **options).findings if not f.suppressed]


LABEL = "LABEL a=b\n"
TWO = "FROM a AS x\nLABEL a=b\nFROM b\nLABEL a=b\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"FROM a\n# hadolint ignore=DL3049\n{LABEL}", []),
        (f"FROM a\n  #hadolint\tignore = DL3008 , DL3049\n{LABEL}", []),
        (f"FROM a\n# hadolint ignore=DL3049 # set by the registry\n{LABEL}", []),
        (f"FROM a\r\n# hadolint ignore=DL3049\r\n{LABEL}", []),
        ("FROM a\n# hadolint ignore=DL3049\nLABEL a=b \\\n  c=d\n", []),
        ("FROM a\n# hadolint ignore=SC2086\nVOLUME /a\n", []),
        # Not the next line
        (f"FROM a\n# hadolint ignore=DL3049\n\n{LABEL}", ["4:GP1"]),
        (f"FROM a\n# hadolint ignore=DL3049\n# why\n{LABEL}", ["4:GP1"]),
        (f"FROM a\n# hadolint ignore=DL3049\nUSER b\n{LABEL}", ["4:GP1"]),
        ("FROM a\nLABEL a=b \\\n# hadolint ignore=DL3049\n  c=d\n", ["2:GP1"]),
        (f"FROM a\n{LABEL}# hadolint ignore=DL3049\n", ["2:GP1"]),
        # A list that hadolint can't read, or another code
        (f"FROM a\n# hadolint ignore=DL3049,label\n{LABEL}", ["3:GP1"]),
        (f"FROM a\n# hadolint ignore=DL3049 DL3008\n{LABEL}", ["3:GP1"]),
        (f"FROM a\n# hadolint ignore=DL3049 because\n{LABEL}", ["3:GP1"]),
        (f"FROM a\n# hadolint ignore=DL304\n{LABEL}", ["3:GP1"]),
        (f"FROM a\n# hadolint ignore=dl3049\n{LABEL}", ["3:GP1"]),
        (f"FROM a\n## hadolint ignore=DL3049\n{LABEL}", ["3:GP1"]),
        (f"FROM a\n# hadolint: ignore=DL3049\n{LABEL}", ["3:GP1"]),
        (f"FROM a\n# hadolint ignore=GP1\n{LABEL}", ["3:GP1"]),
        # A stage, the file
        (f"# hadolint stage ignore=DL3049\n{TWO}", ["5:GP1"]),
        ("FROM a\nLABEL a=b\n# hadolint stage ignore=DL3049\nFROM b\nLABEL a=b\n", ["2:GP1"]),
        (f"# hadolint stage ignore=DL3049\n\n{TWO}", ["4:GP1", "6:GP1"]),
        (f"FROM a\n# hadolint stage ignore=DL3049\n{LABEL}", ["3:GP1"]),
        (f"# hadolint global ignore=DL3049\n{TWO}", []),
        (f"{TWO}# hadolint global ignore=DL3049 # inherited\n", []),
        (f"{TWO}# hadolint global ignore=all\n", ["2:GP1", "4:GP1"]),
        # BuildKit
        (f"# check=skip=LabelMissing\n{TWO}", []),
        (f"# syntax=docker/dockerfile:1\n#check = skip = Other , labelmissing ; error=true\n{TWO}", []),
        (f"# check=error=true;skip=LabelMissing // set by the registry\n{TWO}", []),
        (f"# check=skip=all\n{TWO}", []),
        ("# check=skip=all\nFROM a\nVOLUME /a\n", ["3:SC2086"]),
        (f"# check=skip=Other\n{TWO}", ["3:GP1", "5:GP1"]),
        (f"# check=error=true\n{TWO}", ["3:GP1", "5:GP1"]),
        (f"FROM a\n# check=skip=LabelMissing\n{LABEL}{LABEL}", ["4:GP1"]),
        (f"FROM a\n# check=skip=all\n# why\n{LABEL}{LABEL}", ["5:GP1"]),
        (f"FROM a\n# check=skip=all\n\n{LABEL}", ["4:GP1"]),
        (f"# a comment\n# check=skip=LabelMissing\n{TWO}", ["4:GP1", "6:GP1"]),
        # hadolint reports the later CMD, zr4lint the earlier one
        ("FROM a\nCMD b\n# hadolint ignore=DL4003\nCMD c\n", []),
        ("FROM a\n# hadolint ignore=DL4003\nCMD b\nCMD c\n", []),
    ],
)
def test_what_a_comment_to_another_linter_suppresses(text: str, found: list[str]) -> None:
    assert left(text) == found


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("# check=experimental=InvalidDefinitionDescription\n", True),
        ("# check=skip=JSONArgsRecommended;experimental=all\n", True),
        ("# check=experimental=Other\n", False),
        ("# check=error=true\n", False),
        ("# a comment\n# check=experimental=all\n", False),
        ("# check=experimental=all;skip=InvalidDefinitionDescription\n", False),
    ],
)
def test_the_directive_switches_an_experimental_check_on(text: str, on: bool) -> None:
    text += "\n# The tools.\nFROM a AS x\n"
    assert bool(left(text)) is on
    assert left(text, suppressions=False) == []


def test_the_reason_is_kept() -> None:
    text = f"FROM a\n# hadolint ignore=DL3049 # The registry sets it.\n{LABEL}# check=skip=all // Old.\n{LABEL}"
    assert [f.justification for f in run(text).findings] == ["The registry sets it.", "Old."]


IGNORED = f"FROM a\n# hadolint ignore=DL3049\n{LABEL}"
CROSSED: Mapping[str, dict[str, Any]] = {
    "severity": {"severity": (("DL3049", Severity.ERROR),)},
    "selection": {"select": ("GP1",)},
    "selection-by-alias": {"select": ("LabelMissing",)},
    "ignoring-another": {"ignore": ("DL4003",)},
}


@pytest.mark.parametrize("options", CROSSED.values(), ids=CROSSED)
def test_a_comment_holds_with_every_option(options: dict[str, Any]) -> None:
    (finding,) = run(IGNORED, **options).findings
    assert (finding.code, finding.suppressed, finding.external) == ("GP1", True, False)
    (finding,) = run(IGNORED, **options, suppressions=False).findings
    assert not finding.suppressed


def test_it_is_never_unused_and_needs_no_reason() -> None:
    text = "# check=skip=Nothing\n# hadolint global ignore=DL9999\n# hadolint ignore=DL3007\nFROM a\n"
    assert run(text).findings == ()


def test_a_comment_to_zr4lint_is_used_beside_it() -> None:
    text = f"FROM a\n# zr4lint: ignore[GP1] Ours.\n# hadolint ignore=DL3049\n{LABEL}"
    assert [(f.code, f.justification) for f in run(text).findings] == [("GP1", "Ours.")]


def test_a_comment_to_zr4lint_may_name_an_alias() -> None:
    assert left(f"FROM a\n# zr4lint: ignore[DL3049] Ours.\n{LABEL}") == []
    assert left(f"FROM a\n# zr4lint: ignore[LabelMissing] Ours.\n{LABEL}") == []


def test_a_baseline_does_not_take_what_a_comment_suppresses() -> None:
    report = run(IGNORED)
    assert collect("baseline.json", [report]).entries == {}


@pytest.mark.parametrize(
    ("text", "shells"),
    [
        ("# hadolint shell=pwsh\nFROM a\nRUN b\nFROM c\nRUN d\n", ["pwsh", "pwsh"]),
        ("FROM a\n# hadolint shell = bash # of the image\nRUN b\nFROM c\nRUN d\n", ["bash", ""]),
        ("FROM a\nRUN b\n# hadolint shell=ash\nRUN d\n", ["", "ash"]),
        ("# hadolint shell=ash\nFROM a\nRUN b\n# hadolint shell=bash\nRUN d\n", ["ash", "bash"]),
        ('FROM a\n# hadolint shell=ash\nRUN b\nSHELL ["/bin/bash", "-c"]\nRUN d\n', ["ash", ""]),
        ("FROM a\n# hadolint shell=ash\nFROM b\nRUN c\nONBUILD RUN d\n", [""]),
        ("FROM a\n# hadolint shell=\nRUN b\n# hadolint shell=two words\nRUN d\n", ["", ""]),
    ],
)
def test_the_shell_that_hadolint_is_told(text: str, shells: list[str]) -> None:
    dockerfile = parse(SourceFile(text))
    comments = peer_comments(dockerfile)
    runs = [i for i in dockerfile.instructions if i.keyword == "RUN"]
    declared = declared_shells(comments, dockerfile.instructions)
    assert [declared.get(run.index, "") for run in runs] == shells


def test_each_of_many_comments_holds_for_its_own_instruction() -> None:
    text = "FROM a\n" + f"# hadolint ignore=DL3049\n{LABEL}{LABEL}" * 190
    assert left(text) == [f"{line}:GP1" for line in range(4, 574, 3)]


CASE = "FROM a\nrun b\nCMD b\n"


def by_code(text: str, **options: object) -> dict[str, str]:
    """Return the severity of the findings of BuildKit's checks in a file by code, without suppressed ones."""
    findings = lint_text(text, packs="core", options=LintOptions(**options)).findings  # type: ignore[arg-type]
    return {f.code: f.severity.name.lower() for f in findings if f.code in ("ZC902", "ZC701") and not f.suppressed}


@pytest.mark.parametrize(
    ("directive", "found"),
    [
        ("", {"ZC902": "info", "ZC701": "warning"}),
        ("# check=error=true\n", {"ZC902": "error", "ZC701": "error"}),
        ("# check=error=T;skip=ConsistentInstructionCasing\n", {"ZC701": "error"}),
        ("# check=skip=JSONArgsRecommended; error = 1 \n", {"ZC902": "error"}),
        ("# check=error=false\n", {"ZC902": "info", "ZC701": "warning"}),
        ("# check=error=true;skip=all\n", {}),
        ("# a comment\n# check=error=true\n", {"ZC902": "info", "ZC701": "warning"}),
    ],
)
def test_a_directive_makes_the_checks_of_buildkit_errors(directive: str, found: dict[str, str]) -> None:
    assert by_code(directive + CASE) == found


def test_the_severity_of_a_configuration_comes_last() -> None:
    severity = (("ZC902", Severity.WARNING),)
    assert by_code(f"# check=error=true\n{CASE}", severity=severity) == {"ZC902": "warning", "ZC701": "error"}


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("skip=all", {}),
        ("skip=ConsistentInstructionCasing;error=true", {"ZC701": "error"}),
        ("error=0", {"ZC902": "info", "ZC701": "warning"}),
        ("", {"ZC902": "info", "ZC701": "warning"}),
    ],
)
def test_a_build_argument_takes_the_place_of_the_directive(argument: str, found: dict[str, str]) -> None:
    given = (("BUILDKIT_DOCKERFILE_CHECK", argument),)
    assert by_code(f"# check=error=true;skip=JSONArgsRecommended\n{CASE}", build_args=given) == found
    assert by_code(f"ARG BUILDKIT_DOCKERFILE_CHECK=skip=all\n{CASE}") == {"ZC902": "info", "ZC701": "warning"}


@pytest.mark.parametrize(
    ("directive", "wrong"),
    [
        ("skp=all", "skp=all"),
        ("skip", "skip"),
        ("skip=A;error=yes", "error=yes"),
        ("skip=A;", ";"),
        ("skip=A;error=true;experimental=all", None),
        ("skip=A, B ; error = TRUE", None),
    ],
)
def test_options_that_buildkit_does_not_know_are_errors(directive: str, wrong: str | None) -> None:
    findings = lint_text(f"# check={directive}\nFROM a:1\n", packs="core").findings
    told = [f.message for f in findings if f.code == "ZL000"]
    assert told == ([] if wrong is None else [f"directive `# check=` does not accept `{wrong}`"])


@pytest.mark.parametrize(
    ("argument", "wrong"),
    [("error=yes", "error=yes"), ("skp=all", "skp=all"), ("skip=all", None), ("", None), ("error=0", None)],
)
def test_the_build_argument_is_refused_as_the_directive_is(argument: str, wrong: str | None) -> None:
    options = LintOptions(build_args=(("BUILDKIT_DOCKERFILE_CHECK", argument),))
    findings = lint_text("# check=error=maybe\nFROM a:1\n", packs="core", options=options).findings
    told = [f.message for f in findings if f.code == "ZL000"]
    said = f"build argument BUILDKIT_DOCKERFILE_CHECK does not accept `{wrong}`"
    assert told == ([] if wrong is None else [said])


@pytest.mark.parametrize(
    ("text", "given", "source"),
    [
        (f"# check=error=true\n{CASE}", (), "`# check=error=true`"),
        (CASE, (("BUILDKIT_DOCKERFILE_CHECK", "error=true"),), "the build argument BUILDKIT_DOCKERFILE_CHECK"),
    ],
)
def test_the_note_names_what_makes_it_an_error(text: str, given: tuple[tuple[str, str], ...], source: str) -> None:
    findings = lint_text(text, packs="core", options=LintOptions(build_args=given)).findings
    notes = [f.notes[-1] for f in findings if f.code == "ZC701"]
    assert notes == [f"With {source} this fails the build."]


@pytest.mark.parametrize(
    ("text", "targets", "severity"),
    [
        ("FROM a AS x\nENV A b\nFROM a AS y\n", (), "info"),
        ("FROM a AS x\nENV A b\nFROM a AS y\n", ("x",), "error"),
        ("FROM a AS x\nENV A b\nFROM x AS y\n", (), "error"),
        ("FROM a AS x\nENV A b\nFROM a AS y\nCOPY --from=x /a /a\n", (), "error"),
        ("FROM a AS x\nENV A b\nFROM a AS y\nRUN --mount=type=bind,from=x,target=/x c\n", (), "error"),
        ("FROM a AS x\nFROM a AS y\nENV A b\n", ("x",), "info"),
    ],
)
def test_only_stages_that_are_built_fail_it(text: str, targets: tuple[str, ...], severity: str) -> None:
    findings = lint_text(f"# check=error=true\n{text}", packs="core", options=LintOptions(targets=targets)).findings
    assert [f.severity.name.lower() for f in findings if "LegacyKeyValueFormat" in f.aliases] == [severity]


@pytest.mark.parametrize(
    "stage",
    [
        "FROM a AS x\nrun b",
        "FROM a AS x\nMAINTAINER b",
        "FROM a as x",
        "FROM a AS X",
    ],
)
def test_what_the_parser_checks_fails_it_in_any_stage(stage: str) -> None:
    text = f"# check=error=true\n{stage}\nFROM a AS y\nRUN b\n"
    named = {"ConsistentInstructionCasing", "MaintainerDeprecated", "FromAsCasing", "StageNameCasing"}
    found = [f for f in lint_text(text, packs="core").findings if not named.isdisjoint(f.aliases)]
    assert [f.severity for f in found] == [Severity.ERROR]
