"""Reads untrusted files without blocking on pipes and with a size limit."""

from __future__ import annotations

import os
import stat


class UnfitError(Exception):
    """A file that is refused; the message says why."""


class NotRegularError(UnfitError):
    """A folder, a pipe, a socket or a device."""

    def __init__(self) -> None:
        super().__init__("not a regular file")


class TooLargeError(UnfitError):
    """A file with more bytes than allowed."""

    def __init__(self, most: int) -> None:
        super().__init__(f"larger than {most} bytes")


def read_regular(path: str, most: int) -> bytes:
    """Read a regular file of at most `most` bytes; raises UnfitError, OSError or ValueError."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise NotRegularError
    # A pipe may have replaced the file since the check; O_NONBLOCK keeps open from waiting for a writer.
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
