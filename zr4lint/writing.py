"""Writing files so that they are the old or the new text at any moment, never anything else."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


class WriteError(Exception):
    """A file that could not be replaced; it is as it was. The message says why."""


def replace(path: Path, old: bytes, new: bytes) -> None:
    """Put `new` in the place of `old`, the bytes that were read from the file.

    The mode stays, a symbolic link stays and its target is written. WriteError if the file has changed since, or
    can't be written.
    """
    target = path.resolve()
    temporary: str | None = None
    try:
        mode = target.stat().st_mode
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".zr4lint")
        with os.fdopen(handle, "wb") as file:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode & 0o7777)  # noqa: PTH101
        if target.read_bytes() != old:
            raise WriteError(f"{path}: changed while it was being fixed; nothing is written")
        os.replace(temporary, target)  # noqa: PTH105
        temporary = None
    except OSError as error:
        raise WriteError(f"{path}: can't be written: {error.strerror or error}") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the file system lets a folder be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
