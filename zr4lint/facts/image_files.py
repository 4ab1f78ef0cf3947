"""Traces the files of an image: where each one comes from, and the effects of later commands on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.facts.command_facts import Cloned, FolderMade, ModeChanged, Moved, Overwritten, Removed, Restored
from zr4lint.facts.fact import At, Fact
from zr4lint.facts.instruction_facts import Copied, Written
from zr4lint.programs.image_paths import covers, under
from zr4lint.shell import Reach
from zr4lint.shell.commands import ANY_DEPTH

if TYPE_CHECKING:
    from zr4lint.facts.collection import Facts

_MOST_MOVES = 64
_NEW_FILE = "644"


class Traced(Struct, frozen=True):
    """The origin of a path: `origin` brought the file into the image, and it is at the path since `at`.

    `changes` are the changes of its mode, in order. `lost` is the fact that removed, overwrote or emptied it, and
    `risk` one that may do so.
    """

    origin: Copied | Cloned
    at: At
    changes: tuple[ModeChanged, ...] = ()
    lost: Fact | None = None
    risk: Fact | None = None


class ImageFiles:
    """The known files of the stages of an image."""

    def __init__(self, facts: Facts, lineage: frozenset[int]) -> None:
        found: list[Fact] = []
        for kind in (Copied, Cloned, Moved, Removed, Overwritten, ModeChanged, Written, FolderMade, Restored):
            found += facts.of(kind, lineage)
        open_ = (Cloned, ModeChanged, Overwritten, Removed)
        sure = (f for f in found if f.at.reach is Reach.ALWAYS or (f.at.unsure and isinstance(f, open_)))
        self._events = sorted(sure, key=lambda fact: fact.at.order)

    def copied(self, path: str) -> Traced | None:
        """Return how a file at this path was copied into the image, or None if no known COPY brought it."""
        traced = _Trace(self._events).back(path, len(self._events))
        return traced if traced is not None and isinstance(traced.origin, Copied) else None

    def cloned(self, path: str) -> Traced | None:
        """Return how a folder at this path was cloned into the image, or None if no known clone made it."""
        traced = _Trace(self._events).back(path, len(self._events))
        return traced if traced is not None and isinstance(traced.origin, Cloned) else None

    def gone(self, path: str, since: At, until: At) -> Removed | Written | None:
        """Return the fact between two places that removed a path or replaced its text and was not undone, or None."""
        put: Fact | None = None
        for event in reversed(self._events):
            if event.at.order >= until.order or _may_lose(event):
                continue
            if put is not None and event.at.span != put.at.span:
                return None
            if isinstance(event, Written) and event.path == path and not event.adds and event.at.order > since.order:
                return event
            if event.at.order <= since.order:
                return None
            if _puts(event, path):
                put = event
                continue
            if isinstance(event, Removed) and any(covers(p, path, recursive=event.recursive) for p in event.paths):
                return event
        return None

    def inside(self, folder: str, until: At) -> Fact | None:
        """Return the last fact before a place that put something into a folder, or None if it may be empty."""
        for event in reversed(self._events):
            if event.at.order >= until.order or _may_lose(event):
                continue
            if isinstance(event, Removed) and any(covers(p, folder, recursive=True) for p in event.paths):
                return None
            if any(under(path, folder) and path != folder for path in _targets(event)):
                return event
        return None


class _Trace:
    """A search back through the facts, with a limit on the moves that it follows."""

    def __init__(self, events: Sequence[Fact]) -> None:
        self._events = events
        self._moves = 0

    def back(self, path: str, end: int) -> Traced | None:
        """Return the origin of a path before the fact at `end`, or None."""
        changes: list[ModeChanged] = []
        lost: Fact | None = None
        risk: Fact | None = None
        kept = False
        for index in range(end - 1, -1, -1):
            event = self._events[index]
            if isinstance(event, (Copied, Cloned)):
                if event.target == path and not (isinstance(event, Copied) and event.many):
                    return Traced(event, event.at, tuple(reversed(changes)), lost, risk)
            elif isinstance(event, Moved):
                traced = self._before(event, path, index)
                if traced is not None:
                    return structs.replace(traced, changes=(*traced.changes, *reversed(changes)), lost=lost, risk=risk)
            elif isinstance(event, ModeChanged):
                if any(covers(p, path, recursive=event.recursive) for p in event.paths):
                    changes.append(event)
            elif isinstance(event, Restored):
                kept = kept or any(under(path, one) for one in event.paths)
            elif kept:
                continue
            elif _loses(event, path) and _may_lose(event):
                risk = event
            elif _loses(event, path):
                lost = event
        return None

    def _before(self, event: Moved, path: str, index: int) -> Traced | None:
        """Return the origin of a file that a command moved or copied, traced at its source."""
        if not under(path, event.target) or event.source is None or self._moves >= _MOST_MOVES:
            return None
        self._moves += 1
        first = index
        while first and self._events[first - 1].at.span == event.at.span:
            first -= 1
        traced = self.back(event.source + path.removeprefix(event.target), first)
        if traced is None or traced.lost is not None:
            return None
        return structs.replace(traced, at=event.at, changes=self._modes(event, path, traced, first))

    def _modes(self, event: Moved, path: str, source: Traced, first: int) -> tuple[ModeChanged, ...]:
        """Return the mode changes that give a moved or copied file its mode."""
        if event.mode is not None:
            return (ModeChanged(event.at, event.mode, (path,), False),)
        there = self.back(path, first) if not event.moves else None
        if there is not None and there.lost is None:
            return there.changes
        return (ModeChanged(event.at, _NEW_FILE, (path,), False),) if event.text_only else source.changes


def _loses(event: Fact, path: str) -> bool:
    """Return whether a fact removes or overwrites what is at a path."""
    if isinstance(event, Removed):
        inner = (f"{path}/*", f"{path}/{ANY_DEPTH}/*")
        return any(
            covers(p, path, recursive=event.recursive) or (p in inner and (event.recursive or ANY_DEPTH in p))
            for p in event.paths
        )
    return isinstance(event, Overwritten) and covers(event.path, path, recursive=False)


def _may_lose(event: Fact) -> bool:
    """Return whether a fact only possibly removes or overwrites anything."""
    return isinstance(event, (Overwritten, Removed)) and event.at.reach is not Reach.ALWAYS


def _targets(event: Fact) -> tuple[str, ...]:
    """Return the paths at which a fact puts something."""
    if isinstance(event, (Overwritten, FolderMade)):
        return (event.path,)
    if isinstance(event, (Copied, Cloned, Moved)):
        return (event.target,) if event.target is not None else ()
    return (event.path,) if isinstance(event, Written) and event.path is not None else ()


def _puts(event: Fact, path: str) -> bool:
    """Return whether a fact puts a file at a path, or a folder that may contain it."""
    targets = event.paths if isinstance(event, Restored) else _targets(event)
    return any(under(path, target) for target in targets) and not isinstance(event, FolderMade)
