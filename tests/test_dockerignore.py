"""The files that .dockerignore excludes, by moby's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zr4lint.filesystem.dockerignore import DockerIgnore, dockerignore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("pattern", "left_out", "kept"),
    [
        ("build", ["build", "build/a", "build/a/b"], ["builds", "a/build", "./a"]),
        ("/build/", ["build", "./build/a"], ["a/build"]),
        ("a/../b", ["b"], ["a"]),
        ("*.pem", ["a.pem", ".pem"], ["a/b.pem", "a.pem.txt"]),
        ("*", ["a", "a/b", ".git"], []),
        ("*/b", ["a/b", "a/b/c"], ["b", "a/c/b"]),
        ("a?c", ["abc"], ["ac", "a/c", "abbc"]),
        ("a[b-d]e", ["ace"], ["ae", "aae"]),
        ("a[^b-d]e", ["aze"], ["ace"]),
        ("[\\]a]", ["]", "a"], ["b", "\\"]),
        ("[[&|~]", ["[", "&", "|", "~"], ["a"]),
        ("a\\*b", ["a*b"], ["axb"]),
        ("**", ["a", "a/b/c"], []),
        ("**/", ["a", "a/b/c"], []),
        ("dir/**", ["dir/a", "dir/a/b"], ["dir", "dirs"]),
        ("**/dir", ["dir", "a/dir", "a/b/dir/c"], ["adir", "dir2"]),
        ("**file", ["file", "a/file", "a/myfile"], ["files"]),
        ("**/*.txt", ["a.txt", "a/b/c.txt"], ["a.txts"]),
        ("**/**/*.txt", ["a.txt", "a/b/c.txt"], ["a/b"]),
        ("a**/*.txt", ["a/b.txt", "a/b/c/d.txt"], ["b/a.txt"]),
        ("**/a/*", ["a/b", "x/a/b", "a/b/c"], ["a", "x/a"]),
        ("a.|)$(}+{bc", ["a.|)$(}+{bc"], ["aX|)$(}+{bc"]),
        ("abc.def", ["abc.def"], ["abcXdef"]),
        ("# a comment", [], ["# a comment"]),
        (" # no comment", ["# no comment"], []),
        ("\ufeffa", ["a"], []),
        ("a\r", ["a"], []),
        ("", [], ["a", "."]),
        ("!", [], ["a"]),
    ],
)
def test_a_pattern_leaves_out_what_it_matches_and_what_is_below(
    pattern: str, left_out: list[str], kept: list[str]
) -> None:
    ignore = DockerIgnore(f"{pattern}\n")
    assert [path for path in (*left_out, *kept) if ignore.leaves_out(path)] == left_out


@pytest.mark.parametrize(
    ("patterns", "left_out", "kept"),
    [
        (["docs", "!docs/README.md"], ["docs", "docs/a"], ["docs/README.md"]),
        (["docs/*", "!docs/README.md"], ["docs/a"], ["docs", "docs/README.md"]),
        (["!a.go", "*.go"], ["a.go"], []),
        (["*.go", "!a.go"], ["b.go"], ["a.go"]),
        (["**", "!util/web"], ["util", "a"], ["util/web", "util/web/a"]),
        (["**", "! util/web", "util/web/a"], ["util/web/a", "util/web/a/b"], ["util/web/b"]),
    ],
)
def test_the_last_pattern_that_matches_counts(patterns: list[str], left_out: list[str], kept: list[str]) -> None:
    ignore = DockerIgnore("\n".join(patterns))
    assert [path for path in (*left_out, *kept) if ignore.leaves_out(path)] == left_out


@pytest.mark.parametrize(
    ("text", "everything"),
    [("*", True), ("**\n", True), ("**/*", True), ("*\n!a", False), ("!a\n*", True), ("a\n*.b", False), ("?*", False)],
)
def test_the_whole_context_is_left_out_by_a_pattern_for_everything(text: str, everything: bool) -> None:
    assert [DockerIgnore(text).leaves_out(path) for path in (".", "/", "./")] == [everything] * 3


@pytest.mark.parametrize(
    ("text", "folder", "brought_back"),
    [
        ("*\n!src", "src", False),
        ("*\n!src/a", "src", True),
        ("*\n!src/*/b", "src/a", True),
        ("*\n!src/*/b", "lib", False),
        ("*\n!**/a", "lib", True),
        ("*\n!lib/**", "lib", True),
        ("*\n!libs/a", "lib", False),
        ("*", "lib", False),
    ],
)
def test_whether_something_below_may_be_brought_back(text: str, folder: str, brought_back: bool) -> None:
    assert DockerIgnore(text).may_bring_back(folder) is brought_back


def test_the_file_named_after_the_dockerfile_comes_first(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("a\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("b\n")
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "Dockerfile").write_text("")
    (folder / "Dockerfile.dockerignore").write_text("c\n")
    for path, name, left_out in (
        ("Dockerfile", "Dockerfile.dockerignore", "b"),
        ("Containerfile", ".dockerignore", "a"),
        (str(folder / "Dockerfile"), "Dockerfile.dockerignore", "c"),
    ):
        ignore = dockerignore(str(tmp_path), path)
        assert ignore is not None
        assert (ignore.name, [word for word in "abc" if ignore.leaves_out(word)]) == (name, [left_out])


def test_nothing_outside_of_the_context_is_read(tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (tmp_path / "outside").write_text("a\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("b\n")
    (tmp_path / "Dockerfile").write_text("")
    (context / ".dockerignore").symlink_to(tmp_path / "outside")
    assert dockerignore(str(context), str(tmp_path / "Dockerfile")) is None
    assert dockerignore(str(context), "../Dockerfile") is None


@pytest.mark.parametrize("text", ["[", "a[", "[^", "[]a]", "[-x]"])
def test_a_file_that_moby_refuses_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / ".dockerignore").write_text(f"*\n{text}\n")
    assert dockerignore(str(tmp_path), "Dockerfile") is None


@pytest.mark.slow
def test_a_pattern_of_many_wildcards_is_matched_all_the_same() -> None:
    assert not DockerIgnore("*a" * 60 + "b").leaves_out("a" * 2_000)
    assert not DockerIgnore("**/a/" * 30 + "b").leaves_out("a/" * 200)


def test_the_comparisons_of_paths_with_patterns_are_limited() -> None:
    ignore = DockerIgnore("".join(f"a{n}\n" for n in range(1_000)))
    assert [ignore.leaves_out(f"a7/b{n}") for n in range(501)] == [True] * 500 + [False]
    assert not DockerIgnore("**/" * 30_000 + "b").leaves_out("a/" * 200)
    assert DockerIgnore("a/" + "**/" * 30_000 + "b").leaves_out("a/c/b")
