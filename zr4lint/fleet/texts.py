"""Reads the texts of entries on the worker that lints them: paths, URLs, and files of git repositories."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from zr4lint.app.task import Options
from zr4lint.filesystem.globs import path_matches
from zr4lint.filesystem.sources import decode
from zr4lint.fleet.addresses import filesystem_of, is_url, is_web, plain_path, reason, shown
from zr4lint.fleet.repositories import Blob, Fetched, RepositoryError, with_files
from zr4lint.fleet.rows import FileRow

if TYPE_CHECKING:
    from zr4lint.fleet.entries import FileEntry, RepositoryEntry
    from zr4lint.fleet.order import Desk
    from zr4lint.model.source import SourceFile
    from zr4lint.project.discovery import Input

TOGETHER = 16
"""The number of files that are read at the same time from other machines."""


class Text(Struct, frozen=True):
    """A file to lint: its row, and the place or bytes of its text; a row with an error has no text.

    `name` is the path that patterns are matched with. Without `data`, the file is read when it is linted.
    """

    row: FileRow
    name: str
    file: str = ""
    data: bytes | None = None


class Held(Options, frozen=True, kw_only=True):
    """Options of a task whose bytes are already read."""

    data: bytes = b""

    def read(self, file: Input) -> SourceFile:
        """Return the text of the file; raises FileError if it is not text."""
        return decode(self.data, self.path(file), self.max_size)


def local(entries: Sequence[FileEntry]) -> Iterator[Text]:
    """Yield files by path, which are read when they are linted."""
    for entry in entries:
        yield Text(_row(entry), entry.shown, entry.address)


def remote(entries: Sequence[FileEntry], most: int) -> Iterator[Text]:
    """Yield files by URL, several of them read at the same time; `most` is the size limit of a file in bytes."""
    with ThreadPoolExecutor(TOGETHER) as pool:
        for some in _batched(entries, TOGETHER):
            read = pool.map(lambda entry: _read(entry.address, most), some)
            for entry, data in zip(some, read, strict=True):
                row = _row(entry, data if isinstance(data, str) else None)
                yield Text(row, plain_path(entry.address), data=None if isinstance(data, str) else data)


def in_repository(entry: RepositoryEntry, desk: Desk, work: Callable[[Iterator[Text]], object]) -> None:
    """Pass the files of a repository to `work`; a repository without files becomes a row with an error."""

    def wanted(path: str) -> bool:
        return path_matches(path, entry.path.strip("/")) if entry.path else desk.claims(path)

    def texts(fetched: Fetched) -> Iterator[Text]:
        found = False
        for blob in fetched.blobs:
            found = True
            yield _of_blob(entry, fetched.commit, blob, desk.order.max_size)
        if not found:
            yield Text(_of_repository(entry, "no Dockerfiles matching a pack found", fetched.commit), "")

    try:
        with_files(entry, wanted, desk.order.max_size, lambda fetched: work(texts(fetched)))
    except (RepositoryError, OSError) as error:
        work(iter([Text(_of_repository(entry, str(error)), "")]))


def _batched(entries: Sequence[FileEntry], count: int) -> Iterator[Sequence[FileEntry]]:
    for start in range(0, len(entries), count):
        yield entries[start : start + count]


def _row(entry: FileEntry, error: str | None = None) -> FileRow:
    return FileRow(url=entry.shown, repository=entry.repository, path=entry.shown, error=error)


def _of_repository(entry: RepositoryEntry, error: str, commit: str | None = None) -> FileRow:
    return FileRow(
        url=f"{entry.shown}#{entry.path}",
        repository=entry.shown,
        path=entry.path,
        commit=commit,
        error=shown(error.replace(entry.url, entry.shown)),
    )


def _of_blob(entry: RepositoryEntry, commit: str, blob: Blob, most: int) -> Text:
    too_large = f"larger than {most} bytes; --max-size sets another limit"
    row = FileRow(
        url=f"{entry.shown}#{blob.path}",
        repository=entry.shown,
        path=blob.path,
        commit=commit,
        error=too_large if blob.data is None else None,
    )
    return Text(row, blob.path, data=blob.data)


def _read(address: str, most: int) -> bytes | str:
    """Return the first `most` + 1 bytes of the file at a URL, or an error message."""
    try:
        files: Any = filesystem_of(address)
        if not is_web(address):
            data: bytes = files.cat_file(address, start=0, end=most + 1)
            return data
        # With any `size`, fsspec asks the server only once, and an unreachable server differs from a missing file.
        with files.open(address, "rb", block_size=0, size=1) as file:
            return _at_most(file, most + 1)
    except FileNotFoundError:
        return "no such file"
    except Exception as error:  # file systems pass on the errors of their libraries
        return f"can't be read: {reason(error)}"


def _at_most(file: Any, most: int) -> bytes:
    """Return the first `most` bytes of a file that is read in pieces."""
    pieces: list[bytes] = []
    rest = most
    while rest > 0 and (piece := file.read(min(rest, 1 << 16))):
        pieces.append(piece)
        rest -= len(piece)
    return b"".join(pieces)[:most]


def of_kind(entries: Sequence[FileEntry]) -> tuple[list[FileEntry], list[FileEntry]]:
    """Return the entries that are paths, and those that are URLs."""
    paths = [entry for entry in entries if not is_url(entry.address)]
    return paths, [entry for entry in entries if is_url(entry.address)]
