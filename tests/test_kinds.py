"""The kinds of check in `zr4lint kinds` and docs/kinds/: the tests run every example."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.inprocess import call
from tests.kinds_page import FOLDER, pages
from zr4lint.app.explain_kinds import KindGuide, explain_kind, guides
from zr4lint.checks import KINDS
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import lint
from zr4lint.model.source import SourceFile
from zr4lint.packs.reader import read_pack

if TYPE_CHECKING:
    from pathlib import Path

EVERY = guides()
WITH_EXAMPLE = [guide for guide in EVERY if guide.example is not None]
WITHOUT_EXAMPLE = {
    "context-files": "it looks at the folder beside the file",
    "ignored-files": "it looks at the folder beside the file",
    "last-instruction": "an example would have all lines of a file",
    "layer-banner": "an example needs a layer",
    "layer-lines": "an example would have the lines of a whole layer above it",
    "layer-order": "an example needs the requirements of several layers",
    "line-count": "an example would have all lines of a file",
    "ml/gpu-not-compiled-for": "an example needs a GPU, which the command line or a configuration names",
    "ml/gpu-toolkit": "an example needs a GPU, which the command line or a configuration names",
    "ml/gpu-torch": "an example needs a GPU, which the command line or a configuration names",
    "ml/node-engine": "it looks at the folder beside the file",
    "ml/lock-file": "it looks at the folder beside the file",
    "ml/project-python": "it looks at the folder beside the file",
    "not-in-specification": "an example needs all that other rules ask for",
    "shellcheck": "its findings have codes of ShellCheck, not that of a rule",
    "specification-commands": "an example needs the commands of other rules",
}


def found(guide: KindGuide, text: str) -> list[str]:
    assert guide.example is not None
    rule = {"code": "EX1", "name": "example", "level": "error", "summary": "s", "why": "w", "check": guide.name}
    rules = [{**rule, **tomllib.loads(guide.example.rule)}]
    document = {"name": "example", "title": "Example", "files": ["*"], "rule": rules}
    pack = read_pack(document, KINDS, "example.toml")
    report = lint(SourceFile(text), [pack], LintOptions())
    return [finding.message for finding in report.findings if "EX1" in (finding.code, *finding.also)]


@pytest.mark.parametrize("guide", WITH_EXAMPLE, ids=lambda guide: guide.name)
def test_the_bad_example_of_a_kind_is_found_and_the_good_one_is_not(guide: KindGuide) -> None:
    assert guide.example is not None
    assert found(guide, guide.example.bad)
    assert found(guide, guide.example.good) == []


def test_kinds_without_an_example_have_a_reason() -> None:
    assert {guide.name for guide in EVERY if guide.example is None} == set(WITHOUT_EXAMPLE)


def test_every_kind_says_what_it_asks_for() -> None:
    assert [g.name for g in EVERY if not g.summary.endswith(".") or len(g.summary) > 140] == []


def test_the_pages_are_what_the_kinds_say() -> None:
    files = {file.relative_to(FOLDER).as_posix(): file.read_text(encoding="utf-8") for file in FOLDER.rglob("*.md")}
    assert files == pages(), "run `make docs`"


def test_the_command_lists_every_kind(tmp_path: Path) -> None:
    done = call("kinds", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert [line.split("  ")[0] for line in done.out.splitlines()] == [guide.name for guide in EVERY]


def test_the_command_explains_one(tmp_path: Path) -> None:
    done = call("kinds", "ports", cwd=tmp_path)
    assert done.code == 0
    assert done.out.splitlines() == explain_kind("ports")
    assert 'check = "ports"' in done.out
    done = call("kinds", "prots", cwd=tmp_path)
    assert (done.code, done.err) == (2, "zr4lint: no kind of check is named `prots`; did you mean `ports`?\n")


def test_the_command_writes_json(tmp_path: Path) -> None:
    every = json.loads(call("kinds", "--format", "json", cwd=tmp_path).out)
    assert [kind["name"] for kind in every] == [guide.name for guide in EVERY]
    one = json.loads(call("kinds", "runs-as", "--format", "json", cwd=tmp_path).out)
    assert one in every
    assert one["parameters"] == [
        {"name": "user", "type": "a text that is not empty", "required": True, "default": None},
        {"name": "any-group", "type": "`true` or `false`", "required": False, "default": None},
    ]
