"""Discovery of files, and the display of their paths."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inprocess import call
from tests.test_cli import save
from zr4lint.app.run import Request, inputs
from zr4lint.filesystem.gitignore import GitIgnore
from zr4lint.filesystem.paths import display, from_root, plain

if TYPE_CHECKING:
    from pathlib import Path

FOUND = [
    *("Dockerfile", "Dockerfile.gpu", "Dockerfile-gpu", "dockerfile", "gpu.Dockerfile", "gpu.dockerfile"),
    *("Containerfile", "Containerfile.gpu", "gpu.Containerfile", ".hidden/Dockerfile", ".github/a/b/Dockerfile"),
]
NOT_FOUND = [
    *("Dockerfile.dockerignore", "gpu.Dockerfile.dockerignore", "Dockerfile.md", "Dockerfile-notes.MD", "Dockerfile~"),
    *(
        "Dockerfile.orig",
        "Dockerfile.prd.decisions.toml",
        "Dockerfile.bak",
        "Dockerfile.swp",
        ".Dockerfile.swp",
        "Dockerfiles",
        "mydockerfile",
    ),
    *("dockerfile.py", "README.md", ".dockerignore", ".git/Dockerfile", "a/.git/Dockerfile", ".venv/Dockerfile"),
    *("node_modules/Dockerfile", "a/__pycache__/Dockerfile"),
]


@pytest.mark.parametrize("name", FOUND)
def test_names_of_dockerfiles(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, "FROM scratch\n")
    assert call("--show-files", cwd=tmp_path) == (0, f"{name}\n", "")


@pytest.mark.parametrize("name", NOT_FOUND)
def test_names_of_other_files(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, "FROM scratch\n")
    assert call("--show-files", cwd=tmp_path) == (2, "", "zr4lint: no Dockerfiles matching a pack found in .\n")


def test_a_pattern_of_the_configuration_finds_files_of_any_name(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile.md", "FROM scratch\n")
    save(tmp_path / "zr4lint.toml", 'packs = { "*.md" = ["ml"] }\n')
    assert call("--show-files", cwd=tmp_path).out == "Dockerfile.md\n"


IGNORED = {
    ".gitignore": "build/\n/top\n*.tmp\n!keep.tmp\nx.Dockerfile\n\\#odd\na/**/deep\nlib/*\n!lib/kept\ndist\n",
    "sub/.gitignore": "!dist\nlocal.Dockerfile\n",
    ".git/info/exclude": "private\n",
}


def test_nested_folders_are_looked_into_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    folder = tmp_path
    for _ in range(60):
        folder /= "a"
        save(folder / "Dockerfile", "FROM scratch\n")
    looked: Counter[str] = Counter()
    lexists = os.path.lexists

    def counted(path: str) -> bool:
        looked[path] += 1
        return lexists(path)

    monkeypatch.setattr("os.path.lexists", counted)
    found, errors = inputs(Request(paths=(str(tmp_path),)))
    assert (len(found), errors) == (60, [])
    assert max(looked.values()) <= 2


def test_the_closest_gitignore_files_are_used(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    save(tmp_path / ".gitignore", "Dockerfile\n")
    folder = tmp_path
    for number in range(32):
        assert inputs(Request(paths=(str(folder),)))[0] == []
        folder /= "a"
        save(folder / ".gitignore", f"x{number}\n")
    save(folder / "Dockerfile", "FROM scratch\n")
    assert len(inputs(Request(paths=(str(folder),)))[0]) == 1


def test_what_git_ignores_is_skipped(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "."], cwd=tmp_path, check=True)
    for name, text in IGNORED.items():
        save(tmp_path / name, text)
    folders = ["build", "a/build", "top", "a/top", "#odd", "a/deep", "a/b/c/deep", "lib/x", "lib/kept"]
    folders += ["dist", "sub/dist", "a/private", "sub/private/x", "keep.tmp", "drop.tmp", "fine"]
    paths = [f"{folder}/Dockerfile" for folder in folders] + [
        "x.Dockerfile",
        "sub/local.Dockerfile",
        "a/local.Dockerfile",
    ]
    for path in paths:
        save(tmp_path / path, "FROM scratch\n")
    asked = subprocess.run(["git", "check-ignore", *paths], cwd=tmp_path, capture_output=True, check=True, text=True)
    expected = {*paths} - {*asked.stdout.splitlines()}
    assert 0 < len(expected) < len(paths)
    assert {*call("--show-files", cwd=tmp_path).out.splitlines()} == expected
    assert call("--show-files", "build/Dockerfile", cwd=tmp_path).out == "build/Dockerfile\n"
    assert {*call("--show-files", ".", cwd=tmp_path / "sub").out.splitlines()} == {"dist/Dockerfile"}


WORDS = st.sampled_from(["a", "b", "ab", "*", "?", "a*", "*b", "**", "[ab]", "[!a]", "[^b]", "\\a", "a?", "*a*"])
PATTERNS = st.builds(
    lambda negated, top, words, end: f"{negated}{top}{'/'.join(words)}{end}",
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(WORDS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", " ", "\\ "]),
)
PLACES = ["a", "b", "ab", "a/a", "a/b", "a/ab", "b/a/b", "b/ab/a", "ab/b", "ab/a/b/a", "b/b/b/b"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", "."], cwd=folder, check=True)
    return folder


@pytest.mark.slow
@given(st.lists(PATTERNS, min_size=1, max_size=6))
def test_patterns_mean_what_they_mean_to_git(repository: Path, patterns: list[str]) -> None:
    (repository / ".gitignore").write_text("\n".join(patterns))
    asked = subprocess.run(
        ["git", "check-ignore", "--no-index", *PLACES], cwd=repository, capture_output=True, check=False, text=True
    )
    ignored = GitIgnore(str(repository))

    def hidden(place: str) -> bool:
        """Return whether a path or a parent folder is ignored; a walk does not enter such a folder."""
        parts = place.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts))]
        return any(ignored.matches(f"{repository}/{folder}", folder=True) for folder in above) or ignored.matches(
            f"{repository}/{place}"
        )

    assert {place for place in PLACES if hidden(place)} == {*asked.stdout.splitlines()}


def test_many_stars_can_not_hang(tmp_path: Path) -> None:
    lines = ["*a" * 60 + "b", "**/" * 40 + "*a" * 40 + "b", "[" * 100_000, "[a-" * 100_000, "*" * 100_000]
    save(tmp_path / ".gitignore", "\n".join(lines))
    save(tmp_path / ("a" * 120) / "Dockerfile", "FROM scratch\n")
    assert call("--show-files", cwd=tmp_path).code == 0


@pytest.mark.slow
@pytest.mark.parametrize("form", ["sarif", "github", "gitlab", "junit"])
def test_reports_for_machines_have_paths_from_the_root_of_the_repository(tmp_path: Path, form: str) -> None:
    save(tmp_path / "a" / "Dockerfile.zr4", "FROM scratch\n")
    before = call("--format", form, cwd=tmp_path / "a").out
    assert "a/Dockerfile.zr4" not in before
    (tmp_path / ".git").mkdir()
    for cwd, path in ((tmp_path, "."), (tmp_path / "a", "."), (tmp_path, "a"), (tmp_path, tmp_path / "a")):
        out = call("--format", form, path, cwd=cwd).out
        assert "a/Dockerfile.zr4" in out
        assert str(tmp_path) not in out
    text = call("--format", "concise", cwd=tmp_path / "a").out
    assert text.startswith("Dockerfile.zr4:")


def test_paths_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "inner"
    (inner / ".git").mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert from_root("x/Dockerfile") == "x/Dockerfile"
    assert from_root("-") == "-"
    assert from_root("../Dockerfile") == "../Dockerfile"
    (tmp_path / ".git").write_text("gitdir: x\n")
    assert from_root("../a/Dockerfile") == "a/Dockerfile"


@pytest.mark.parametrize(
    ("paths", "successful"), [(["."], True), (["gone"], False), (["gone", "Dockerfile.zr4"], True)]
)
def test_a_run_that_lints_anything_is_successful(tmp_path: Path, paths: list[str], successful: bool) -> None:
    save(tmp_path / "Dockerfile.zr4", "FROM scratch\n")
    (run,) = json.loads(call("--format", "sarif", *paths, cwd=tmp_path).out)["runs"]
    assert run["invocations"][0]["executionSuccessful"] is successful


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("./a//b/./c", "a/b/c"),
        ("a/../b", "a/../b"),  # zr4lint does not guess the target of a link
        ("a/", "a"),
        ("", "."),
        ("/a//b", "/a/b"),
        ("/", "/"),
    ],
)
def test_what_leads_nowhere_is_left_out(path: str, shown: str) -> None:
    assert plain(path) == shown


@pytest.mark.parametrize(
    ("here", "path", "shown"),
    [
        ("/x/y", "/x/y/Dockerfile", "Dockerfile"),
        ("/x/y", "/x/yz/Dockerfile", "/x/yz/Dockerfile"),
        ("/x/y", "/x/y", "."),
        ("/x/y", "/", "/"),
        ("/", "/x/Dockerfile", "x/Dockerfile"),
        ("/", "/", "."),
        ("/x", "../Dockerfile", "../Dockerfile"),
    ],
)
def test_paths_below_the_current_folder_are_shown_from_there(
    monkeypatch: pytest.MonkeyPatch, here: str, path: str, shown: str
) -> None:
    monkeypatch.setattr("os.getcwd", lambda: here)
    assert display(path) == shown
