"""Loads the modules and regular expressions of a lint from one file.

It does what Python's bytecode cache does with a file for each module, for one version of Python and one search path.
The code of a module counts only if its source still has the same size and time, as with Python's own files. The first
run creates the file empty and the second one fills it, with `zr4lint.preload_writer`, so that a container that lints
once spends no time on it. Gain: a quarter of a run on one file.

Until `use` has run, Python searches for each module, so this one imports only what Python itself has imported by then.
"""

from __future__ import annotations

import marshal
import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import ExtensionFileLoader, SourceFileLoader, cache_from_source

TYPE_CHECKING = False  # as in `typing`
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import CodeType
    from typing import Any

    Place = tuple[str, int, int, bool, int, int]
    """Where a module is: its path, the size and time of its source, whether it is a package, and the start and length
    of its code behind the index. The length is 0 for a compiled module."""
    Patterns = Mapping[tuple[str, int], Sequence[Any]]
    """What Python's compiler passes to the engine of `re`, by pattern and flags."""

PACKAGE = os.path.dirname(__file__)
LIST = os.path.join(PACKAGE, "preload.json")
"""The modules and patterns to load, part of a wheel; a checkout has no list and no file."""
FILE = os.path.splitext(cache_from_source(__file__))[0] + ".bin"
"""The length of the index, the index (the key, a Place for each module, the Patterns), and the code of each module."""
SUPPORTED = hasattr(os, "pread")
"""Whether processes can read from one open file at the same time. On Windows, no file is used."""
LENGTH = 8
"""How many bytes the length of the index takes, with the lowest byte first."""


class Preload:
    """The file. `complete` says whether it exists and has the valid code of each module that it was asked for."""

    def __init__(self) -> None:
        self.complete = False
        self._modules: Mapping[str, Place] = {}
        self._file = self._start = -1

    def use(self) -> None:
        """Load modules and patterns from the file from now on."""
        if not SUPPORTED:
            return
        try:
            self._file = os.open(FILE, os.O_RDONLY)
            length = int.from_bytes(os.read(self._file, LENGTH), "little")
            size = os.fstat(self._file).st_size
            key, self._modules, patterns = marshal.loads(os.read(self._file, min(length, size)))
            self._start = LENGTH + length
        except (OSError, EOFError, TypeError, ValueError):
            return
        if key == file_key():
            self.complete = True
            sys.meta_path.insert(0, self)
            _use_patterns(patterns)

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Return the specification of a module of the file, or None for others and for a changed source."""
        place = self._modules.get(name)
        if place is None:
            return None
        path, size, time, is_package, start, length = place
        try:
            if size_and_time(path) != (size, time):
                raise ValueError(name)
            loader = (
                _Loader(name, path, marshal.loads(os.pread(self._file, length, self._start + start)))
                if length
                else ExtensionFileLoader(name, path)
            )
        except (OSError, EOFError, TypeError, ValueError):
            self.complete = False
            return None
        spec = ModuleSpec(name, loader, origin=path, is_package=is_package)
        spec.has_location = True
        spec.cached = FILE
        if is_package:
            spec.submodule_search_locations = [os.path.dirname(path)]
        return spec


class _Loader(SourceFileLoader):
    """Loads a module whose code is known."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, _fullname: str) -> CodeType:
        return self._code


def _use_patterns(patterns: Patterns) -> None:
    """Have `re` take patterns as they were compiled."""
    from importlib import import_module

    engine: Any = import_module("_sre")
    compiler: Any = import_module("re._compiler")
    compile_anew = compiler.compile

    def compiled(pattern: Any, flags: int = 0) -> Any:
        arguments = patterns.get((pattern, flags))
        return compile_anew(pattern, flags) if arguments is None else engine.compile(pattern, *arguments)

    compiler.compile = compiled


def file_key() -> Any:
    """Return what the file depends on besides the modules."""
    return sys.version, sys.byteorder, tuple(sys.path[1:]), size_and_time(LIST)


def size_and_time(path: str) -> tuple[int, int] | None:
    """Return the size of a file and the time of its last change in nanoseconds, or None if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
