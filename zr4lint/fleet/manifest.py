"""Manifests: CSV, JSON Lines or Parquet files with one file or git repository per row.

A row names a file by `url`, which may be a path, or a repository by `repository`, with optional `ref` and `path`. A row
with both names a file and the repository that it is counted in. Other columns are ignored.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from zr4lint.app.errors import UsageError
from zr4lint.fleet.addresses import (
    AddressError,
    checked,
    checked_ref,
    checked_repository,
    filesystem_of,
    folder_of,
    is_url,
    reason,
    shown,
)
from zr4lint.fleet.entries import Entry, FileEntry, RepositoryEntry

COLUMNS = ("url", "repository", "ref", "path")

Row = tuple[int, Mapping[str, Any]]


def read_manifest(address: str) -> Iterator[Entry]:
    """Yield the entries of a manifest, read lazily; raises UsageError for a manifest that cannot be used."""
    kind = address.rpartition(".")[2].lower()
    if kind not in _READERS:
        raise UsageError(f"{shown(address)}: a manifest's name ends with .csv, .jsonl or .parquet")
    try:
        address = checked(address)
        for number, row in _READERS[kind](address):
            try:
                yield entry(row)
            except AddressError as error:
                raise UsageError(f"{shown(address)}: row {number}: {error}") from None
    except (AddressError, OSError, ImportError, ValueError, csv.Error) as error:
        raise UsageError(f"{shown(address)}: can't be read: {reason(error)}") from None


def entry(row: Mapping[str, Any]) -> Entry:
    """Return the entry of a row; raises AddressError if it names nothing readable."""
    url, repository, ref, path = (_words(row, name) for name in COLUMNS)
    if url:
        address = checked(url)
        if "\0" in repository:
            raise AddressError("column repository: it holds control characters")
        return file_entry(address, shown(repository) or folder_of(shown(address)))
    if not repository:
        raise AddressError("neither url nor repository is given")
    address = checked_repository(repository)
    return RepositoryEntry(absolute(address) if _is_local(address) else address, shown(address), checked_ref(ref), path)


def file_entry(address: str, repository: str) -> FileEntry:
    """Return the entry of a file; a path is made absolute, since workers may run in another folder."""
    return FileEntry.of(address if is_url(address) else absolute(address), shown(address), repository)


def absolute(path: str) -> str:
    """Return an absolute path."""
    return os.path.abspath(path)


def _is_local(repository: str) -> bool:
    """Return whether a repository is a path, rather than a URL or what git parses as host:path."""
    head = repository.partition("/")[0]
    return not is_url(repository) and ":" not in head


def _words(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise AddressError(f"column {name}: not a text")
    return value.strip()


def _csv(address: str) -> Iterator[Row]:
    with filesystem_of(address).open(address, "r", encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        _check_columns(reader.fieldnames or ())
        for row in reader:
            yield reader.line_num, row


def _json_lines(address: str) -> Iterator[Row]:
    decoder = msgspec.json.Decoder(dict[str, Any])
    with filesystem_of(address).open(address, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                yield number, decoder.decode(line)
            except msgspec.DecodeError as error:
                raise AddressError(f"row {number}: {error}") from None


def _parquet(address: str) -> Iterator[Row]:
    import pyarrow.parquet as pq

    with filesystem_of(address).open(address, "rb") as file:
        table = pq.ParquetFile(file)
        names = [name for name in COLUMNS if name in table.schema_arrow.names]
        _check_columns(names)
        number = 0
        for batch in table.iter_batches(batch_size=10_000, columns=names):
            for row in batch.to_pylist():
                number += 1
                yield number, row


def _check_columns(names: Iterable[str]) -> None:
    if not {"url", "repository"} & {*names}:
        raise AddressError("it has no column url and no column repository")


_READERS = {"csv": _csv, "jsonl": _json_lines, "ndjson": _json_lines, "parquet": _parquet}
