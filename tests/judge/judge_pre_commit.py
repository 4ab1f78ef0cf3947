"""The hooks with the real pre-commit in fresh git repositories."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.installed import ROOT, copy_to, environment, scratch

PRE_COMMIT = Path(sys.executable).parent / "pre-commit"
GOOD = (ROOT / "docker" / "Dockerfile.zr4").read_text()
BROKEN = GOOD.replace("torch==2.5.1", "torch==2.5.0")
FIXABLE = GOOD.replace("--no-cache-dir --upgrade", "--upgrade", 1)


def variables() -> dict[str, str]:
    """An environment where git does not ask for a name, and pre-commit keeps its installations for these tests."""
    names = {"GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@example.org"}
    names |= {"GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@example.org"}
    kept = {name: value for name, value in environment().items() if not name.startswith("GIT_")}
    return kept | names | {"PRE_COMMIT_HOME": str(scratch() / "pre-commit")}


def call(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=variables(), capture_output=True, text=True, check=False, timeout=300)


def git(*args: str, cwd: Path) -> str:
    done = call("git", *args, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def hooks() -> Path:
    """This repository's files, committed."""
    folder = copy_to(scratch() / "hooks")
    git("init", "--quiet", cwd=folder)
    git("add", ".", cwd=folder)
    git("commit", "--quiet", "--message", "x", cwd=folder)
    return folder


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A repository with the conforming file and a broken one, both committed."""
    shutil.copytree(ROOT / "docker", tmp_path / "docker")
    (tmp_path / "old.Dockerfile.zr4").write_text(BROKEN)
    git("init", "--quiet", cwd=tmp_path)
    git("add", ".", cwd=tmp_path)
    git("commit", "--quiet", "--message", "x", cwd=tmp_path)
    return tmp_path


def change(folder: Path, text: str) -> Path:
    file = folder / "docker" / "Dockerfile.zr4"
    file.write_text(text)
    git("add", ".", cwd=folder)
    return file


def try_hook(name: str, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return call(PRE_COMMIT, "try-repo", hooks(), name, "--verbose", *args, cwd=folder)


def test_green_on_a_good_file_and_only_changed_files(fresh: Path) -> None:
    change(fresh, GOOD.replace("# LAYER 2:", "# LAYER 2: the"))
    done = try_hook("zr4lint", fresh)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
    assert "docker/Dockerfile.zr4 (pack zr4): 52 of 52 requirements met" in done.stdout
    assert "old.Dockerfile.zr4" not in done.stdout


def test_nothing_to_do_is_skipped(fresh: Path) -> None:
    (fresh / "README.md").write_text("x\n")
    git("add", ".", cwd=fresh)
    done = try_hook("zr4lint", fresh)
    assert (done.returncode, "Skipped" in done.stdout) == (0, True)


def test_all_files_are_all(fresh: Path) -> None:
    done = try_hook("zr4lint", fresh, "--all-files")
    assert done.returncode == 1
    assert "old.Dockerfile.zr4:37:5: error ZR0501 torch-pin" in done.stdout


def test_red_on_a_broken_file(fresh: Path) -> None:
    change(fresh, BROKEN)
    done = try_hook("zr4lint", fresh)
    assert done.returncode == 1
    assert "Failed" in done.stdout
    assert "docker/Dockerfile.zr4:37:5: error ZR0501 torch-pin" in done.stdout


def test_the_fixing_hook_changes_the_file_and_fails_once(fresh: Path) -> None:
    file = change(fresh, FIXABLE)
    assert FIXABLE != GOOD
    done = try_hook("zr4lint-fix", fresh)
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout
    assert file.read_text() == GOOD
    git("add", ".", cwd=fresh)
    assert try_hook("zr4lint-fix", fresh, "--files", "docker/Dockerfile.zr4").returncode == 0


def test_a_commit_is_refused_until_it_is_good_and_nothing_is_installed_again(fresh: Path) -> None:
    revision = git("rev-parse", "HEAD", cwd=hooks()).strip()
    (fresh / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {hooks()}\n    rev: {revision}\n    hooks:\n      - id: zr4lint\n"
    )
    done = call(PRE_COMMIT, "install", "--install-hooks", cwd=fresh)
    assert done.returncode == 0, done.stdout + done.stderr
    change(fresh, BROKEN)
    refused = call("git", "commit", "--message", "broken", cwd=fresh)
    assert refused.returncode == 1
    assert "ZR0501" in refused.stderr + refused.stdout
    assert "Installing environment" not in refused.stderr + refused.stdout
    change(fresh, GOOD.replace("# LAYER 2:", "# LAYER 2: the"))
    taken = call("git", "commit", "--message", "good", cwd=fresh)
    assert taken.returncode == 0, taken.stderr
    assert "Passed" in taken.stdout + taken.stderr


def test_this_repository_uses_its_own_hook(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    shutil.copytree(hooks(), folder)
    shutil.copy(ROOT / ".pre-commit-config.yaml", folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    git("add", ".pre-commit-config.yaml", cwd=folder)
    assert call(PRE_COMMIT, "run", "--all-files", cwd=folder).returncode == 0
    file = change(folder, BROKEN)
    done = call(PRE_COMMIT, "run", cwd=folder)
    assert (done.returncode, "ZR0501" in done.stdout) == (1, True)
    assert file.read_text() == BROKEN
