"""Finds the files to lint."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, structs

from zr4lint.filesystem.globs import path_matches
from zr4lint.filesystem.paths import display, names_beside, plain
from zr4lint.filesystem.sources import FileError
from zr4lint.model.quoting import nearest
from zr4lint.project.builds.build import Build

SKIPPED_FOLDERS = frozenset({
    ".git", ".hg", ".svn", ".venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", "node_modules",
    "__pycache__", "venv", "site-packages",
})  # fmt: skip
"""Folders that are never searched; other hidden folders are."""

LEFTOVERS = (".dockerignore", ".md", ".toml", ".orig", ".rej", ".bak", ".swp", ".swo", "~")
"""The name endings of files beside a Dockerfile that are not Dockerfiles, and of backup copies."""


_COMPOSE = r"(?i)(?:.*[._-])?compose(?:[._-].*)?\.ya?ml"
_BAKE = r"(?i)(?:.*[._-])?bake(?:[._-].*)?\.json|.*\.hcl"

MAGIC = frozenset("*?[")
"""The characters that make a path a glob pattern, which some shells pass on unexpanded."""


class Input(Struct, frozen=True):
    """A file to lint: its path on disk, and the path to report.

    `build` is the build of a compose file or a bake file that uses this file; an inline Dockerfile is in that file
    itself.
    """

    file: str
    shown: str
    build: Build | None = None


class Choice(Struct, frozen=True):
    """The predicates that choose the files of a folder to lint.

    `claimed` tells whether a pack matches a file, `excluded` whether a file or folder is skipped, and `dropped` whether
    a file is skipped although the user named it.
    """

    claimed: Callable[[str], bool]
    excluded: Callable[[str], bool]
    dropped: Callable[[str], bool]


def find(paths: Iterable[str], choice: Choice) -> Iterator[Input | FileError]:
    """Yield the files that paths name, each once: a file itself, and of a folder the chosen files below it.

    A path that does not exist may be a glob pattern, with `**` for any folders; then the matching files are yielded.
    """
    seen: set[str] = set()
    for path in paths:
        try:
            found = _named(path, choice)
        except FileError as error:
            yield error
            continue
        for file in found:
            shown = display(file)
            if shown == "-" != path:
                shown = "./-"
            if shown not in seen:
                seen.add(shown)
                yield Input(file, shown)


def _named(path: str, choice: Choice) -> list[str]:
    """Return the files that a path names; raises FileError if there are none."""
    try:
        folder = path != "-" and stat.S_ISDIR(os.stat(path).st_mode)
    except FileNotFoundError:
        if not MAGIC & {*path}:
            raise FileError(f"{path or repr(path)}: no such file{_near(path)}") from None
        return _matching(path, choice)
    except OSError:
        folder = False  # reading the file reports the error
    if not folder:
        return [] if path != "-" and choice.dropped(plain(path)) else [plain(path)]
    found = _in_order(_below(path, choice))
    if not found:
        raise FileError(f"no Dockerfiles matching a pack found in {path}")
    return found


def _near(path: str) -> str:
    """Return a "did you mean" question with a similar name beside the path, or "" if no name is similar."""
    folder, name = os.path.split(path)
    near = nearest(name, names_beside(path))
    return f"; did you mean `{os.path.join(folder, near)}`?" if near else ""


def _matching(pattern: str, choice: Choice) -> list[str]:
    """Return the files that match a pattern; raises FileError if there are none."""
    wanted = plain(pattern)
    parts = wanted.split("/")
    fixed = next(number for number, part in enumerate(parts) if MAGIC & {*part})
    top = "/".join(parts[:fixed]) or ("/" if wanted.startswith("/") else ".")

    def claimed(file: str) -> bool:
        return not is_leftover(file) and path_matches(file, wanted)

    found = _in_order(_below(top, structs.replace(choice, claimed=claimed)))
    if not found:
        raise FileError(f"{pattern}: no file matches")
    return found


def _in_order(files: Iterable[str]) -> list[str]:
    return sorted(files, key=lambda file: file.split("/"))


def is_leftover(path: str) -> bool:
    """Return whether the name of a file shows that it is not a Dockerfile, though it begins like one."""
    return path.lower().endswith(LEFTOVERS)


def _below(top: str, choice: Choice) -> Iterator[str]:
    from zr4lint.filesystem.gitignore import GitIgnore

    ignored = GitIgnore(top)
    for root, folders, names in os.walk(top):
        folders[:] = [name for name in folders if _entered(root, name, choice, ignored.matches)]
        for name in names:
            file = plain(os.path.join(root, name))
            if (
                choice.claimed(file)
                and not choice.excluded(file)
                and os.path.isfile(file)
                and not ignored.matches(file)
            ):
                yield file


def _entered(root: str, name: str, choice: Choice, ignored: Callable[..., bool]) -> bool:
    if name in SKIPPED_FOLDERS:
        return False
    path = os.path.join(root, name)
    return not choice.excluded(plain(path)) and not ignored(path, folder=True)


def describes_builds(path: str) -> bool:
    """Return whether the name of a file is that of a compose file or a bake file."""
    name = path.rpartition("/")[2]
    if not name.lower().endswith((".yaml", ".yml", ".json", ".hcl")):
        return False
    return re.fullmatch(_COMPOSE, name) is not None or re.fullmatch(_BAKE, name) is not None
