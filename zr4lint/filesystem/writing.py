"""Writing files so that they are the old or the new text at any moment, never anything else."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator

from zr4lint.filesystem.paths import repository
from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.filesystem.signals import held

_IN_PLACE = (errno.EACCES, errno.EPERM, errno.EBUSY)
"""Why a file can't be replaced that can be written: its folder is not ours, or it is mounted by itself."""

_OPEN_ALREADY = ("/dev/", "/proc/")
"""Where names stand for what a process has open, as /dev/stdout does."""

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that end a process: they wait, so that it leaves no file half made."""

Pieces = Callable[[], Iterable[bytes]]


class WriteError(Exception):
    """A file that could not be replaced; it is as it was. The message says why."""


def replace(path: str, old: bytes, new: bytes) -> None:
    """Put `new` in the place of `old`, the bytes that were read from the file.

    The mode and the owner stay, a symbolic link stays and its target is written. A file with further names (hard
    links) keeps them: it is written in place, after a temporary copy proves that the disk has room. WriteError if
    the file has changed since, or can't be written.
    """
    try:
        target = os.path.realpath(path)
        before = os.stat(target)
        with _temporary(target, new, before.st_mode, before) as temporary:
            if _read(target, len(old)) != old:
                raise WriteError(f"{path}: changed while it was being fixed; nothing is written")
            if before.st_nlink > 1 or not _has_owner(temporary, before):
                _overwrite(target, old, new)
            else:
                os.replace(temporary, target)
    except OSError as error:
        raise _refused(path, error) from None
    _sync_folder(os.path.dirname(target))


def write(path: str, data: bytes | Pieces) -> None:
    """Make `data` the whole of a file, new or old; what is no regular file, such as a pipe, is written to.

    Data may be a function that gives it piece by piece, each time from the beginning. WriteError if that can't be
    done; then the file is as it was.
    """
    try:
        if path.startswith(_OPEN_ALREADY) or (os.path.exists(path) and not os.path.isfile(path)):
            _fill(path, data)
            return
        target = os.path.realpath(path)
        mode = os.stat(target).st_mode if os.path.lexists(target) else 0o666 & ~_umask()
        try:
            with _temporary(target, data, mode) as temporary:
                os.replace(temporary, target)
        except OSError as error:
            if error.errno not in _IN_PLACE or not os.path.exists(target):
                raise
            _fill(target, data)
    except OSError as error:
        raise _refused(path, error) from None


def refuse_links(path: str, *, within: bool = False) -> None:
    """Raise WriteError where a link of a repository would take what is written to `path` elsewhere.

    Whoever wrote the repository chose where its links lead. With `within`, a link to another file of it will do.
    """
    root = repository(os.path.dirname(os.path.abspath(path)))
    if root is None:
        return
    if os.path.islink(path) and not within:
        raise WriteError(f"{path}: a symbolic link in a repository; nothing is written")
    real, top = os.path.realpath(path), os.path.realpath(root)
    if not real.startswith(top.rstrip(os.sep) + os.sep):
        raise WriteError(f"{path}: a symbolic link leads outside of the repository; nothing is written")


def write_new(path: str, data: bytes) -> None:
    """Write a file that is not there yet; FileExistsError if it is, WriteError if it can't be written."""
    try:
        with held(*_ENDING), open(path, "xb") as file:
            try:
                file.write(data)
                file.flush()
            except OSError:
                os.unlink(path)
                raise
    except FileExistsError:
        raise
    except OSError as error:
        raise _refused(path, error) from None


def _refused(path: str, error: OSError) -> WriteError:
    return WriteError(f"{path}: can't be written: {error.strerror or error}")


def _read(path: str, most: int) -> bytes | None:
    """The bytes of a file; None if there are more, or if it is no file any more."""
    try:
        return read_regular(path, most)
    except (UnfitError, FileNotFoundError):
        return None


@contextlib.contextmanager
def _temporary(target: str, data: bytes | Pieces, mode: int, owner: os.stat_result | None = None) -> Iterator[str]:
    """A file beside `target` that holds `data` and is gone afterwards, unless it was moved.

    It gets the owner and the group of `owner`, as far as the system allows it.
    """
    with held(*_ENDING):
        folder, name = os.path.split(target)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name[:100]}.", suffix=".zr4lint")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(_pieces(data))
                file.flush()
                os.fsync(file.fileno())
            if owner is not None and not _has_owner(temporary, owner):
                with contextlib.suppress(OSError):
                    os.chown(temporary, owner.st_uid, owner.st_gid)
            os.chmod(temporary, mode & 0o7777)  # after chown, which clears bits of the mode
            yield temporary
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)


def _has_owner(path: str, owner: os.stat_result) -> bool:
    """Whether a file has this owner and group; where there are none, both are 0."""
    found = os.stat(path)
    return (found.st_uid, found.st_gid) == (owner.st_uid, owner.st_gid)


def _overwrite(path: str, old: bytes, new: bytes) -> None:
    """Write over a file; where that fails, its old bytes come back."""
    try:
        _fill(path, new)
    except OSError:
        with contextlib.suppress(OSError):
            _fill(path, old)
        raise


def _fill(path: str, data: bytes | Pieces) -> None:
    with open(path, "wb") as file:
        file.writelines(_pieces(data))


def _pieces(data: bytes | Pieces) -> Iterable[bytes]:
    return (data,) if isinstance(data, bytes) else data()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: str) -> None:
    """Make the new name last through a power cut, where the file system lets a folder be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
