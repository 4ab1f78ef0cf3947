"""Works on one part: reads its files, lints them, and writes the results."""

from __future__ import annotations

import faulthandler
import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct

from zr4lint import __version__
from zr4lint.app.task import perform
from zr4lint.fleet.entries import FileEntry, RepositoryEntry, unpacked
from zr4lint.fleet.judging import PATIENCE, Careful, Performer, judged
from zr4lint.fleet.order import Desk, desk_of
from zr4lint.fleet.store import Store
from zr4lint.fleet.texts import Text, in_repository, local, of_kind, remote

if TYPE_CHECKING:
    from zr4lint.fleet.rows import Answer

TOGETHER = 25
"""The number of texts held at a time; one ShellCheck process checks the scripts of all of them."""


class Part(Struct, frozen=True):
    """A part of a run: its name, the number of its entries, and the entries as bytes."""

    name: str
    count: int
    entries: bytes


class VersionError(Exception):
    """A worker whose zr4lint version differs from that of the process that made the order."""


def answer_part(part: Part, order: bytes, output: str, *, careful: bool) -> str:
    """Lint a part and write its results, unless they exist; return the name of the part.

    With `careful`, each file is linted in its own process, so that a file that kills its process affects no other file.
    """
    store = Store(output)
    if store.has(part.name):
        return part.name
    desk = desk_of(order)
    if desk.order.version != __version__:
        raise VersionError(f"a worker has zr4lint {__version__}, and {desk.order.version} was asked for")
    with _collected_once():
        store.write(part.name, [*answers(part, desk, careful=careful)])
    return part.name


@contextmanager
def _collected_once() -> Iterator[None]:
    """Collect garbage only at the end of a part, since a lint leaves almost none."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()


def answers(part: Part, desk: Desk, *, careful: bool) -> Iterator[Answer]:
    """Yield the answer to each file of a part."""
    entries = unpacked(part.entries)
    paths, urls = of_kind([entry for entry in entries if isinstance(entry, FileEntry)])
    with ExitStack() as stack:
        performer: Performer = perform
        if careful:
            performer = stack.enter_context(Careful(desk.order.max_time))
        yield from _judged(chain(local(paths), remote(urls, desk.order.max_size)), desk, performer)
        for entry in entries:
            if isinstance(entry, RepositoryEntry):
                yield from _of_repository(entry, desk, performer)


def _of_repository(entry: RepositoryEntry, desk: Desk, performer: Performer) -> list[Answer]:
    """Return the answers to the files of a repository, which is fetched and removed again."""
    found: list[Answer] = []
    in_repository(entry, desk, lambda texts: found.extend(_judged(texts, desk, performer)))
    return found


def _judged(texts: Iterator[Text], desk: Desk, performer: Performer) -> Iterator[Answer]:
    while some := [*islice(texts, TOGETHER)]:
        yield from _watched(some, desk, performer)


def _watched(texts: Sequence[Text], desk: Desk, performer: Performer) -> Iterator[Answer]:
    """Yield answers to texts; if they take far too long in C code, the process ends and they are linted carefully.

    The threads of a worker cannot set an alarm, so a timer that does not need the GIL watches them.
    """
    if performer is not perform:
        yield from judged(texts, desk, performer)
        return
    try:
        faulthandler.dump_traceback_later(desk.order.max_time * PATIENCE * len(texts), exit=True, file=_nowhere())
        yield from judged(texts, desk, performer)
    finally:
        faulthandler.cancel_dump_traceback_later()


@cache
def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="ascii")
