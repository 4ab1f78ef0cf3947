"""Reads and decodes the texts of files."""

from __future__ import annotations

from zr4lint.filesystem.limits import MAX_SIZE
from zr4lint.filesystem.reading import TooLargeError, UnfitError, read_regular
from zr4lint.model.source import SourceFile


class FileError(Exception):
    """A path that cannot be linted; the message names it and gives the reason."""


def read(path: str, shown: str, max_size: int = MAX_SIZE) -> SourceFile:
    """Read a file; raises FileError if it is missing, unreadable, too large, binary, or not a regular file."""
    try:
        data = read_regular(path, max_size)
    except TooLargeError:
        raise _too_large(shown, max_size) from None
    except UnfitError as error:
        raise FileError(f"{shown}: {error}") from None
    except FileNotFoundError:
        raise FileError(f"{shown}: no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileError(f"{shown}: can't be read: {reason}") from None
    return decode(data, shown, max_size)


def _too_large(shown: str, max_size: int) -> FileError:
    return FileError(f"{shown}: larger than {max_size} bytes; --max-size sets another limit")


def decode(data: bytes, shown: str, max_size: int = MAX_SIZE) -> SourceFile:
    """Decode the bytes of a file; raises FileError if they are binary or too large."""
    if len(data) > max_size:
        raise _too_large(shown, max_size)
    if b"\0" in data:
        raise FileError(f"{shown}: a binary file, or text that is not UTF-8: it holds NUL bytes")
    return SourceFile.decode(data, shown)
