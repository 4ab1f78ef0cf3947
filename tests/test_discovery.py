"""Paths as they are shown, and as they are read."""

from __future__ import annotations

import pytest

from zr4lint.filesystem.paths import display, plain


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("./a//b/./c", "a/b/c"),
        ("a/../b", "a/../b"),  # what a link leads to is not guessed
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
