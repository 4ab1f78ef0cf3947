"""`zr4lint config --import` converts a configuration of hadolint."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.inprocess import call
from zr4lint.app.assignment import load_packs

if TYPE_CHECKING:
    from pathlib import Path

WISHES = """\
failure-threshold: warning
ignored:
  - DL3020
  - DL9999
override:
  error: [DL3000, DL1001]
  style:
    - DL3045
  ignore: [DL3015]
trustedRegistries:
  - docker.io
  - "*.example.com"
format: tty
surprise: 1
"""

FORMATS = "text, url, rfc3339, spdx, hash, semver, email"


def imported(folder: Path, text: str) -> str:
    (folder / ".hadolint.yaml").write_text(text)
    done = call("config", "--import", ".hadolint.yaml", cwd=folder)
    assert (done.code, done.err) == (0, "")
    return done.out


def test_every_wish_is_kept_or_told(tmp_path: Path) -> None:
    text = imported(tmp_path, WISHES)
    assert tomllib.loads(text) == {
        "ignore": ["DL3020"],
        "extend-select": ["DL1001"],
        "severity": {"DL3000": "error", "DL1001": "error", "DL3045": "info"},
        "fail-on": "warning",
        "core": {"registries": ["docker.io", "*.example.com"]},
    }
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Settings of .hadolint.yaml.",
        "# DL9999: zr4lint has no rule for it",
        "# format: use --format",
        "# surprise: not known",
        "# override: ignore: not known",
    ]


def test_labels_are_settings_of_pack_core_as_far_as_it_has_them(tmp_path: Path) -> None:
    text = imported(tmp_path, "strict-labels: true\nlabel-schema:\n  version: semver\n  title: rawtext\n  a: ''\n")
    known = {setting.name for pack in load_packs(["core"]) for setting in pack.settings}
    core = tomllib.loads(text).get("core", {})
    labels = {"version": "semver", "title": "text", "a": "text"}
    assert core == {name: value for name, value in (("labels", labels), ("strict-labels", True)) if name in known}
    assert text.count("zr4lint has no setting for it") == 2 - len(core)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("", "info"),
        ("failure-threshold: error", "error"),
        ("failure-threshold: style", "info"),
        ("failure-threshold: none", "info"),
        ("failure-threshold: ignore", "info"),
        ("failure-threshold: error\nno-fail: true", "never"),
        ("no-fail: false", "info"),
    ],
)
def test_the_level_that_fails_a_run(tmp_path: Path, text: str, level: str) -> None:
    """By default hadolint fails on every finding, zr4lint on errors. `none` and `ignore` make hadolint fail on any."""
    assert tomllib.loads(imported(tmp_path, text)) == {"fail-on": level}


def test_what_is_printed_is_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nADD a /b\nWORKDIR c\n")
    (tmp_path / "zr4lint.toml").write_text(imported(tmp_path, WISHES))
    done = call("Dockerfile", "--format", "concise", "--pack", "core", cwd=tmp_path)
    assert (done.code, done.err) == (1, "")
    assert "error ZC421" in done.out
    assert "ZC401" not in done.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", ".hadolint.yaml:1: not valid YAML"),
        ("- a\n", ".hadolint.yaml: not a configuration of hadolint: it is not a mapping"),
        ("ignored: DL3008\n", ".hadolint.yaml: key `ignored`: expected a list of codes"),
        ("strict-labels: 3\n", ".hadolint.yaml: key `strict-labels`: expected true or false"),
        ("trustedRegistries: docker.io\n", ".hadolint.yaml: key `trustedRegistries`: expected a list of registries"),
        ("label-schema:\n  a: date\n", f".hadolint.yaml: key `label-schema`: expected labels with one of {FORMATS}"),
        ("label-schema: text\n", f".hadolint.yaml: key `label-schema`: expected labels with one of {FORMATS}"),
        ("label-schema: [text]\n", f".hadolint.yaml: key `label-schema`: expected labels with one of {FORMATS}"),
        ("override: 3\n", ".hadolint.yaml: key `override`: expected levels with lists of codes"),
        (
            "failure-threshold: high\n",
            ".hadolint.yaml: key `failure-threshold`: expected one of error, warning, info, style, ignore, none",
        ),
    ],
)
def test_what_is_no_configuration_of_hadolint(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / ".hadolint.yaml").write_text(text)
    done = call("config", "--import", ".hadolint.yaml", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (2, "", f"zr4lint: {message}\n")


def test_of_several_levels_the_highest_counts(tmp_path: Path) -> None:
    """hadolint 2.15 gives a code in several lists the first matching level, from error down."""
    text = imported(tmp_path, "override:\n  style: [DL3006]\n  warning: [DL3006, DL3007]\n  error: [DL3007]\n")
    assert tomllib.loads(text)["severity"] == {"DL3006": "warning", "DL3007": "error"}
