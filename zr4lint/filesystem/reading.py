"""Reading files that may be anything: a pipe does not block, and no more is read than is wanted."""

from __future__ import annotations

import os
import stat


class UnfitError(Exception):
    """A file that is not read; the message says what it is."""


class NotRegularError(UnfitError):
    """A folder, a pipe, a socket or a device."""

    def __init__(self) -> None:
        super().__init__("not a regular file")


class TooLargeError(UnfitError):
    """A file with more bytes than are wanted."""

    def __init__(self, most: int) -> None:
        super().__init__(f"larger than {most} bytes")


def read_regular(path: str, most: int) -> bytes:
    """The bytes of a regular file, `most` of them at most; UnfitError, OSError or ValueError where it can't be had."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise NotRegularError
    # What was a file a moment ago may be a pipe by now: no waiting for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise NotRegularError
        if status.st_size > most:
            raise TooLargeError(most)
        data = file.read(most + 1)
    if len(data) > most:
        raise TooLargeError(most)
    return data
