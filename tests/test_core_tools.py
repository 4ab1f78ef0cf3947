"""Check the claims of pack core about programs with the installed programs."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.cases.case import RuleCase, every_case
from zr4lint import LintOptions, fix_text
from zr4lint.checks.core.call_patterns import any_switched
from zr4lint.dockerfile import parse
from zr4lint.facts import Ran, RunStep, gather
from zr4lint.model.source import SourceFile
from zr4lint.programs.option_tables import parse_call
from zr4lint.shellcheck.scripts import scripts_of

FIXED = [
    item for item in every_case() if item.pack == "core" and item.case.fixed is not None and "RUN" in item.case.text
]
YES = ["-y", "--yes", "--assume-yes", "-qq", "-o APT::Get::Assume-Yes=true"]


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"needs {program}")


def parses(script: str) -> bool:
    """Return whether sh can parse a script."""
    return subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False).returncode == 0


@needs("sh")
@pytest.mark.parametrize("item", FIXED, ids=str)
def test_sh_parses_what_a_fix_leaves(item: RuleCase) -> None:
    texts = [
        [script.text for script in scripts_of(gather(parse(SourceFile(text, "Dockerfile"))), "sh")]
        for text in (item.case.text, item.case.fixed or "")
    ]
    before, after = (all(map(parses, scripts)) for scripts in texts)
    assert after or not before


def asks_nothing(words: str) -> bool:
    """Return whether an apt-get command with these words has an option that answers its question."""
    facts = gather(parse(SourceFile(f"FROM debian:12\nRUN apt-get {words}\n", "Dockerfile")))
    (ran,) = facts.of(Ran, [0])
    return any_switched("apt-get", YES, parse_call("apt-get", ran.arguments))


@needs("apt-get")
@pytest.mark.parametrize(
    ("options", "quiet"),
    [
        ("", False), ("-y", True), ("--yes", True), ("--assume-yes", True), ("-yq", True), ("-qy", True), ("-q", False),
        ("-qq", True), ("-q -q", True), ("-q=2", True), ("-y=false", False), ("-y -o APT::Get::Assume-Yes=no", False),
        ("-o APT::Get::Assume-Yes=true", True), ("-o APT::Get::Assume-Yes=0 -y", True), ("-t stable", False),
    ],
)  # fmt: skip
def test_apt_get_takes_the_options(options: str, quiet: bool) -> None:
    assert asks_nothing(f"install {options} curl") is quiet
    assert understood(options)


@needs("apt-get")
def test_apt_get_refuses_options_that_it_has_not() -> None:
    assert not understood("--assume-yess")


def understood(options: str) -> bool:
    """Return whether apt-get accepts options of install; with --version it reads options, but no package lists."""
    command = ["apt-get", *options.split(), "install", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "ommand line option" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("value", ["1", "true", "yes", "on", "0", "false", "no", "off"])
def test_any_boolean_turns_the_cache_of_pip_off(value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "cache", "dir"],
        env={"PIP_NO_CACHE_DIR": value, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cache is disabled" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "option"),
    [("wget", "no-verbose"), ("curl", "--fail"), ("useradd", "--no-log-init"), ("pip", "--no-cache-dir")],
)
def test_the_option_that_a_fix_adds_is_one_of_the_program(program: str, option: str) -> None:
    command = [sys.executable, "-m", "pip"] if program == "pip" else [program]
    if shutil.which(command[0]) is None:
        pytest.skip(f"needs {program}")
    helps = ["--help", "all"] if program == "curl" else ["install", "--help"] if program == "pip" else ["--help"]
    done = subprocess.run([*command, *helps], capture_output=True, text=True, check=False)
    assert option in done.stdout


def test_every_run_of_a_fixed_case_is_still_read() -> None:
    for item in FIXED:
        steps = [
            len(gather(parse(SourceFile(text, "Dockerfile"))).of(RunStep, range(9), triggers=True))
            for text in (item.case.text, item.case.fixed or "")
        ]
        assert item.rule in ("apt-update-alone", "mode-in-own-layer", "shell-replaced") or steps[0] == steps[1], str(
            item
        )


@needs("sh")
@pytest.mark.parametrize(
    "script",
    [
        "set -e; apt-get update; apt-get install -y curl; true",
        "set -e; apt-get update; apt-get install -y curl",
        "set -e; apt-get update; true && apt-get install -y curl; true",
        "set -e; apt-get update; apt-get install -y curl && true; false",
        "set -e; { apt-get update; apt-get install -y curl; }; true",
        "apt-get update; apt-get install -y curl; true",
        "apt-get update && apt-get install -y curl",
        "apt-get update && apt-get install -y curl && true; true",
        "set -ex; apt-get update; (apt-get install -y curl); true",
    ],
)
@pytest.mark.parametrize("works", [True, False])
def test_a_step_that_a_fix_adds_hides_no_failure(script: str, *, works: bool) -> None:
    text = f"FROM debian:12\nRUN {script}\n"
    fixed = fix_text(text, packs="core", options=LintOptions(select=("ZC204",))).text
    added = fixed.partition("RUN ")[2]
    assert "rm -rf /var/lib/apt/lists/*" in added
    stub = f"apt-get() {{ [ $1 = update ] || {str(works).lower()}; }}; rm() {{ :; }}; "
    before, after = (
        subprocess.run(["sh", "-c", stub + words], capture_output=True, check=False).returncode
        for words in (script, added)
    )
    assert (before == 0) is (after == 0)
