"""A sequence that moves its items to a temporary file once there are many, to bound the memory of a long run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import IO, TypeVar, overload

T = TypeVar("T")
S = TypeVar("S")

KEPT = 200
"""The number of items kept in memory."""

_BLOCK = 50
"""The number of items pickled together; equal parts of them are stored once."""


class _Walked(Sequence[T]):
    """A sequence that can only be iterated from its start; indexing walks over the earlier items."""

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return [*self][at]
        place = range(len(self))[at]
        return next(islice(self, place, None))


class Spool(_Walked[T]):
    """Items in the order in which they were added; they can be iterated any number of times."""

    def __init__(self) -> None:
        self._kept: list[T] = []
        self._next: list[T] = []
        self._file: IO[bytes] | None = None
        self._blocks: list[int] = []
        self._size = 0
        self._count = 0

    def append(self, item: T) -> None:
        """Add an item."""
        self._count += 1
        if len(self._kept) < KEPT:
            self._kept.append(item)
            return
        self._next.append(item)
        if len(self._next) == _BLOCK:
            self._write()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        yield from self._kept
        start = 0
        for size in self._blocks:
            yield from self._read(start, size)
            start += size
        yield from self._next

    def _write(self) -> None:
        """Move items to the file; if no file can be made, they stay in memory."""
        import pickle
        import tempfile

        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="zr4lint-")  # noqa: SIM115  # it ends with the spool
            data = pickle.dumps(self._next, pickle.HIGHEST_PROTOCOL)
            self._file.seek(self._size)
            self._file.write(data)
            self._file.flush()
        except OSError:
            return
        self._blocks.append(len(data))
        self._size += len(data)
        self._next = []

    def _read(self, start: int, size: int) -> list[T]:
        import pickle

        assert self._file is not None
        self._file.seek(start)
        items: list[T] = pickle.loads(self._file.read(size))
        return items


class Mapped(_Walked[T]):
    """The results of a function for each item of a sequence, computed again at each iteration."""

    def __init__(self, function: Callable[[S], T], items: Sequence[S]) -> None:
        self._items = items
        self._all: Callable[[], Iterator[T]] = lambda: map(function, items)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return self._all()
