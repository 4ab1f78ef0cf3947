"""The work on one part: read its files, lint them, and write the results."""

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
"""So many texts are held at a time; ShellCheck, where it is wanted, looks at the scripts of all of them at once."""


class Part(Struct, frozen=True):
    """A part of a run: its name, how many entries it has, and these as bytes."""

    name: str
    count: int
    entries: bytes


class VersionError(Exception):
    """A worker that has another zr4lint than the process that gave the order."""


def answer_part(part: Part, order: bytes, output: str, *, careful: bool = False) -> str:
    """Lint a part and write its results, unless they are there; the part's name.

    `careful` does so with each file in a process of its own, so that one which kills its process costs no other.
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
    """Collect garbage at the end of a part only, as a lint leaves next to none."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()


def answers(part: Part, desk: Desk, *, careful: bool = False) -> Iterator[Answer]:
    """The answer to each file of a part."""
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
    """The answers to the files of a repository, which is fetched and removed again."""
    found: list[Answer] = []
    in_repository(entry, desk, lambda texts: found.extend(_judged(texts, desk, performer)))
    return found


def _judged(texts: Iterator[Text], desk: Desk, performer: Performer) -> Iterator[Answer]:
    while some := [*islice(texts, TOGETHER)]:
        yield from _watched(some, desk, performer)


def _watched(texts: Sequence[Text], desk: Desk, performer: Performer) -> Iterator[Answer]:
    """Answers to texts; where they take far too long, as C code can, the process ends and they are done carefully.

    In the threads of a worker no alarm can be set, so a clock beside Python's own lock watches over it.
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
