"""Loads the modules and regular expressions of a lint from one file.

Python's bytecode cache has a file for each module; this file has the code of all modules, for one version of Python and
one search path. As in Python's cache, the code of a module is valid while its source has the same size and time. The
first run creates the file empty and the second one fills it, with `zr4lint.preload_writer`, so that a container that
lints once spends no time on it. Gain: a quarter of a run on one file.

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
    """A module: its path, the size and time of its source, whether it is a package, and the start and length of its
    code after the index. The length is 0 for an extension module."""
    Patterns = Mapping[tuple[str, int], Sequence[Any]]
    """The arguments that Python's compiler of patterns passes to the engine of `re`, by pattern and flags."""

PACKAGE = os.path.dirname(__file__)
LIST = os.path.join(PACKAGE, "preload.json")
"""The modules and patterns to load, part of a wheel; a checkout has no list and no file."""
FILE = os.path.splitext(cache_from_source(__file__))[0] + ".bin"
"""It contains the length of the index, the index, and the code of each module.

The index has the key, the Place of each module by name, and the Patterns.
"""
SUPPORTED = hasattr(os, "pread")
"""Whether processes can read from one open file at the same time. On Windows, no file is used."""
LENGTH = 8
"""The size in bytes of the length of the index, a little-endian number."""


class Preload:
    """Finds modules in the file. `complete` is true while it has valid code for every listed module asked for."""

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
    """Make `re` use the compiled patterns instead of compiling them again."""
    from importlib import import_module

    engine: Any = import_module("_sre")
    compiler: Any = import_module("re._compiler")
    compile_anew = compiler.compile

    def compiled(pattern: Any, flags: int = 0) -> Any:
        arguments = patterns.get((pattern, flags))
        return compile_anew(pattern, flags) if arguments is None else engine.compile(pattern, *arguments)

    compiler.compile = compiled


def file_key() -> Any:
    """Return what the file depends on besides the modules: the version, the search path and the list."""
    return sys.version, sys.byteorder, tuple(sys.path[1:]), size_and_time(LIST)


def size_and_time(path: str) -> tuple[int, int] | None:
    """Return the size of a file and the time of its last change in nanoseconds, or None if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
