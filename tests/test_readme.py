"""README.md is correct: the tests run its commands, compare its output and read its configurations."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.installed import GROUP, ROOT, environment
from tests.readme import HERE, README, Block, Story, blocks, replayed
from zr4lint import __version__
from zr4lint.report import FORMATS

TEXT = README.read_text(encoding="utf-8")
YAML = {
    re.sub(r"^# (\S+)\n.*", r"\1", block.body, flags=re.DOTALL): yaml.safe_load(block.body)
    for block in blocks(TEXT)
    if block.kind == "yaml"
}


def commands() -> list[str]:
    """Return all commands of its shell blocks."""
    return [line for block in blocks(TEXT) if block.kind == "sh" for line in block.body.splitlines()]


@pytest.mark.thorough
@GROUP
def test_its_commands_succeed_and_write_what_it_shows() -> None:
    assert replayed(TEXT) == TEXT, "run `make docs`"


@pytest.mark.thorough
@GROUP
def test_what_is_not_so_is_noticed() -> None:
    story = Story()
    assert "1.2.3" not in story.play(Block("console", None, "$ zr4lint --version\nzr4lint 1.2.3\n", 0, 0))
    with pytest.raises(AssertionError, match="no pack"):
        story.play(Block("sh", None, "zr4lint --pack gone\n", 0, 0))
    with pytest.raises(AssertionError, match=r"Got:\n *2"):
        story.play(Block("pycon", None, ">>> 1 + 1\n3\n", 0, 0))
    with pytest.raises(AssertionError, match="unexpected argument"):
        story.play(Block("console", None, "$ zr4lint --no-such-option\n", 0, 0))


@pytest.mark.parametrize("text", ["```sh\nmake\n", "```\nmake\n```\n", "- x\n  ```sh\n  make\n  ```\n"])
def test_no_block_escapes(text: str) -> None:
    with pytest.raises(ValueError, match="fence"):
        blocks(text)


def test_the_set_up_is_two_commands() -> None:
    first = next(block for block in blocks(TEXT) if block.kind == "sh")
    assert first.body == "make lint\nmake test\n"


@pytest.mark.slow
def test_five_commands_lead_to_a_pull_request_that_fails(tmp_path: Path) -> None:
    (text,) = [block.body for block in blocks(TEXT) if block.kind == "text"]
    install, *others = text.splitlines()
    assert install == f"python3 -m pip install {HERE}"
    assert len(others) == 4
    origin, work = tmp_path / "origin.git", tmp_path / "work"
    names = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = environment(Path(sys.executable).parent) | names | {"GIT_CONFIG_GLOBAL": "/dev/null"}

    def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["bash", "-ec", command], cwd=cwd, env=env, capture_output=True, text=True, check=False)

    assert shell(f"git init -q --bare {origin} && git clone -q {origin} {work}", tmp_path).returncode == 0
    (work / "Dockerfile").write_text("FROM python:3.12-slim\nRUN pip install numpy >=1.26\n", "utf-8")
    for command in others:
        done = shell(command, work)
        assert done.returncode == 0, done
    pushed = shell("git ls-tree -r --name-only zr4lint", origin).stdout.split()
    assert pushed == [".github/workflows/zr4lint.yml", "Dockerfile", "dockerfile-pack.toml", "zr4lint.toml"]
    workflow = yaml.safe_load((work / ".github" / "workflows" / "zr4lint.yml").read_text("utf-8"))
    (lint,) = [step["run"] for step in workflow["jobs"]["zr4lint"]["steps"] if "github" in step.get("run", "")]
    done = shell(lint, work)
    assert done.returncode == 1
    assert "::error file=Dockerfile,line=2," in done.stdout


def test_the_pre_commit_configuration_names_hooks_that_are_there() -> None:
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    (repository,) = YAML[".pre-commit-config.yaml"]["repos"]
    assert repository["repo"].endswith("/zr4lint")
    assert repository["rev"] == f"v{__version__}"
    assert {hook["id"] for hook in repository["hooks"]} == hooks


def test_each_format_is_listed_once() -> None:
    table = re.search(r"^\| format \|.*\n\|.*\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert table is not None
    assert re.findall(r"^\| `(\w+)` \|", table[1], re.MULTILINE) == list(FORMATS)


HOME = ("https://github.com/zr4lint/zr4lint/blob/main/", "https://raw.githubusercontent.com/zr4lint/zr4lint/main/")
"""Prefix of README.md's links into the repository; absolute, because PyPI also shows the page."""


def _inside(link: str) -> str:
    return next((link.removeprefix(home) for home in HOME if link.startswith(home)), link)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_into_the_repository_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / page).read_text(encoding="utf-8"))
    inside = [_inside(link) for link in links if "://" not in link or link.startswith(HOME)]
    assert [link for link in inside if not Path(ROOT, link).exists()] == []
    assert inside or page == "CHANGELOG.md"


def test_the_page_on_pypi_has_no_link_that_leads_nowhere() -> None:
    assert [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if not link.startswith(("https://", "#"))] == []
