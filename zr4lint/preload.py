"""Loads the modules of a lint from one file, as Python's bytecode cache does from many.

A wheel lists the modules that a lint imports and the regular expressions that it compiles. The file has the code of
both for one version of Python. It is in `__pycache__`, and its code of a module counts only if the source still has the
same size and time, as with Python's own files. The first run creates the file empty and the second one fills it, so
that a container that lints once spends no time on it. Gain: a fifth of a run on one file.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import cache_from_source
from types import CodeType
from typing import Any

Found = tuple[str, bool, int, int, CodeType]
"""A module: its path in the package, whether it is a package, the size and time of its source, and its code."""

LIST = "preload.json"
"""The name of the list in the package of a wheel."""

_PACKAGE = os.path.dirname(__file__)
_LIST = os.path.join(_PACKAGE, LIST)
_FILE = os.path.splitext(cache_from_source(__file__))[0] + ".bin"
_compiler: Any = import_module("re._compiler")
_compile: Any = _compiler.compile
_sre: Any = import_module("_sre")


class Preload:
    """The file, and whether it has what the list names."""

    def __init__(self) -> None:
        self._key = (sys.version, sys.byteorder, _size_and_time(_LIST))
        self._modules: Mapping[str, Found] = {}
        self._complete = False

    def use(self) -> None:
        """Load modules and patterns from the file from now on."""
        try:
            with open(_FILE, "rb") as file:
                key, self._modules, patterns = marshal.loads(file.read())
        except (OSError, EOFError, TypeError, ValueError):
            return
        if key == self._key:
            self._complete = True
            sys.meta_path.insert(0, self)
            _compiler.compile = _compiling(patterns)

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Return the specification of a module of the file, or None for others and for a changed source."""
        found = self._modules.get(name)
        if found is None:
            return None
        path, is_package, size, time, code = found
        source = os.path.join(_PACKAGE, path)
        if _size_and_time(source) != (size, time):
            self._complete = False
            return None
        spec = ModuleSpec(name, _Loader(name, source, code), origin=source, is_package=is_package)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations = [os.path.dirname(source)]
        return spec

    def fill(self) -> None:
        """Write the file if it is empty or outdated, and create it if it is missing; a checkout has no list."""
        if self._complete or sys.dont_write_bytecode or self._key[-1] is None:
            return
        with suppress(Exception):  # a run must not fail because it can't be made faster
            if not os.path.exists(_FILE):
                with open(_FILE, "xb"):
                    return
            from msgspec import json  # few runs need it

            with open(_LIST, "rb") as file:
                paths, patterns = json.decode(file.read(), type=tuple[list[str], list[tuple[str, int]]])
            _replace(_FILE, marshal.dumps((self._key, _modules(paths), _codes(patterns))))


class _Loader(SourceFileLoader):
    """Loads a module whose code is known."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, _fullname: str) -> CodeType:
        return self._code


def _size_and_time(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _compiling(patterns: Mapping[tuple[str, int], Sequence[Any]]) -> Any:
    """Return a function that compiles a regular expression, which for the patterns of the file is done already."""

    def compiled(pattern: Any, flags: int = 0) -> Any:
        known = patterns.get((pattern, flags)) if isinstance(pattern, str) else None
        return _sre.compile(pattern, *known) if known is not None else _compile(pattern, flags)

    return compiled


def _modules(paths: Iterable[str]) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for path in paths:
        words = ["zr4lint", *path.removesuffix(".py").split("/")]
        is_package = words[-1] == "__init__"
        name = ".".join(words[:-1] if is_package else words)
        source = os.path.join(_PACKAGE, path)
        stamp = _size_and_time(source)
        code = SourceFileLoader(name, source).get_code(name)
        if stamp is not None and isinstance(code, CodeType):
            found[name] = (path, is_package, *stamp, code)
    return found


def _codes(patterns: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Sequence[Any]]:
    """Return what Python's compiler of regular expressions passes to the engine that runs them, for each pattern."""
    recorder = _Recorder()
    found: dict[tuple[str, int], Sequence[Any]] = {}
    _compiler._sre = recorder  # noqa: SLF001
    try:
        for pattern, flags in patterns:
            with suppress(Exception):  # another version of Python may not know a pattern of its library
                _compile(pattern, flags)
                found[pattern, flags] = recorder.last
    finally:
        _compiler._sre = _sre  # noqa: SLF001
    return found


class _Recorder:
    """Stands in for the engine while its input is recorded."""

    last: Sequence[Any] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(_sre, name)

    def compile(self, _pattern: str, flags: int, code: Sequence[int], *groups: Any) -> None:
        self.last = (int(flags), [int(word) for word in code], *groups)


def _replace(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
