"""Writing files so that they are the old or the new text at any moment, never anything else."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

from zr4lint.reading import UnfitError, read_regular

_IN_PLACE = (errno.EACCES, errno.EPERM, errno.EBUSY)
"""Why a file can't be replaced that can be written: its folder is not ours, or it is mounted by itself."""

_OPEN_ALREADY = ("/dev/", "/proc/")
"""Where names stand for what a process has open, as /dev/stdout does."""


class WriteError(Exception):
    """A file that could not be replaced; it is as it was. The message says why."""


def replace(path: Path, old: bytes, new: bytes) -> None:
    """Put `new` in the place of `old`, the bytes that were read from the file.

    The mode stays, a symbolic link stays and its target is written. WriteError if the file has changed since, or
    can't be written.
    """
    try:
        target = path.resolve()
        with _temporary(target, new, target.stat().st_mode) as temporary:
            if _read(target, len(old)) != old:
                raise WriteError(f"{path}: changed while it was being fixed; nothing is written")
            os.replace(temporary, target)  # noqa: PTH105
    except (OSError, RuntimeError) as error:
        raise _refused(path, error) from None
    _sync_folder(target.parent)


def write(path: Path, data: bytes) -> None:
    """Make `data` the whole of a file, new or old; what is no regular file, such as a pipe, is written to.

    WriteError if that can't be done; then the file is as it was.
    """
    try:
        if path.as_posix().startswith(_OPEN_ALREADY) or (path.exists() and not path.is_file()):
            path.write_bytes(data)
            return
        target = path.resolve()
        mode = target.stat().st_mode if target.exists() else 0o666 & ~_umask()
        try:
            with _temporary(target, data, mode) as temporary:
                os.replace(temporary, target)  # noqa: PTH105
        except OSError as error:
            if error.errno not in _IN_PLACE or not target.exists():
                raise
            target.write_bytes(data)
    except (OSError, RuntimeError) as error:
        raise _refused(path, error) from None


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet; FileExistsError if it is, WriteError if it can't be written."""
    try:
        with _undisturbed(), path.open("xb") as file:
            try:
                file.write(data)
                file.flush()
            except OSError:
                path.unlink()
                raise
    except FileExistsError:
        raise
    except OSError as error:
        raise _refused(path, error) from None


def _refused(path: Path, error: Exception) -> WriteError:
    return WriteError(f"{path}: can't be written: {getattr(error, 'strerror', None) or error}")


def _read(path: Path, most: int) -> bytes | None:
    """The bytes of a file; None if there are more, or if it is no file any more."""
    try:
        return read_regular(path, most)
    except (UnfitError, FileNotFoundError):
        return None


@contextlib.contextmanager
def _temporary(target: Path, data: bytes, mode: int) -> Iterator[str]:
    """A file beside `target` that holds `data` and is gone afterwards, unless it was moved."""
    with _undisturbed():
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".zr4lint")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, mode & 0o7777)  # noqa: PTH101
            yield temporary
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let the signals that end a process wait, so that it leaves no file half made."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the file system lets a folder be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
