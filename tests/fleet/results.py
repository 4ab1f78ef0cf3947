"""Read the results of runs, and create files to lint."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pyarrow.dataset as ds

from tests.inprocess import call
from tests.test_cli import CONFORMING, WRONG_TORCH, save

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = (CONFORMING, WRONG_TORCH, "FROM scratch\n", "FROM ubuntu\nRUN apt-get install curl\n", "RUN (\n")

KEYS = ("line", "column", "end_line", "end_column", "code", "severity", "message", "suppressed", "conflict")
"""Fields of a finding that are equal in the JSON report and in Parquet."""


def corpus(folder: Path, count: int) -> Path:
    """Create a folder with this many different Dockerfiles, some with other files and some with a suppression."""
    for number in range(count):
        name = "Dockerfile.zr4" if number % 3 == 0 else "Dockerfile"
        text = TEXTS[number % len(TEXTS)]
        if number % 4 == 0:
            text = f"# zr4lint: ignore[ZC101] known\n{text}"
        save(folder / f"r{number % 5}" / f"{number:03}" / name, text)
    return folder


def files(results: Path) -> list[dict[str, Any]]:
    """The rows of files."""
    return rows(results, "files")


def findings(results: Path) -> list[dict[str, Any]]:
    """The rows of findings."""
    return rows(results, "findings")


def rows(results: Path, kind: str) -> list[dict[str, Any]]:
    """Return the rows of a table, in any order."""
    found = sorted((results / kind).glob("*.parquet"))
    read: list[dict[str, Any]] = ds.dataset([str(path) for path in found], format="parquet").to_table().to_pylist()
    return read


def told(results: Path) -> list[tuple[Any, ...]]:
    """Return the findings of a fleet, sorted."""
    return _in_order((row["url"], *(row[key] for key in KEYS)) for row in findings(results))


def plainly_told(*args: str | Path, cwd: Path) -> list[tuple[Any, ...]]:
    """Return the findings of the plain run."""
    done = call("--format", "json", "--jobs", "1", "--no-config", *args, cwd=cwd)
    return _in_order((row["path"], *(row[key] for key in KEYS)) for row in json.loads(done.out)["findings"])


def _in_order(found: Any) -> list[tuple[Any, ...]]:
    return sorted(found, key=lambda row: tuple(map(str, row)))


def git(*words: str | Path, cwd: Path) -> None:
    """Run git with a name for commits."""
    name = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *name, *words], cwd=cwd, check=True, capture_output=True)


def bare(folder: Path, texts: dict[str, str]) -> Path:
    """Create a bare repository with two commits; the last one has these files, a link and a binary file."""
    work = folder / "work"
    for path in texts:
        save(work / path, "FROM before\n")
    git("init", "--quiet", "--initial-branch=main", cwd=work)
    git("add", ".", cwd=work)
    git("commit", "--quiet", "-m", "before", cwd=work)
    git("tag", "first", cwd=work)
    for path, text in texts.items():
        save(work / path, text)
    (work / "Dockerfile.link").symlink_to("/etc/passwd")
    (work / "Dockerfile.binary").write_bytes(b"FROM a\0\n")
    save(work / "node_modules" / "Dockerfile", "FROM skipped\n")
    save(work / "README", "FROM readme\n")
    git("add", "-f", ".", cwd=work)
    git("commit", "--quiet", "-m", "now", cwd=work)
    git("clone", "--quiet", "--bare", work, folder / "bare.git", cwd=folder)
    return folder / "bare.git"
