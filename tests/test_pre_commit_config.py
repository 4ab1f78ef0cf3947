from __future__ import annotations

import re
import shlex
from typing import Any

import yaml

from tests.installed import ROOT

OWN: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
OFFERED = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


def test_this_repository_uses_the_hook_that_it_offers() -> None:
    (repository,) = OWN["repos"]
    assert repository["repo"] == "local"
    (hook,) = repository["hooks"]
    offered = OFFERED[hook["id"]]
    for key in ("name", "description", "files", "pass_filenames", "require_serial"):
        assert hook[key] == offered[key]
    program, *args = shlex.split(hook["entry"])
    assert [program.removeprefix(".venv/bin/"), *args] == shlex.split(offered["entry"])


def test_fixtures_are_left_alone() -> None:
    hook = OWN["repos"][0]["hooks"][0]
    files = [file.relative_to(ROOT).as_posix() for file in (ROOT / "fixtures").rglob("*Dockerfile*")]
    assert files
    assert all(re.search(hook["exclude"], file) for file in files)
    assert not re.search(hook["exclude"], "docker/Dockerfile.zr4")
