"""Options of rules in a pack: default state, aliases, stages, settings."""

from __future__ import annotations

import tomllib
import tracemalloc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from tests.inprocess import call
from tests.installed import ROOT
from zr4lint.checks import KINDS
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import lint
from zr4lint.model.source import SourceFile
from zr4lint.packs.parameter_settings import configure
from zr4lint.packs.problems import PackError
from zr4lint.packs.reader import read_pack

if TYPE_CHECKING:
    from pathlib import Path

    from zr4lint.packs.model import Pack

COMMON = {"level": "warning", "summary": "s", "why": "w"}
DOCKERFILE = "FROM debian:12 AS tools\nENV A=1\nFROM debian:12\nENV B=1\n"


def pack(*rules: Mapping[str, Any], **keys: Any) -> Pack:
    named = [{"code": f"GP{n}", "name": f"rule-{n}", **COMMON, **rule} for n, rule in enumerate(rules, 1)]
    return read_pack(
        {"name": "general", "title": "General practice", "files": ["*"], "rule": named, **keys}, KINDS, "g"
    )


def codes(pack: Pack, text: str = DOCKERFILE, **config: Any) -> list[str]:
    return [f.code for f in lint(SourceFile(text), [pack], LintOptions(**config)).findings]


# A pack of general rules


def test_general_rules_need_no_document_and_no_sections() -> None:
    general = pack({"check": "env", "variables": {"C": "1"}})
    report = lint(SourceFile(DOCKERFILE), [general])
    assert (report.conformance, [f.requirement for f in report.findings]) == ((), [None])
    assert report.findings[0].source == "General practice"


def test_a_rule_says_more_of_itself() -> None:
    said = {
        "aliases": ["DL3000"], "default": False, "tags": ["style"], "status": "preview", "since": "0.2",
        "confidence": "medium", "references": ["https://example.org"],
    }  # fmt: skip
    rule = pack({"check": "syntax", **said}).rules[0].rule
    assert (rule.aliases, rule.default, rule.tags, rule.status) == (("DL3000",), False, ("style",), "preview")
    assert (rule.since, rule.confidence, rule.references) == ("0.2", "medium", ("https://example.org",))


# Rules that are off by default

ON = {"check": "env", "variables": {"C": "1"}}
OFF = {"check": "env", "variables": {"D": "1"}, "default": False, "aliases": ["DL3000", "SC1"]}


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({}, ["GP1"]),
        ({"select": ("GP2",)}, ["GP2"]),
        ({"select": ("gp2",)}, ["GP2"]),
        ({"select": ("rule-2",)}, ["GP2"]),
        ({"select": ("DL3000",)}, ["GP2"]),
        ({"select": ("dl3000",)}, ["GP2"]),
        ({"select": ("DL3",)}, ["GP2"]),
        ({"select": ("DL4",)}, []),
        ({"select": ("GP",)}, ["GP1", "GP2"]),
        ({"select": ("GP1",)}, ["GP1"]),
        ({"select": ("GP",), "ignore": ("DL3000",)}, ["GP1"]),
        ({"ignore": ("GP1",)}, []),
        ({"ignore": ("XX",)}, ["GP1"]),
        ({"severity": (("GP2", 3),)}, ["GP1"]),
    ],
)
def test_a_rule_that_is_off_runs_where_it_is_selected(config: Mapping[str, Any], found: list[str]) -> None:
    assert codes(pack(ON, OFF), **config) == found
    assert codes(pack(ON, OFF), f"# a comment\n{DOCKERFILE}", **config) == found


# Stages

ENV = {"check": "env", "variables": {"A": "1"}}


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({}, ["GP1"]),
        ({"stages": "image"}, ["GP1"]),
        ({"stages": "all"}, []),
        ({"stage": "tools"}, []),
        ({"stage": "TOOLS"}, []),
        ({"stage": "gone"}, ["GP1"]),
        ({"stage": "tools", "variables": {"B": "1"}}, ["GP1"]),
    ],
)
def test_a_rule_looks_at_the_stages_that_it_names(keys: Mapping[str, Any], found: list[str]) -> None:
    assert codes(pack({**ENV, **keys})) == found


def test_a_stage_is_looked_at_with_those_it_builds_on() -> None:
    text = "FROM debian:12 AS base\nENV A=1\nFROM base AS tools\nFROM debian:12\n"
    assert codes(pack({**ENV, "stage": "tools"}), text) == []


def test_a_kind_may_have_a_parameter_of_that_name() -> None:
    rule = {"check": "stage-name", "stage": "tools"}
    assert codes(pack(rule)) == ["GP1"]
    assert pack(rule).rules[0].parameters == {"stage": "tools"}


# Settings

SETTINGS = [
    {"name": "image", "type": "string", "summary": "The image."},
    {"name": "packages", "type": "strings", "summary": "The packages.", "default": ["git"]},
    {"name": "line", "type": "integer", "summary": "The line of FROM."},
]
RULES = (
    {"check": "base-image", "image": {"setting": "image"}},
    {"check": "apt-packages", "packages": {"setting": "packages"}},
    {"check": "from-line", "line": {"setting": "line"}},
)


