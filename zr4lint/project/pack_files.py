"""Loads the packs of a run: each file is read once, and the total size is limited."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from zr4lint.packs.loading import MAX_BYTES, pack_names
from zr4lint.packs.problems import PackError, Problem
from zr4lint.packs.rulebook import load
from zr4lint.project.settings import KEYS

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack


class PackFiles:
    """Loads packs by name or file."""

    def __init__(self) -> None:
        self._read: dict[str, Pack] = {}
        self._bytes = 0

    def load(self, name: str) -> Pack:
        """Load a pack by its name or file; raises PackError if it cannot be used."""
        if name in pack_names():
            return load(name)
        real = os.path.realpath(name) if "\0" not in name else name
        if real not in self._read:
            self._count(name, real)
            self._read[real] = load(name, KEYS)
        return self._read[real]

    def _count(self, name: str, real: str) -> None:
        try:
            self._bytes += os.path.getsize(real)
        except (OSError, ValueError):
            return  # reading the file reports the error
        if self._read and self._bytes > MAX_BYTES:
            raise PackError(name, [Problem(f"together the packs are larger than {MAX_BYTES} bytes")])
