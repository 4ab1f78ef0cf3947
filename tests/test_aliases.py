"""zr4lint accepts the codes of hadolint and BuildKit wherever it accepts its own, and reports name them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.inprocess import call

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "FROM debian:12 AS Build\nADD app.py /srv/app.py\n"
"""A file with findings of ZC123 (StageNameCasing) and ZC401 (DL3020)."""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(TEXT)
    return tmp_path


def codes(here: Path, *options: str) -> list[str]:
    done = call("Dockerfile", "--pack", "core", "--format", "json", *options, cwd=here)
    assert done.err == ""
    return [f["code"] for f in json.loads(done.out)["findings"] if f["code"] in ("ZC123", "ZC401")]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], ["ZC123", "ZC401"]),
        (["--select", "DL3020"], ["ZC401"]),
        (["--select", "dl30"], ["ZC401"]),
        (["--select", "StageNameCasing"], ["ZC123"]),
        (["--ignore", "DL3020"], ["ZC123"]),
        (["--ignore", "StageNameCasing,DL3020"], []),
    ],
)
def test_the_command_line_takes_them(here: Path, options: list[str], found: list[str]) -> None:
    assert codes(here, *options) == found


@pytest.mark.parametrize(
    ("configuration", "found"),
    [
        ('ignore = ["DL3020"]', ["ZC123"]),
        ('select = ["StageNameCasing"]', ["ZC123"]),
        ('[per-file-ignores]\nDockerfile = ["DL3020"]', ["ZC123"]),
        ('[per-file-ignores]\n"*.other" = ["DL3020"]', ["ZC123", "ZC401"]),
    ],
)
def test_the_configuration_takes_them(here: Path, configuration: str, found: list[str]) -> None:
    (here / "zr4lint.toml").write_text(configuration)
    assert codes(here) == found


def test_severities_take_them(here: Path) -> None:
    (here / "zr4lint.toml").write_text('[severity]\nDL3020 = "error"\nStageNameCasing = "warning"\n')
    done = call("Dockerfile", "--pack", "core", "--format", "json", cwd=here)
    levels = {f["code"]: f["severity"] for f in json.loads(done.out)["findings"]}
    assert (levels["ZC401"], levels["ZC123"], done.code) == ("error", "warning", 1)


@pytest.mark.parametrize("word", ["DL3020", "dl3020", "ZC401", "add-for-copy"])
def test_rule_takes_them(here: Path, word: str) -> None:
    done = call("rule", word, cwd=here)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("ZC401 add-for-copy\n")
    assert "\nAliases: DL3020\n" in done.out


def test_the_syntax_rule_has_the_code_of_hadolint(here: Path) -> None:
    assert call("rule", "dl1000", cwd=here) == call("rule", "ZL000", cwd=here)
    (here / "Dockerfile").write_text("# hadolint global ignore=DL1000\n# hadolint ignore=DL1000\nFORM debian:12\n")

    def found(*options: str) -> list[tuple[str, list[str]]]:
        report = json.loads(call("Dockerfile", "--pack", "core", "--format", "json", *options, cwd=here).out)
        return [(f["code"], f["aliases"]) for f in report["findings"]]

    assert ("ZL000", ["DL1000"]) in found("--select", "DL1000")
    assert found("--select", "ZL000", "--ignore", "DL1000") == []


def rules(here: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call("rules", "--format", "json", cwd=here).out)
    return found


def test_rules_as_json(here: Path) -> None:
    by_code = {rule["code"]: rule for rule in rules(here)}
    assert by_code["ZC401"] == {
        "code": "ZC401", "name": "add-for-copy", "level": "warning", "default": True, "aliases": ["DL3020"],
        "kind": "copy-forbidden", "fix": "safe", "pack": "core",
        "summary": "ADD is used for URLs, git repositories and archives only.",
        "why": by_code["ZC401"]["why"],
        "bad": "FROM python:3.13\nADD app.py /srv/app.py\n", "good": "FROM python:3.13\nCOPY app.py /srv/app.py\n",
        "source": "Good practice for any Dockerfile", "references": [],
        "url": "https://zr4lint.github.io/zr4lint/rules/ZC401/",
    }  # fmt: skip
    assert by_code["ZC401"]["why"].endswith(".")
    assert (by_code["ZC402"]["default"], by_code["ZC402"]["fix"]) == (False, "none")
    assert (by_code["ZL000"]["kind"], by_code["ZL000"]["pack"]) == (None, None)


def test_reports_name_them(here: Path) -> None:
    finding = next(
        f
        for f in json.loads(call("Dockerfile", "--pack", "core", "--format", "json", cwd=here).out)["findings"]
        if f["code"] == "ZC401"
    )
    assert finding["aliases"] == ["DL3020"]
    (run,) = json.loads(call("Dockerfile", "--pack", "core", "--format", "sarif", cwd=here).out)["runs"]
    rule = next(rule for rule in run["tool"]["driver"]["rules"] if rule["id"] == "ZC401")
    assert "DL3020" in rule["properties"]["tags"]
    assert "deprecatedIds" not in rule
