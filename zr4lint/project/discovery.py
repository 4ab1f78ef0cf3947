"""Which files to lint."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from zr4lint.filesystem.paths import display, plain
from zr4lint.filesystem.sources import FileError

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
"""Folders never looked into; those whose name starts with a dot aren't either."""


class Input(Struct, frozen=True):
    """A file to lint: where it lies, and the path it is reported under."""

    file: str
    shown: str


def find(paths: Iterable[str], claimed: Callable[[str], bool]) -> Iterator[Input | FileError]:
    """The files that paths name, each once: a file itself, of a folder those below it that are claimed."""
    seen: set[str] = set()
    for path in paths:
        try:
            folder = path != "-" and stat.S_ISDIR(os.stat(path).st_mode)
        except FileNotFoundError:
            yield FileError(f"{path or repr(path)}: no such file")
            continue
        except OSError:
            folder = False  # reading it says why
        if not folder:
            found = [plain(path)]
        else:
            found = sorted(_below(path, claimed), key=lambda file: file.split("/"))
            if not found:
                yield FileError(f"{path}: no file in this folder is one that a pack is for")
        for file in found:
            shown = display(file)
            if shown == "-" != path:
                shown = "./-"
            if shown not in seen:
                seen.add(shown)
                yield Input(file, shown)


def _below(folder: str, claimed: Callable[[str], bool]) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in SKIPPED_FOLDERS]
        for name in names:
            file = plain(os.path.join(root, name))
            if claimed(file) and os.path.isfile(file):
                yield file
