"""Configuration settings on the command line, and options with ruff's names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.inprocess import call
from tests.test_cli import complaint, save

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "FROM scratch\nMAINTAINER x\nCOPY a /a\nCMD run\n"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    save(tmp_path / "Dockerfile", TEXT)
    save(tmp_path / "a", "")
    return tmp_path


def codes(folder: Path, *arguments: str) -> list[str]:
    document = json.loads(call("--format", "json", *arguments, cwd=folder).out)
    return [f"{finding['severity']} {finding['code']}" for finding in document["findings"]]


def test_a_setting_overrides_the_configuration(here: Path) -> None:
    save(here / "zr4lint.toml", 'ignore = ["maintainer"]\nseverity = { shell-form = "error" }\n')
    assert codes(here) == ["error ZC701"]
    assert codes(here, "--config", "ignore = []") == ["warning ZC901", "error ZC701"]
    assert codes(here, "--config", 'severity.ZC701 = "info"') == ["info ZC701"]
    assert codes(here, "--config", "ignore=[]", "--config", "ignore=['ZC7']") == ["warning ZC901"]
    assert codes(here, "--config", "ignore=['ZC7']", "--ignore", "ZC9") == ["error ZC701"]


def test_settings_without_an_option_can_be_given(here: Path) -> None:
    assert codes(here, "--config", 'per-file-ignores = { "Dockerfile" = ["ZC7"] }') == ["warning ZC901"]
    assert call("--config", 'fail-on = "warning"', cwd=here).code == 1
    save(here / "zr4lint.toml", "[core]\nshellcheck = false\nregistries = ['docker.io']\n")
    save(here / "Dockerfile", "FROM quay.io/x:1\n")
    assert codes(here) == ["error ZC103"]
    assert codes(here, "--config", "core.shell = 'bash'") == ["error ZC103"]
    assert codes(here, "--config", "core.registries = ['quay.io']") == []


def test_a_setting_may_stand_beside_one_file(here: Path) -> None:
    save(here / "my.toml", 'ignore = ["maintainer"]\n')
    save(here / "b=c.toml", 'ignore = ["shell-form"]\n')
    both = ("--config", "my.toml", "--config", "severity.shell-form = 'error'")
    assert codes(here, *both) == ["error ZC701"]
    assert codes(here, "--config", "b=c.toml") == ["warning ZC901"]
    done = call("--config", "my.toml", "--config", "b=c.toml", cwd=here)
    assert complaint(done) == "--config: 2 files; give one, and further settings as KEY=VALUE"


def test_a_setting_counts_where_no_configuration_does(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(here / "zr4lint.toml", 'ignore = ["maintainer"]\n')
    for option in ("--isolated", "--no-config"):
        assert codes(here, option, "--config", "severity.ZC7 = 'error'") == ["warning ZC901", "error ZC701"]
    save(here / "my file.toml", 'ignore = ["shell-form"]\n')
    monkeypatch.setenv("ZR4LINT_CONFIG", "my file.toml")
    assert codes(here) == ["warning ZC901"]
    assert codes(here, "--config", "severity.ZC9 = 'error'") == ["error ZC901"]
    assert codes(here, "--isolated", "--config", "severity.ZC9 = 'error'") == ["error ZC901", "warning ZC701"]


def test_a_setting_may_name_a_pack_for_other_files(here: Path) -> None:
    save(here / "build.docker", "FROM scratch\nMAINTAINER x\n")
    given = ("--config", 'packs = { "*.docker" = ["core"] }', "--config", 'ignore = ["ZC7"]')
    assert codes(here, *given, "build.docker") == ["warning ZC901"]
    assert call("--show-files", *given, cwd=here).out == "Dockerfile\nbuild.docker\n"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("gone.toml", "--config: `gone.toml` is not a file"),
        ("fail-on=warning", "--config: `fail-on=warning` is not KEY=VALUE in TOML, where strings have quotes"),
        ("fial-on='error'", "--config: key `fial-on`: unknown; did you mean `fail-on`?"),
        ("xyz=1", "--config: key `xyz`: unknown; zr4lint config lists the keys"),
        ("fix=true", "--config: key `fix`: unknown; give the option --fix on the command line"),
        ("ignore=['ZZ9']", "--config: key `ignore`: no rule has the code or the name `ZZ9`"),
        ("core.shellcheck=1", "--config: key `core`: `shellcheck` is `1`, not `true` or `false`"),
    ],
)
def test_a_wrong_setting_is_refused(here: Path, value: str, message: str) -> None:
    assert complaint(call("--config", value, cwd=here)) == message


def test_a_name_for_standard_input_reads_it(here: Path) -> None:
    done = call("--format", "concise", "--stdin-filename", "x/Dockerfile", stdin=TEXT.encode(), cwd=here)
    assert done.out.startswith("x/Dockerfile:2:1: warning ZC901 ")
    done = call("--stdin-filename", "x/Dockerfile", "Dockerfile", cwd=here)
    assert complaint(done) == "--stdin-filename needs - among the paths, or no paths"


def test_names_of_ruff_are_understood(here: Path) -> None:
    assert call("-e", "--config", "fail-on = 'info'", cwd=here).code == 0
    assert call("--output-format", "full", cwd=here) == call(cwd=here)
    assert call("--output-format", "json-lines", cwd=here) == call("--format", "jsonl", cwd=here)
    assert call("--output-file", "out.txt", "--quiet", cwd=here).out == ""
    assert (here / "out.txt").read_text().startswith("Dockerfile:2:1: warning ZC901")


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("--fix-only", "did you mean `--fix --exit-zero`?"),
        ("--show-fixes", "did you mean `--diff`?"),
        ("--no-unsafe-fixes", "leave --unsafe-fixes out"),
        ("--no-cache", "zr4lint has no cache"),
        ("--per-file-ignores", "did you mean `--config 'per-file-ignores = {...}'`?"),
    ],
)
def test_options_of_ruff_that_are_none_are_explained(here: Path, option: str, hint: str) -> None:
    assert complaint(call(option, cwd=here)) == f"unexpected argument `{option}`; {hint}"


def test_an_unknown_format_is_refused_in_a_short_line(here: Path) -> None:
    assert complaint(call("--format", "jsn", cwd=here)) == "--format: unknown value `jsn`; did you mean `json`?"
    assert complaint(call("--format", "x", cwd=here)) == "--format: unknown value `x`; --help lists the values"
    assert complaint(call("--color", "x", cwd=here)) == "--color: `x` is not one of auto, always, never"


def test_all_rules_are_explained_at_once(here: Path) -> None:
    done = call("rule", "--all", cwd=here)
    assert (done.code, done.err) == (0, "")
    one = call("rule", "DL3014", cwd=here).out
    assert one in done.out
    every = json.loads(call("rule", "--all", "--format", "json", cwd=here).out)
    assert every == json.loads(call("rules", "--format", "json", cwd=here).out)
    assert complaint(call("rule", cwd=here)) == "missing CODE"


def test_a_workflow_of_the_linter_is_no_configuration(here: Path) -> None:
    save(here / ".github" / "workflows" / "zr4lint.yml", "on: push\n")
    assert call(cwd=here).err == ""
    save(here / "zr4lint.yml", "")
    assert call(cwd=here).err == "zr4lint: zr4lint.yml: not read; settings belong in zr4lint.toml\n"


def test_config_says_whether_there_is_a_configuration(here: Path) -> None:
    assert call("config", "Dockerfile", cwd=here).out.startswith("Dockerfile: no configuration file\npacks  ")
    save(here / "zr4lint.toml", "")
    assert call("config", "Dockerfile", cwd=here).out.startswith("Dockerfile: configuration zr4lint.toml\n")


def test_config_has_values_of_their_kinds_in_json(here: Path) -> None:
    text = """
    exclude = ["old"]
    severity = { maintainer = "error" }
    build-args = { A = "1", "*.gpu" = { B = "2" } }
    min-score = 5
    targets = ["base"]
    [core]
    shellcheck = false
    """
    save(here / "zr4lint.toml", text)
    document = json.loads(call("config", "Dockerfile", "--format", "json", cwd=here).out)
    values = {one["setting"]: one["value"] for one in document["settings"]}
    assert {key: values[key] for key in ("exclude", "severity", "build-args", "min-score", "targets")} == {
        "exclude": ["old"],
        "severity": {"maintainer": "error"},
        "build-args": {"A": "1", "*.gpu": {"B": "2"}},
        "min-score": 5.0,
        "targets": ["base"],
    }
    assert values["packs"] == ["core", "ml"]
    assert (values["context"], values["fail-on"], values["amended"]) == (None, "error", False)
    assert (values["core.shellcheck"], values["core.registries"]) == (False, None)
    assert document["skipped"] is False
    save(here / "zr4lint.toml", 'exclude = ["Dockerfile"]')
    assert json.loads(call("config", "Dockerfile", "--format", "json", cwd=here).out)["skipped"] is True


def test_config_explains_a_key(here: Path) -> None:
    save(here / "zr4lint.toml", 'ignore = ["maintainer"]\n')
    assert call("config", "ignore", cwd=here).out.splitlines() == [
        "ignore",
        "",
        "Do not report these rules; the longer prefix wins.",
        "",
        "Type: a list of strings",
        "Default: none",
        "Option: --ignore RULE",
        "Value here: maintainer (zr4lint.toml:1)",
    ]
    assert "Option" not in call("config", "per-file-ignores", cwd=here).out
    save(here / "ignore", "FROM scratch\n")
    assert call("config", "ignore", cwd=here).out.startswith("ignore: configuration zr4lint.toml\n")
