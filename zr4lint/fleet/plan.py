"""Plans a run: removes duplicate entries and divides the rest into parts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.app.errors import UsageError
from zr4lint.app.run import Request, inputs
from zr4lint.filesystem.paths import display, repository
from zr4lint.fleet.addresses import (
    GIT,
    AddressError,
    checked,
    checked_repository,
    filesystem_of,
    folder_of,
    is_url,
    plain_path,
    reason,
    shown,
)
from zr4lint.fleet.entries import Entry, FileEntry, RepositoryEntry, packed
from zr4lint.fleet.manifest import file_entry, read_manifest
from zr4lint.fleet.worker import Part
from zr4lint.project.discovery import MAGIC

if TYPE_CHECKING:
    from zr4lint.fleet.order import Desk

FILES_A_PART = 250
REPOSITORIES_A_PART = 25


class Plan(Struct, frozen=True):
    """The parts of a run, the number of their entries, and the number of entries that were named more than once."""

    parts: tuple[Part, ...]
    entries: int
    doubles: int


def plan(entries: Iterable[Entry], order: str, size: int = FILES_A_PART) -> Plan:
    """Divide entries into parts of `size` files, or a tenth as many repositories; `order` is the name of the order.

    A part has the same name in each run with the same entries, packs, settings and version.
    """
    seen: set[bytes] = set()
    doubles = 0
    parts: list[Part] = []
    waiting: dict[type, list[Entry]] = {FileEntry: [], RepositoryEntry: []}
    sizes = {FileEntry: size, RepositoryEntry: max(1, size * REPOSITORIES_A_PART // FILES_A_PART)}
    for entry in entries:
        identity = blake2b(_identity(entry), digest_size=16).digest()
        if identity in seen:
            doubles += 1
            continue
        seen.add(identity)
        some = waiting[type(entry)]
        some.append(entry)
        if len(some) == sizes[type(entry)]:
            parts.append(_part(some, order))
            some.clear()
    parts += (_part(some, order) for some in waiting.values() if some)
    return Plan(tuple(parts), len(seen), doubles)


def _identity(entry: Entry) -> bytes:
    if isinstance(entry, FileEntry):
        return entry.place
    return "\0".join(("", entry.url, entry.ref, entry.path)).encode("utf-8", "surrogatepass")


def _part(entries: list[Entry], order: str) -> Part:
    data = packed(entries)
    name = blake2b(data, key=order.encode("ascii"), digest_size=16).hexdigest()
    return Part(name, len(entries), data)


def sources(request: Request, manifests: Sequence[str], desk: Desk) -> Iterator[Entry]:
    """Yield the entries of the command line: paths, folders, patterns, URLs, repositories, then rows of manifests.

    Raises UsageError if one of them yields no entry.
    """
    paths = [path for path in request.paths if not is_url(path)]
    errors: list[str] = []
    if paths:
        found, errors = inputs(structs.replace(request, paths=tuple(paths), isolated=request.config is None))
        roots: dict[str, str] = {}
        for file in found:
            folder = os.path.dirname(os.path.abspath(file.file))
            if folder not in roots:
                roots[folder] = display(repository(folder) or folder)
            yield FileEntry.of(os.path.abspath(file.file), file.shown, roots[folder])
    if errors:
        raise UsageError("\n".join(errors))
    for address in request.paths:
        if is_url(address):
            yield from _behind(address, desk)
    for manifest in manifests:
        yield from read_manifest(manifest)


def _behind(address: str, desk: Desk) -> Iterator[Entry]:
    """Yield the entries of a URL: a repository, a file, files of a pattern, or files of a folder that match a pack."""
    try:
        if address.startswith(GIT):
            checked_address = checked_repository(address)
            yield RepositoryEntry(checked_address, shown(checked_address))
            return
        for found in _found(checked(address), desk):
            yield file_entry(found, folder_of(shown(found)))
    except AddressError as error:
        raise UsageError(f"{shown(address)}: {error}") from None
    except UsageError:
        raise
    except Exception as error:  # file systems pass on the errors of their libraries
        raise UsageError(f"{shown(address)}: can't be read: {reason(error)}") from None


def _found(address: str, desk: Desk) -> list[str]:
    files = filesystem_of(address)
    if MAGIC & {*plain_path(address)}:
        found = [name for name in files.glob(address) if not name.endswith("/")]
    elif address.endswith("/"):
        found = [name for name in files.find(address) if desk.claims(name)]
    else:
        return [address]
    if not found:
        raise UsageError(f"{shown(address)}: no file matches")
    return sorted(files.unstrip_protocol(name) for name in found)
