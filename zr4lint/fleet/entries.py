"""The entries of a fleet: files by path or URL, and git repositories."""

from __future__ import annotations

import os

from msgspec import Struct, msgpack

from zr4lint.report.escaping import well_formed


class FileEntry(Struct, frozen=True, array_like=True, tag="f"):
    """A file to lint: the path or URL it is read from, and the repository that it is counted in.

    `shown` is how rows name it: a path as the command line has it, and a URL without its password. The place is in
    bytes, since names of files need not be text.
    """

    place: bytes
    shown: str
    repository: str

    @classmethod
    def of(cls, address: str, shown: str, repository: str) -> FileEntry:
        """The entry of a path or URL."""
        return cls(os.fsencode(address), well_formed(shown), well_formed(repository))

    @property
    def address(self) -> str:
        """The path or URL."""
        return os.fsdecode(self.place)


class RepositoryEntry(Struct, frozen=True, array_like=True, tag="r"):
    """A git repository whose files are linted: those that a pack matches, or those of one path or pattern.

    `ref` is a branch, a tag or a commit, "" for the default branch.
    """

    url: str
    shown: str
    ref: str = ""
    path: str = ""


Entry = FileEntry | RepositoryEntry

_ENCODER = msgpack.Encoder()
_DECODER = msgpack.Decoder(list[Entry])


def packed(entries: list[Entry]) -> bytes:
    """Entries as bytes, which take less memory and are what a part is named by."""
    return _ENCODER.encode(entries)


def unpacked(data: bytes) -> list[Entry]:
    """The entries that `packed` was given."""
    return _DECODER.decode(data)
