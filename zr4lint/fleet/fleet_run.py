"""Runs a fleet: plans it, sends the parts to the cluster, and resumes an interrupted run."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint import __version__
from zr4lint.app.errors import UsageError
from zr4lint.app.run import Request
from zr4lint.fleet.cluster import cluster
from zr4lint.fleet.order import Desk, Order
from zr4lint.fleet.plan import FILES_A_PART, Plan, plan, sources
from zr4lint.fleet.queries import Totals, opened
from zr4lint.fleet.store import Run, Store

if TYPE_CHECKING:
    from zr4lint.fleet.worker import Part


class Fleet(Struct, frozen=True, kw_only=True):
    """A request to lint a fleet: the files, the settings, the place for results, and the workers."""

    request: Request
    manifests: tuple[str, ...] = ()
    output: str
    workers: int | None = None
    scheduler: str | None = None
    part_size: int = FILES_A_PART


class Outcome(Struct, frozen=True):
    """The result of a run. `notes` are for the user; `unfinished` lists the parts without results, with the reasons."""

    totals: Totals
    notes: Sequence[str]
    unfinished: Sequence[str]


def run(fleet: Fleet, progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Lint a fleet; raises UsageError if that is not possible.

    `progress` is called with the number of finished entries and the number of all entries.
    """
    gc.enable()
    order = Order.of(fleet.request)
    desk = Desk(order)
    planned = plan(sources(fleet.request, fleet.manifests, desk), order.name, fleet.part_size)
    if not planned.parts:
        raise UsageError("nothing to lint: the manifest has no rows")
    store = Store(fleet.output)
    store.prepare()
    notes = [*_begun(store, planned, order, desk)]
    done = store.done()
    waiting = [part for part in planned.parts if part.name not in done]
    if len(waiting) < len(planned.parts):
        notes.append(f"{len(planned.parts) - len(waiting)} of {len(planned.parts)} parts were done before")
    unfinished = _performed(fleet, planned, waiting, order.packed(), progress) if waiting else ()
    with opened(fleet.output) as results:
        return Outcome(results.totals(), notes, unfinished)


def _begun(store: Store, planned: Plan, order: Order, desk: Desk) -> list[str]:
    """Write the description of the run, and return notes for the user."""
    names = tuple(part.name for part in planned.parts)
    notes = [f"{planned.doubles} named more than once"] if planned.doubles else []
    before = store.read_run()
    if before is not None and {*before.parts} - {*names}:
        notes.append("the results of an earlier run with other files, packs or settings no longer count")
    packs = tuple(pack.name for pack in desk.assignment.used)
    store.write_run(Run(zr4lint=__version__, packs=packs, order=order.name, entries=planned.entries, parts=names))
    return notes


def _performed(
    fleet: Fleet, planned: Plan, waiting: Sequence[Part], order: bytes, progress: Callable[[int, int], None] | None
) -> list[str]:
    """Have the cluster run parts, and return a note for each part that failed."""
    count = planned.entries - sum(part.count for part in waiting)

    def done(part: Part) -> None:
        nonlocal count
        count += part.count
        if progress is not None:
            progress(count, planned.entries)

    output = Store(fleet.output).root
    with cluster(fleet.workers or _cores(), fleet.scheduler) as workers:
        failed = workers.perform(waiting, order, output, done)
    return [f"part {one.part.name}: {one.part.count} not linted: {one.reason}" for one in failed]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
