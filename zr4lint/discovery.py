"""Which files to lint, and reading them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from zr4lint.limits import MAX_SIZE
from zr4lint.reading import TooLargeError, UnfitError, read_regular
from zr4lint.source import SourceFile

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
"""Folders never looked into; those whose name starts with a dot aren't either."""


class FileError(Exception):
    """A path that can't be linted; the message names it and says why."""


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


def display(path: str) -> str:
    """A path as reports show it: relative where it lies below the current folder, with forward slashes."""
    path = plain(path)
    if not os.path.isabs(path):
        return path
    try:
        here = plain(os.getcwd())
    except OSError:
        return path
    return "." if path == here else path.removeprefix(f"{here.rstrip('/')}/")


def plain(path: str) -> str:
    """A path with forward slashes, and without what leads nowhere: "./a//b" is "a/b"."""
    drive, rest = (part.replace(os.sep, "/") for part in os.path.splitdrive(path))
    top = f"{drive}/" if rest.startswith("/") else drive
    return top + "/".join(part for part in rest.split("/") if part not in ("", ".")) or "."


def read(file: Input, max_size: int = MAX_SIZE) -> SourceFile:
    """Read a file; FileError where it is missing, unreadable, not a file, too large, or not text."""
    try:
        data = read_regular(file.file, max_size)
    except TooLargeError:
        raise _too_large(file.shown, max_size) from None
    except UnfitError as error:
        raise FileError(f"{file.shown}: {error}") from None
    except FileNotFoundError:
        raise FileError(f"{file.shown}: no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileError(f"{file.shown}: can't be read: {reason}") from None
    return decode(data, file.shown, max_size)


def _too_large(shown: str, max_size: int) -> FileError:
    return FileError(f"{shown}: larger than {max_size} bytes; --max-size sets another limit")


def decode(data: bytes, shown: str, max_size: int = MAX_SIZE) -> SourceFile:
    """The text of a file's bytes; FileError for a binary file, and for one that is too large."""
    if len(data) > max_size:
        raise _too_large(shown, max_size)
    if b"\0" in data:
        raise FileError(f"{shown}: a binary file, or text that is not UTF-8: it holds NUL bytes")
    return SourceFile.decode(data, shown)
