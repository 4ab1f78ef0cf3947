"""The results of a run: a folder or bucket with two Parquet files for each part, and a description of the run.

`findings/NAME.parquet` is written first. `files/NAME.parquet` marks a part as done: a part without it is run again.
Each file is written atomically.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from zr4lint.app.errors import UsageError
from zr4lint.fleet.addresses import PROTOCOLS, filesystem, is_url, reason, shown
from zr4lint.fleet.rows import FILES, FINDINGS, Answer, table

RUN = "run.json"
FOLDERS = ("findings", "files")

_AT_ONCE = ("abfs", "abfss", "az", "gcs", "gs", "s3")
"""The protocols with which a file appears only after it is completely written."""


class Run(Struct, frozen=True, kw_only=True):
    """The description of a run. `parts` are all its parts, finished or not; `files` is the number of given files."""

    version: int = 1
    zr4lint: str
    packs: tuple[str, ...]
    order: str
    entries: int
    parts: tuple[str, ...]


class Store:
    """The results at a path or URL."""

    def __init__(self, address: str) -> None:
        self.address = address
        protocol = address.partition("://")[0] if is_url(address) else "file"
        if "::" in address or (is_url(address) and protocol not in PROTOCOLS) or protocol in ("http", "https"):
            raise UsageError(f"{shown(address)}: results can't be written there")
        self._local = protocol == "file"
        self._at_once = protocol in _AT_ONCE
        self.root = os.path.abspath(address) if self._local else address.rstrip("/")
        try:
            self.files: Any = filesystem(protocol)
        except ImportError as error:
            raise UsageError(f"{shown(address)}: {reason(error)}") from None

    def path(self, *parts: str) -> str:
        """Return the path of a file in the store."""
        return "/".join((self.root, *parts))

    def prepare(self) -> None:
        """Create the folders, and remove incomplete files of killed processes."""
        for folder in FOLDERS:
            self.files.makedirs(self.path(folder), exist_ok=True)
            if self._local:
                for name in os.listdir(self.path(folder)):
                    if name.startswith(".") and name.endswith(".part"):
                        with suppress(OSError):
                            os.unlink(self.path(folder, name))

    def write(self, name: str, answers: Sequence[Answer]) -> None:
        """Write the rows of a part: findings first, then files."""
        findings = [row for one in answers for row in one.findings]
        self._put(self.path("findings", f"{name}.parquet"), _parquet(table(findings, FINDINGS)))
        self._put(self.path("files", f"{name}.parquet"), _parquet(table([one.file for one in answers], FILES)))

    def has(self, name: str) -> bool:
        """Return whether a part is done."""
        return bool(self.files.exists(self.path("files", f"{name}.parquet")))

    def done(self) -> set[str]:
        """Return the names of the parts that are done."""
        with suppress(FileNotFoundError):
            self.files.invalidate_cache()
            found = self.files.ls(self.path("files"), detail=False)
            names = (path.rstrip("/").rpartition("/")[2] for path in found)
            return {name.removesuffix(".parquet") for name in names if name.endswith(".parquet") and name[0] != "."}
        return set()

    def write_run(self, run: Run) -> None:
        """Write the description of the run."""
        self._put(self.path(RUN), msgspec.json.format(msgspec.json.encode(run)) + b"\n")

    def read_run(self) -> Run | None:
        """Return the description of the run, or None if there is none; raises UsageError if it cannot be read."""
        try:
            return msgspec.json.decode(self.files.cat_file(self.path(RUN)), type=Run)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, OSError) as error:
            raise UsageError(f"{shown(self.address)}: {RUN} can't be read: {reason(error)}") from None

    def _put(self, path: str, data: bytes) -> None:
        """Write a file atomically."""
        if self._at_once:
            self.files.pipe_file(path, data)
            return
        folder, _, name = path.rpartition("/")
        temporary = f"{folder}/.{name}.{uuid4().hex}.part"
        if not self._local:
            self.files.pipe_file(temporary, data)
            self.files.mv(temporary, path)
            return
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


def _parquet(rows: pa.Table) -> bytes:
    written = io.BytesIO()
    pq.write_table(rows, written, compression="zstd")
    return written.getvalue()
