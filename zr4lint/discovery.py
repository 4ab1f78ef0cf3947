"""Which files to lint, and reading them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

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

    file: Path
    shown: str


def find(paths: Iterable[str], claimed: Callable[[str], bool]) -> Iterator[Input | FileError]:
    """The files that paths name, each once: a file itself, of a folder those below it that are claimed."""
    seen: set[str] = set()
    for path in paths:
        given = Path(path)
        try:
            folder = path != "-" and stat.S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116 - Path("") is "."
        except FileNotFoundError:
            yield FileError(f"{path or repr(path)}: no such file")
            continue
        except OSError:
            folder = False  # reading it says why
        if not folder:
            found: list[Path] = [given]
        else:
            found = sorted(_below(given, claimed))
            if not found:
                yield FileError(f"{path}: no file in this folder is one that a pack is for")
        for file in found:
            shown = "./-" if path != "-" == file.as_posix() else display(file)
            if shown not in seen:
                seen.add(shown)
                yield Input(file, shown)


def _below(folder: Path, claimed: Callable[[str], bool]) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in SKIPPED_FOLDERS]
        for name in names:
            file = Path(root, name)
            if claimed(file.as_posix()) and file.is_file():
                yield file


def display(file: Path) -> str:
    """A path as reports show it: relative where it lies below the current folder, with forward slashes."""
    if file.is_absolute():
        try:
            file = file.relative_to(Path.cwd())
        except (ValueError, OSError):
            return file.as_posix()
    return file.as_posix()


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
