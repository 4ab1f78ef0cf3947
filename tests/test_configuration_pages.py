"""The examples of docs/configuration.md and docs/suppressions.md work as described."""

from __future__ import annotations

import re
import shlex
import shutil
from typing import TYPE_CHECKING

import jsonschema  # type: ignore[import-untyped]
import pytest
import tomli

import zr4lint
from tests.inprocess import call
from tests.test_cli import DOCKER, WRONG_TORCH, save
from zr4lint.packs.own_rules import OWN_RULES
from zr4lint.project.schema import schema
from zr4lint.project.settings import KEYS

if TYPE_CHECKING:
    from pathlib import Path

DOCS = DOCKER.parent / "docs"
PAGES = {name: (DOCS / f"{name}.md").read_text() for name in ("configuration", "suppressions")}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.DOTALL)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    shutil.copytree(DOCKER, tmp_path / "docker")
    return tmp_path


def test_the_configuration_is_one(here: Path) -> None:
    (text,) = blocks("configuration", "toml")
    table = tomli.loads(text)["tool"]["zr4lint"]
    assert list(table) == list(KEYS)
    jsonschema.validate(table, schema())
    save(here / "pyproject.toml", text)
    (command,) = blocks("configuration", "console")[0].splitlines()
    done = call(*shlex.split(command)[2:], cwd=here)
    assert (done.code, done.err) == (0, "")
    assert done.out.count("pyproject.toml:") == len(KEYS) - 1  # no file of that page matches `*.old`
    assert call("docker", cwd=here).code == 0


def test_the_baseline_lets_pass(here: Path) -> None:
    save(here / "docker" / "Dockerfile.zr4", WRONG_TORCH)
    assert call("docker", cwd=here).code == 1
    for command in blocks("configuration", "console")[1].splitlines():
        done = call(*shlex.split(command)[2:], cwd=here)
        assert (done.code, done.err) == (0, "")


def test_the_suppression_suppresses() -> None:
    (text,) = blocks("suppressions", "dockerfile")
    found = zr4lint.lint_text("FROM a\n" + text, packs="zr4").findings
    assert [f.justification for f in found if f.code == "ZR0501"] == ["On trial until the next release."]
    assert not [f for f in found if f.code.startswith("ZL")]


def test_every_comment_of_the_table_is_understood() -> None:
    comments = re.findall(r"^\| `(# zr4lint: [^`]+)`", PAGES["suppressions"], re.MULTILINE)
    assert len(comments) == 4
    for comment in comments:
        text = f"{comment}\nFROM a\nRUN pip install torch==2.5.0\n# zr4lint: ignore-end\n"
        codes = {f.code for f in zr4lint.lint_text(text, packs="zr4").findings}
        assert not codes & {"ZL002", "ZL003"}
        assert ("ZL004" in codes) == ("ignore-start" not in comment)


def test_the_own_rules_are_listed() -> None:
    rows = re.findall(
        r"^\| (ZL\d+) \| ([\w-]+) \|.*?(?:\((safe|unsafe)\)|none) \|$", PAGES["suppressions"], re.MULTILINE
    )
    about = [rule for rule in OWN_RULES if "suppression" in rule.name]
    expected = [(r.code, r.name, r.applicability.label if r.applicability else "") for r in about]
    assert rows == expected


def test_add_ignore_shows_what_it_would_write(here: Path) -> None:
    save(here / "docker" / "Dockerfile.zr4", WRONG_TORCH)
    (command,) = blocks("suppressions", "console")[0].splitlines()
    done = call(*shlex.split(command)[2:], cwd=here)
    assert (done.code, done.err) == (1, "")
    assert "\n+# zr4lint: ignore[ZR0501] On trial until the next release.\n" in done.out
