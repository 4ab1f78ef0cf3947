"""The instructions for every worker: packs, settings and limits, encoded as bytes that each part carries."""

from __future__ import annotations

import os
import pickle
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, structs

from zr4lint import __version__
from zr4lint.app.assignment import Assignment, lint_options, load_packs
from zr4lint.app.run import Request, check_request
from zr4lint.app.task import Options, Task
from zr4lint.filesystem.limits import MAX_SIZE, MAX_TIME
from zr4lint.packs.loading import pack_names
from zr4lint.project import Finder, Settings
from zr4lint.project.discovery import SKIPPED_FOLDERS, Input, is_leftover
from zr4lint.project.pack_files import PackFiles
from zr4lint.project.patterns import Pattern, Patterned

if TYPE_CHECKING:
    from zr4lint.linting.lint_options import LintOptions
    from zr4lint.packs.model import Pack


class Order(Struct, frozen=True, kw_only=True):
    """How the files of a fleet are linted. `names` are the packs of the command line, `files` the loaded packs.

    `name` differs for two orders that may give different findings. It depends on the version, the packs, the settings
    and the limits.
    """

    names: tuple[str, ...]
    settings: Settings
    files: PackFiles
    suppressions: bool = True
    max_size: int = MAX_SIZE
    max_time: int = MAX_TIME
    version: str = __version__
    name: str = ""

    @classmethod
    def of(cls, request: Request) -> Order:
        """Return the order for options of the command line; raises UsageError for options that make no sense.

        Pack files get absolute paths, since workers may run in other folders, or on other machines.
        """
        files = PackFiles()
        names = tuple(map(_from_root, request.packs))
        packs = load_packs(names, files)
        settings = Finder(packs, request.given, only=request.config, off=request.config is None, files=files).settings(
            "-"
        )
        entries = tuple(
            Patterned(_pattern_from_root(entry.pattern), tuple(map(_from_root, entry.words)))
            for entry in settings.packs
        )
        more = [word for entry in entries for word in entry.words]
        used = (*packs, *(load_packs(more, files) if more else ()))
        check_request(request, used)
        order = cls(
            names=names,
            settings=structs.replace(settings, packs=entries),
            files=files,
            suppressions=request.suppressions,
            max_size=request.max_size,
            max_time=request.max_time,
        )
        return structs.replace(order, name=_digest(order, used))

    def packed(self) -> bytes:
        """Return the order as bytes, which a worker decodes."""
        return pickle.dumps(self)


def _from_root(name: str) -> str:
    return name if name in pack_names() else os.path.realpath(name)


def _pattern_from_root(pattern: Pattern | None) -> Pattern | None:
    return None if pattern is None else Pattern(os.path.abspath(pattern.folder), pattern.glob)


def _digest(order: Order, packs: tuple[Pack, ...]) -> str:
    settings = structs.replace(order.settings, origins={})
    parts: tuple[Any, ...] = (
        order.version,
        packs,
        settings,
        order.suppressions,
        order.max_size,
        order.max_time,
    )
    data = msgspec.json.encode(parts, order="deterministic", enc_hook=repr)
    return sha256(data).hexdigest()[:32]


class Desk:
    """Makes the tasks of an order; each pack is loaded once in a process."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.assignment = Assignment(order.names, order.files)

    def claims(self, path: str) -> bool:
        """Return whether a file of a repository is linted: a pack matches it, and its folder is not skipped."""
        settings = self.order.settings
        if is_leftover(path) or settings.excludes(path) or not SKIPPED_FOLDERS.isdisjoint(path.split("/")[:-1]):
            return False
        if any(entry.names(path) for entry in settings.packs):
            return True
        return any(pack.claims(path) for pack in self._used)

    @property
    def _used(self) -> tuple[Pack, ...]:
        entries = self.order.settings.packs
        listed = tuple(word for entry in entries if entry.pattern is None for word in entry.words)
        return load_packs(listed, self.order.files) if listed and not self.order.names else self.assignment.packs

    def task(self, file: Input, path: str, context: str | None, options: Options) -> Task | None:
        """Return the task to lint a file, or None if no pack matches its path. URLs have no context."""
        settings = self.order.settings
        packs = self.assignment.packs_for(path, settings)
        if not packs:
            return None
        how = lint_options(path, settings, context, suppressions=self.order.suppressions)
        return Task(file, settings, packs, self._without_context(how, context), options)

    def _without_context(self, how: LintOptions, context: str | None) -> LintOptions:
        """Return the options; if `context` is None, the context of the settings is dropped, too."""
        return how if context is not None else structs.replace(how, context=None)


@lru_cache(maxsize=4)
def desk_of(order: bytes) -> Desk:
    """Return the desk of an order, made once in a process; the bytes come from the process that made the order."""
    made: Order = pickle.loads(order)
    return Desk(made)
