"""The entries of a fleet: files by path or URL, and git repositories."""

from __future__ import annotations

import os

from msgspec import Struct, msgpack

from zr4lint.report.escaping import well_formed


class FileEntry(Struct, frozen=True, array_like=True, tag="f"):
    """A file to lint: the path or URL to read, and the repository that it is counted in.

    `shown` names the file in rows: the path as on the command line, or the URL without its password. `place` is in
    bytes, since file names need not be text.
    """

    place: bytes
    shown: str
    repository: str

    @classmethod
    def of(cls, address: str, shown: str, repository: str) -> FileEntry:
        """Return the entry of a path or URL."""
        return cls(os.fsencode(address), well_formed(shown), well_formed(repository))

    @property
    def address(self) -> str:
        """Return the path or URL."""
        return os.fsdecode(self.place)


class RepositoryEntry(Struct, frozen=True, array_like=True, tag="r"):
    """A git repository to lint: the files that a pack matches, or those of one path or pattern.

    `ref` is a branch, a tag or a commit, or "" for the default branch.
    """

    url: str
    shown: str
    ref: str = ""
    path: str = ""


Entry = FileEntry | RepositoryEntry

_ENCODER = msgpack.Encoder()
_DECODER = msgpack.Decoder(list[Entry])


def packed(entries: list[Entry]) -> bytes:
    """Return entries as bytes, which take less memory and determine the name of a part."""
    return _ENCODER.encode(entries)


def unpacked(data: bytes) -> list[Entry]:
    """Return the entries that `packed` encoded."""
    return _DECODER.decode(data)
