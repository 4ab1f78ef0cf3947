"""Which files to lint."""

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

SKIPPED_FOLDERS = frozenset(
    {
        *(".git", ".hg", ".svn", ".venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
        *("node_modules", "__pycache__", "venv", "site-packages"),
    }
)
"""Folders that are never looked into; other hidden folders are."""

LEFTOVERS = (".dockerignore", ".md", ".toml", ".orig", ".rej", ".bak", ".swp", ".swo", "~")
"""How names end of files beside a Dockerfile that are none, and of copies that tools leave behind."""


_COMPOSE = r"(?i)(?:.*[._-])?compose(?:[._-].*)?\.ya?ml"
_BAKE = r"(?i)(?:.*[._-])?bake(?:[._-].*)?\.json|.*\.hcl"

MAGIC = frozenset("*?[")
"""The characters that make a path a pattern; shells that don't expand it pass it on."""


class Input(Struct, frozen=True):
    """A file to lint: where it lies, and the path it is reported under.

    `build` is the build of a compose file or a bake file that the file is for; its Dockerfile may stand in that file.
    """

    file: str
    shown: str
    build: Build | None = None


class Choice(Struct, frozen=True):
    """Which files of a folder are linted.

    `claimed` tells of a file whether a pack is for it, `excluded` of a file or folder whether it is skipped, and
    `dropped` whether a file is skipped that is named itself.
    """

    claimed: Callable[[str], bool]
    excluded: Callable[[str], bool]
    dropped: Callable[[str], bool]


def find(paths: Iterable[str], choice: Choice) -> Iterator[Input | FileError]:
    """The files that paths name, each once: a file itself, of a folder those below it that are chosen.

    A path that isn't there may be a pattern; then it names the files that match, as in a shell that knows `**`.
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
    """The files that a path names; FileError if there are none."""
    try:
        folder = path != "-" and stat.S_ISDIR(os.stat(path).st_mode)
    except FileNotFoundError:
        if not MAGIC & {*path}:
            raise FileError(f"{path or repr(path)}: no such file{_near(path)}") from None
        return _matching(path, choice)
    except OSError:
        folder = False  # reading it says why
    if not folder:
        return [] if path != "-" and choice.dropped(plain(path)) else [plain(path)]
    found = _in_order(_below(path, choice))
    if not found:
        raise FileError(f"no Dockerfiles matching a pack found in {path}")
    return found


def _near(path: str) -> str:
    """Ask whether another file or folder beside the path was meant; "" if none has nearly its name."""
    folder, name = os.path.split(path)
    near = nearest(name, names_beside(path))
    return f"; did you mean `{os.path.join(folder, near)}`?" if near else ""


def _matching(pattern: str, choice: Choice) -> list[str]:
    """The files that match a pattern; FileError if there are none."""
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
    """Whether a file is by its name no Dockerfile, though its name begins like one."""
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
    """Whether a path is by its name that of a compose file or a bake file."""
    name = path.rpartition("/")[2]
    if not name.lower().endswith((".yaml", ".yml", ".json", ".hcl")):
        return False
    return re.fullmatch(_COMPOSE, name) is not None or re.fullmatch(_BAKE, name) is not None
