from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.documents.test_checking import example
from tests.installed import ROOT
from zr4lint.app.assignment import load_packs
from zr4lint.project.discovery import is_leftover

if TYPE_CHECKING:
    from pathlib import Path

    from zr4lint.packs.model import Pack

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
BY_ID = {hook["id"]: hook for hook in HOOKS}
LINTING = ("zr4lint", "zr4lint-fix")


def packs() -> list[Pack]:
    """Return the packs that zr4lint uses if none is named."""
    return [*load_packs(())]


def call(hook: dict[str, Any], cwd: Path, file: str = "Dockerfile.zr4") -> int:
    """Run a hook's entry as pre-commit does, but with this interpreter's zr4lint."""
    program, *args = shlex.split(hook["entry"])
    assert program == "zr4lint"
    command = [sys.executable, "-m", program, *args, *hook.get("args", []), file]
    return subprocess.run(command, cwd=cwd, capture_output=True, check=False).returncode


def test_there_are_three() -> None:
    assert list(BY_ID) == [*LINTING, "zr4lint-prd"]
    for hook in HOOKS:
        assert hook["language"] == "python"
        assert hook["pass_filenames"] is True
        assert hook["name"]
        assert hook["description"]


@pytest.mark.parametrize("name", LINTING)
@pytest.mark.parametrize(
    "path",
    [
        "Dockerfile.zr4",
        "docker/Dockerfile.zr4",
        "worker.Dockerfile.zr4",
        "a/b/c.Dockerfile.zr4",
        "Dockerfile",
        "Dockerfile.zr40",
        "Dockerfile.zr4.bak",
        "Dockerfile-zr4",
        "Dockerfilexzr4",
        "MyDockerfile.zr4",
        "docker/Dockerfile.zr4/README.md",
        "gpu.Dockerfile",
        "a/gpu.dockerfile",
        "a/dockerfile",
        "Containerfile",
        "Dockerfile.dockerignore",
        "Dockerfile.md",
        "Dockerfile~",
        "Dockerfile.orig",
        "x.Containerfile",
        "dockerfile.x",
        "a/Containerfile.gpu",
    ],
)
def test_files_are_those_that_the_pack_claims(name: str, path: str) -> None:
    hook = BY_ID[name]
    chosen = bool(re.search(hook["files"], path)) and not re.search(hook["exclude"], path)
    assert chosen is (any(pack.claims(path) for pack in packs()) and not is_leftover(path))


@pytest.mark.parametrize("name", BY_ID)
@pytest.mark.parametrize(
    "path", ["--output=/tmp/x.Dockerfile", "-o/x.Dockerfile", "--fix/Dockerfile", "-.Dockerfile", "-x.prd.md"]
)
def test_a_file_name_is_never_an_option(name: str, path: str) -> None:
    assert not re.search(BY_ID[name]["files"], path)
    assert BY_ID[name]["args"][-1] == "--"


@pytest.mark.slow
@pytest.mark.parametrize("name", LINTING)
def test_a_hook_passes_a_conforming_file_and_fails_another(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docker", tmp_path, dirs_exist_ok=True)
    file = tmp_path / "Dockerfile.zr4"
    before = file.read_bytes()
    assert call(BY_ID[name], tmp_path) == 0
    assert file.read_bytes() == before
    file.write_bytes(before.replace(b"    torch==2.5.1 \\", b"    torch==2.5.0 \\"))
    assert call(BY_ID[name], tmp_path) == 1


@pytest.mark.slow
def test_the_fixing_hook_fixes(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docker", tmp_path, dirs_exist_ok=True)
    file = tmp_path / "Dockerfile.zr4"
    before = file.read_bytes()
    file.write_bytes(before.replace(b"RUN pip install --no-cache-dir --upgrade", b"RUN pip install --upgrade"))
    assert call(BY_ID["zr4lint"], tmp_path) == 1
    assert file.read_bytes() != before
    assert call(BY_ID["zr4lint-fix"], tmp_path) == 0
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("path", "chosen"),
    [("Dockerfile.prd.md", True), ("docs/x.prd.markdown", True), ("README.md", False), ("prd.md", False)],
)
def test_documents_have_prd_in_their_names(path: str, chosen: bool) -> None:
    assert bool(re.search(BY_ID["zr4lint-prd"]["files"], path)) is chosen


@pytest.mark.slow
def test_the_hook_for_documents_fails_where_one_contradicts_itself(tmp_path: Path) -> None:
    text = (ROOT / "fixtures" / "documents" / "broken.prd.md").read_text()
    (tmp_path / "x.prd.md").write_text(text)
    (tmp_path / "y.prd.md").write_text(example())
    assert call(BY_ID["zr4lint-prd"], tmp_path, "x.prd.md") == 1
    assert call(BY_ID["zr4lint-prd"], tmp_path, "y.prd.md") == 0