def with_settings(values: Mapping[str, Any]) -> Pack:
    return configure(pack(*RULES, setting=SETTINGS), values)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, ["GP2"]),
        ({"image": "debian:12"}, ["GP2"]),
        ({"image": "ubuntu:24.04"}, ["GP1", "GP2"]),
        ({"packages": []}, []),
        ({"packages": ["git", "curl"]}, ["GP2", "GP2"]),
        ({"line": 3, "packages": []}, []),
        ({"line": 4, "packages": []}, ["GP3"]),
    ],
)
def test_settings_fill_parameters_and_a_rule_without_its_setting_is_silent(
    values: Mapping[str, Any], found: list[str]
) -> None:
    assert sorted(codes(with_settings(values), "FROM debian:12\n" if "line" not in values else DOCKERFILE)) == found


def test_settings_can_be_filled_again() -> None:
    assert [rule.parameters for rule in configure(with_settings({"line": 3}), {"image": "debian:12"}).rules] == [
        {"image": "debian:12"}, {"packages": ["git"]}, {},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"imag": "x"}, ["`imag` is not a setting of the pack `general`; did you mean `image`?"]),
        ({"x": 1}, ["`x` is not a setting of the pack `general`"]),
        ({"image": 3}, ['`image` is `3`, not a string; write "3"']),
        ({"image": "A B"}, ["`image` is `A B`, not an image reference such as `python:3.12-slim`"]),
        ({"packages": "git"}, ["`packages` is `git`, not a list of strings"]),
        ({"packages": ["git", "A B"]}, ["`packages` has `A B`, not a Debian package such as `git`"]),
        (
            {"line": 0, "imag": "x"},
            [
                "`imag` is not a setting of the pack `general`; did you mean `image`?",
                "`line` is `0`, not a line number from 1",
            ],
        ),
    ],
)
def test_wrong_settings_are_told_all_at_once(values: Mapping[str, Any], problems: list[str]) -> None:
    with pytest.raises(PackError) as caught:
        with_settings(values)
    assert [problem.message for problem in caught.value.problems] == problems
    assert {problem.key for problem in caught.value.problems} == values.keys()


def test_a_variable_named_setting_is_no_setting() -> None:
    assert pack({"check": "env", "variables": {"setting": "x"}}).rules[0].parameters == {"variables": {"setting": "x"}}


def test_a_pack_is_not_named_as_a_key_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN.replace('"house"', '"per-file-ignores"', 1))
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    message = "own.toml:1: `name` is `per-file-ignores`, a key of the configuration\n"
    done = call("--pack", "own.toml", "Dockerfile", cwd=tmp_path)
    assert (done.code, done.err) == (2, f"zr4lint: {message}")
    (tmp_path / "zr4lint.toml").write_text('packs = ["own.toml"]\n')
    done = call("Dockerfile", cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("zr4lint: zr4lint.toml:1: key `packs`: ")
    assert done.err.endswith(message)


# Own packs on the command line

OWN = """\
name = "house"
title = "House rules"
files = ["Dockerfile"]

[[rule]]
code = "HR1"
name = "zone"
level = "warning"
check = "env"
variables = { TZ = "Etc/UTC" }
aliases = ["DL9999"]
default = false
summary = "The time zone is UTC."
why = "Logs of several hosts are compared."
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "house.toml").write_text(OWN)
    (tmp_path / "zr4lint.toml").write_text('packs = { "*" = ["packs/house.toml"] }\n')
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["packs"], "House rules (1 rule; Dockerfile)"),
        (["rules"], "The time zone is UTC."),
        (["rule", "HR1"], "Logs of several hosts are compared."),
        (["rule", "zone"], "Logs of several hosts are compared."),
        (["rule", "dl9999"], "Off by default; `zr4lint --extend-select HR1` runs it."),
    ],
)
def test_a_pack_of_the_configuration_is_known(here: Path, command: list[str], words: str) -> None:
    done = call(*command, cwd=here)
    assert (done.code, done.err) == (0, "")
    assert words in done.out
    assert words not in call(*command, cwd=here.parent).out


@pytest.mark.parametrize("option", [[], ["--select", "HR1"], ["--select", "HR"], ["--select", "DL9999"]])
def test_a_rule_that_is_off_is_selected_on_the_command_line(here: Path, option: list[str]) -> None:
    done = call("Dockerfile", "--format", "concise", "--pack", "packs/house.toml", *option, cwd=here)
    assert ("HR1 zone" in done.out) is bool(option)


def test_the_pack_of_the_documentation_can_be_used() -> None:
    page = (ROOT / "docs" / "packs.md").read_text(encoding="utf-8")
    document = tomllib.loads(page.partition("```toml\n")[2].partition("```")[0])
    house = configure(read_pack(document, KINDS, "house.toml"), {})
    assert codes(house) == []
    assert codes(house, select=("H7",)) == ["HR102", "HR102"]
    assert codes(configure(house, {"image": "ubuntu:24.04"})) == ["HR101"]


def test_findings_that_add_the_same_share_its_text() -> None:
    names = [f"package{number}" for number in range(1_000)]
    asked = pack({"check": "apt-packages", "packages": names})
    tracemalloc.start()
    try:
        (finding,) = lint(SourceFile("FROM debian:12\n"), [asked], LintOptions()).findings
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert finding.message == "package0, package1 and 998 others are not installed"
    assert finding.fix is not None
    assert peak < 8_000_000  # with a copy of the text for each name it is 14 MB


def test_few_of_very_many_wrong_words_are_compared() -> None:
    with pytest.raises(PackError) as raised:
        pack(*({"check": "base-imagee", "image": "debian:12"} for _ in range(100)))
    messages = [problem.message for problem in raised.value.problems]
    assert len(messages) == 100
    assert sum(message.endswith("did you mean `base-image`?") for message in messages) == 20
