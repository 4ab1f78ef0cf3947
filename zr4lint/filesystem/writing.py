"""Writes files atomically: at any moment a file holds either the old or the new text."""

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
"""Errors for a file that can be written but not replaced: we do not own its folder, or it is a mount point."""

_OPEN_ALREADY = ("/dev/", "/proc/")
"""The folders of names for open files of a process, such as /dev/stdout."""

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that end a process; they are delayed, so that no incomplete file is left."""

Pieces = Callable[[], Iterable[bytes]]


class WriteError(Exception):
    """A file that could not be replaced and is unchanged; the message gives the reason."""


def replace(path: str, old: bytes, new: bytes) -> None:
    """Replace the bytes `old`, which were read from the file, by `new`.

    The mode and the owner are kept. A symbolic link is kept and its target is written. A file with several names (hard
    links) is written in place, after a temporary copy proves that the disk has room. Raises WriteError if the file has
    changed since it was read, or cannot be written.
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
    """Write `data` as the whole content of a new or existing file; a pipe or device is written to.

    `data` may be a function that yields it in pieces, each time from the beginning. On failure, the file is unchanged
    and WriteError is raised.
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
    """Raise WriteError if a link of a repository would redirect a write to `path`.

    The author of the repository chose the targets of its links. With `within`, a link to another file of the repository
    is allowed.
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
    """Write a new file; raises FileExistsError if it exists, WriteError if it cannot be written."""
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
    """Return the bytes of a file, or None if there are more than `most` or it is no longer a regular file."""
    try:
        return read_regular(path, most)
    except (UnfitError, FileNotFoundError):
        return None


@contextlib.contextmanager
def _temporary(target: str, data: bytes | Pieces, mode: int, owner: os.stat_result | None = None) -> Iterator[str]:
    """Yield a temporary file beside `target` that contains `data`; it is deleted afterwards unless it was moved.

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
            os.chmod(temporary, mode & 0o7777)  # chown clears bits of the mode, so chmod comes last
            yield temporary
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)


def _has_owner(path: str, owner: os.stat_result) -> bool:
    """Return whether a file has this owner and group; on systems without owners, both are 0."""
    found = os.stat(path)
    return (found.st_uid, found.st_gid) == (owner.st_uid, owner.st_gid)


def _overwrite(path: str, old: bytes, new: bytes) -> None:
    """Overwrite a file; if that fails, restore its old bytes."""
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
    """Sync the folder so that the new name survives a power cut, if the file system supports it."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
