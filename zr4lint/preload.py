"""Loads the modules and regular expressions of a lint from one file.

It does what Python's bytecode cache does with a file for each module. A wheel lists the modules that a lint imports and
the patterns that it compiles. The file has their code for one version of Python. It is in `__pycache__`. The code of a
module counts only if its source still has the same size and time, as with Python's own files. The first run creates the
file empty and the second one fills it, so that a container that lints once spends no time on it. Gain: a fifth of a run
on one file.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import cache_from_source, spec_from_file_location
from types import CodeType, SimpleNamespace
from typing import Any

_Module = tuple[str, int, int, CodeType]
"""A module: its path in the package, the size and time of its source, and its code."""
_Patterns = Mapping[tuple[str, int], Sequence[Any]]
"""The arguments of `_sre.compile` behind the pattern, by pattern and flags."""

_PACKAGE = os.path.dirname(__file__)
_LIST = os.path.join(_PACKAGE, "preload.json")
_FILE = os.path.splitext(cache_from_source(__file__))[0] + ".bin"
_sre: Any = import_module("_sre")
_compiler: Any = import_module("re._compiler")
_compile: Any = _compiler.compile


class Preload:
    """The file. It is complete if it has the valid code of all that is listed."""

    def __init__(self) -> None:
        self._key = (sys.version, sys.byteorder, _size_and_time(_LIST))
        self._modules: Mapping[str, _Module] = {}
        self._patterns: _Patterns = {}
        self._complete = False

    def use(self) -> None:
        """Load modules and patterns from the file from now on."""
        try:
            with open(_FILE, "rb") as file:
                key, self._modules, self._patterns = marshal.loads(file.read())
        except (OSError, EOFError, TypeError, ValueError):
            return
        if key == self._key:
            self._complete = True
            sys.meta_path.insert(0, self)
            _compiler.compile = self._compiled

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Return the specification of a module of the file, or None for others and for a changed source."""
        if name not in self._modules:
            return None
        path, size, time, code = self._modules[name]
        source = os.path.join(_PACKAGE, path)
        if _size_and_time(source) != (size, time):
            self._complete = False
            return None
        inside = [os.path.dirname(source)] if path.endswith("__init__.py") else None
        loader = _Loader(name, source, code)
        return spec_from_file_location(name, source, loader=loader, submodule_search_locations=inside)

    def _compiled(self, pattern: Any, flags: int = 0) -> Any:
        """Return a compiled regular expression, as Python's compiler does."""
        arguments = self._patterns.get((pattern, flags))
        return _compile(pattern, flags) if arguments is None else _sre.compile(pattern, *arguments)

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
            _replace(_FILE, marshal.dumps((self._key, _modules(paths), _arguments(patterns))))


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


def _modules(paths: Iterable[str]) -> dict[str, _Module]:
    """Return the modules at some paths in the package, by name."""
    found: dict[str, _Module] = {}
    for path in paths:
        source = os.path.join(_PACKAGE, path)
        name = f"zr4lint/{path}".removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        stamp = _size_and_time(source)
        code = SourceFileLoader(name, source).get_code(name)
        if stamp is not None and code is not None:
            found[name] = (path, *stamp, code)
    return found


def _arguments(patterns: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Sequence[Any]]:
    """Compile patterns, and return what Python's compiler passes to the engine for each of them."""
    found: dict[tuple[str, int], Sequence[Any]] = {}
    _compiler._sre = SimpleNamespace(**{**vars(_sre), "compile": lambda *arguments: arguments})  # noqa: SLF001
    try:
        for pattern, flags in patterns:
            with suppress(Exception):  # another version of Python may not know a pattern of its library
                _, set_flags, code, *groups = _compile(pattern, flags)
                found[pattern, flags] = (int(set_flags), [int(word) for word in code], *groups)
    finally:
        _compiler._sre = _sre  # noqa: SLF001
    return found


def _replace(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
