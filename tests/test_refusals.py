"""Usage errors: one line that names the nearest option, command, value or file."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

import click
import pytest

from tests.inprocess import call
from tests.test_cli import complaint, save
from zr4lint.cli import check
from zr4lint.cli.command_names import COMMANDS
from zr4lint.cli.command_table import cli
from zr4lint.cli.usage_errors import COMMANDS_OF_PEERS, OPTIONS_OF_PEERS
from zr4lint.project.configuration import ONLY_OPTIONS
from zr4lint.project.settings import KEYS

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = {name for parameter in check.command.params for name in parameter.opts}

CASES = [
    ("--outpt x", "unexpected argument `--outpt`; did you mean `--output`?"),
    ("--colour never", "unexpected argument `--colour`; did you mean `--color`?"),
    ("--zzzzzz", "unexpected argument `--zzzzzz`"),
    ("-qz", "unexpected argument `-z`"),
    ("-f json", "unexpected argument `-f`; did you mean `--format`?"),
    ("--failure-threshold error", "unexpected argument `--failure-threshold`; did you mean `--fail-on`?"),
    ("--explain ZC202", "unexpected argument `--explain`; did you mean `zr4lint rule`?"),
    ("rules -f json", "unexpected argument `-f`; did you mean `--format`?"),
    ("rules --output-file x", "unexpected argument `--output-file`"),
    ("--format jsn", "--format: unknown value `jsn`; did you mean `json`?"),
    ("--fail-on errr", "--fail-on: `errr` is not one of error, warning, info, never; did you mean `error`?"),
    ("--color always-on", "--color: `always-on` is not one of auto, always, never; did you mean `always`?"),
    ("--pack cor", "cor: no pack has this name, and it is not a file; did you mean `core`?"),
    (
        "--pack sub/hous.toml",
        "it is not a file; did you mean `sub/house.toml`?",
    ),
    ("--gpu rtx509", "--gpu: `rtx509` is not a known GPU; did you mean `rtx5090`?"),
    ("--jobs 0", "--jobs: `0` is not a whole number from 1 upwards"),
    ("--jobs many", "--jobs: `many` is not a whole number from 1 upwards"),
    ("--max-time 0", "--max-time: `0` is not a whole number from 1 to 1000000"),
    ("--min-score -1", "--min-score: `-1` is not a number from 0 upwards"),
    ("--max-size 10Q", "--max-size: `10Q` is not a size such as 500K, 10M or 1G"),
    ("--config gone.toml", "--config: `gone.toml` is not a file"),
    ("knowledge --date today", "--date: expected a day such as 2026-01-31"),
    ("--select", "`--select` needs a value"),
    ("--fix=1", "`--fix` takes no value"),
    ("--add-ignore=", "--add-ignore: the reason is empty"),
    ("rule", "missing CODE"),
    ("fleet run", "missing --output"),
    ("rule ZC202 ZC203", "unexpected argument `ZC203`"),
    ("rule ZC20", "`ZC20`; codes that start with ZC20: ZC201, ZC202, ZC203 and 5 more"),
    ("rule --all ZC201", "--all explains all rules; leave out `ZC201`"),
    ("rule InvalidBaseImagePlatform", "is not built: it needs the registry, and zr4lint opens no connection"),
    ("rule ZC107", "(InvalidBaseImagePlatform) is not built: it needs the registry, and zr4lint opens no connection"),
    ("--select ZC107 Dockerfile", "is not built: it needs the registry, and zr4lint opens no connection"),
    ("config nosuchkey", "no file or key is named `nosuchkey`; zr4lint config lists the keys"),
    ("--config sub/house.toml --no-config", "--config and --no-config can't be used together"),
    ("trace --config sub/house.toml --no-config", "--config and --no-config can't be used together"),
    ("diagnose log --config sub/house.toml --no-config", "--config and --no-config can't be used together"),
    ("rule apt-no-ye", "no rule has the code or the name `apt-no-ye`; did you mean `apt-no-yes`?"),
    ("prd chek", "no command is named `chek`; did you mean `check`?"),
    ("lint", "no file or command is named `lint`; did you mean `zr4lint check`?"),
    ("version", "no file or command is named `version`; did you mean `zr4lint --version`?"),
    ("help pack derve", "no command is named `pack derve`; did you mean `derive`?"),
    ("help init x", "no command is named `init x`"),
    ("config fail-onn", "no file or key is named `fail-onn`; did you mean `fail-on`?"),
    ("help chekc", "no command is named `chekc`; did you mean `check`?"),
    ("Dockerfle", "Dockerfle: no such file; did you mean `Dockerfile`?"),
    ("sub/Dockerfile.gpu2", "sub/Dockerfile.gpu2: no such file; did you mean `sub/Dockerfile.gpu`?"),
    ("quite/another", "quite/another: no such file"),
]


@pytest.mark.parametrize(("words", "wanted"), CASES, ids=[words for words, _ in CASES])
def test_wrong_usage_names_what_was_meant(tmp_path: Path, words: str, wanted: str) -> None:
    save(tmp_path / "Dockerfile", "FROM scratch\n")
    save(tmp_path / "sub" / "Dockerfile.gpu", "FROM scratch\n")
    save(tmp_path / "sub" / "house.toml", "")
    done = call(*words.split(" "), cwd=tmp_path)
    assert complaint(done).endswith(wanted)
    assert done.out == ""


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("ZR4LINT_FORMAT", "jsn", "ZR4LINT_FORMAT: unknown value `jsn`; did you mean `json`?"),
        ("ZR4LINT_JOBS", "x", "ZR4LINT_JOBS: `x` is not a whole number from 1 upwards"),
        ("ZR4LINT_FAIL_ON", "errr", "ZR4LINT_FAIL_ON: `errr` is not one of error, warning, info, never; did you"),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, variable: str, value: str, wanted: str) -> None:
    with mock.patch.dict("os.environ", {variable: value}):
        words = complaint(call(cwd=tmp_path))
    assert words.startswith(variable)
    assert wanted in words


def test_a_mistyped_variable_is_named_and_the_run_goes_on(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", "FROM scratch\n")
    with mock.patch.dict("os.environ", {"ZR4LINT_FORMT": "json", "ZR4LINT_OF_MY_OWN_TEAM": "1"}):
        done = call("--quiet", cwd=tmp_path)
        isolated = call("--quiet", "--isolated", cwd=tmp_path)
    assert done.code == 0
    assert done.err == "zr4lint: ZR4LINT_FORMT: not a variable of zr4lint; did you mean `ZR4LINT_FORMAT`?\n"
    assert isolated.err == ""


def test_each_name_of_another_linter_leads_to_one_of_ours() -> None:
    for name, ours in OPTIONS_OF_PEERS.items():
        assert name not in OPTIONS
        first, *others = ours.split()
        assert first in OPTIONS or others[0] in COMMANDS
    for name, ours in COMMANDS_OF_PEERS.items():
        word = ours.split()[1]
        assert name not in COMMANDS
        assert word in OPTIONS or word in COMMANDS


def test_each_option_of_the_help_is_below_one_heading(tmp_path: Path) -> None:
    grouped = [name for names in check.GROUPS.values() for name in names]
    known = [option.name for option in check.command.params if isinstance(option, click.Option)]
    assert len(grouped) == len(set(grouped))
    assert {*known} - {*grouped} == {"watch", "version"}
    assert {*grouped} <= {*known}
    out = call("--help", cwd=tmp_path).out
    at = [out.index(f"\n{heading}:\n") for heading in check.GROUPS]
    assert at == sorted(at)
    assert out.index("\nFixing:\n") < out.index("  --diff ") < out.index("\nOutput:\n") < out.index("  -q, --quiet")
    assert max(map(len, out.splitlines())) <= 80


def test_all_stands_for_every_rule(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", "FROM debian:12\nRUN apt-get update && apt-get install -y git\n")
    some = call("--statistics", "--quiet", cwd=tmp_path).out
    every = call("--statistics", "--quiet", "--select", "ALL", cwd=tmp_path).out
    assert call("--statistics", "--quiet", "--select", "all", cwd=tmp_path).out == every
    assert "ZC201" not in some
    assert "ZC201" in every
    assert "ZC203" in some
    assert call("--statistics", "--quiet", "--ignore", "ALL", cwd=tmp_path).out == ""
    one = call("--format", "concise", "--quiet", "--ignore", "ALL", "--extend-select", "ZC203", cwd=tmp_path).out
    assert [line.split()[2] for line in one.splitlines()] == ["ZC203"]


# Configurations


def test_each_problem_of_a_configuration_is_a_line(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", "FROM scratch\n")
    text = 'selct = ["ZC"]\nfail_on = "error"\nconflicts = "shw"\njobs = 3\nexclude = 1\n'
    save(tmp_path / "zr4lint.toml", text + "[severity]\napt-no-yes = 'eror'\n")
    done = call(cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        f"zr4lint: zr4lint.toml:{line}"
        for line in (
            "1: key `selct`: unknown; did you mean `select`?",
            "2: key `fail_on`: unknown; did you mean `fail-on`?",
            "3: key `conflicts`: `shw` is not one of error, warning, info, show, off; did you mean `show`?",
            "4: key `jobs`: unknown; give the option --jobs on the command line",
            "5: key `exclude`: expected a list of strings, not `1`",
            "6: key `severity`: `apt-no-yes` is `eror`, not one of error, warning, info; did you mean `error`?",
        )
    ]


def test_rules_of_a_pack_that_is_gone_are_not_called_unknown(tmp_path: Path) -> None:
    save(tmp_path / "zr4lint.toml", 'packs = ["gone.toml"]\nselect = ["GF001"]\n')
    words = complaint(call(cwd=tmp_path))
    assert words.startswith("zr4lint.toml:1: key `packs`: gone.toml: no pack has this name")


def test_the_table_of_pyproject_in_another_file(tmp_path: Path) -> None:
    save(tmp_path / "zr4lint.toml", "[tool.zr4lint]\nfail-on = 'error'\n")
    wanted = "key `tool`: unknown; write the keys at the top level, without [tool.zr4lint]"
    assert complaint(call(cwd=tmp_path)).endswith(wanted)


def test_options_that_are_no_settings() -> None:
    assert {f"--{name}" for name in ONLY_OPTIONS} <= OPTIONS
    assert not {*ONLY_OPTIONS} & {*KEYS}
    assert all(cli.get_command(click.Context(cli), name) for name in COMMANDS)
