"""Writes the file that `zr4lint.preload` reads.

It contains the modules and patterns that a wheel lists, and the libraries that this run has imported.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ExtensionFileLoader, SourceFileLoader
from types import CodeType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from msgspec import json

from zr4lint.preload import FILE, LENGTH, LIST, PACKAGE, SUPPORTED, file_key, size_and_time

if TYPE_CHECKING:
    from zr4lint.preload import Place


def fill() -> None:
    """Fill the file, or create it empty if there is none; without a list, as in a checkout, do nothing."""
    if sys.dont_write_bytecode or not SUPPORTED or not os.path.exists(LIST):
        return
    with suppress(Exception):  # a run must not fail because it can't be made faster
        if not os.path.exists(FILE):
            with open(FILE, "xb"):
                return
        _replace(FILE, _content())


def _content() -> bytes:
    """Return the content of the file: the length of the index, the index, and the code of the modules."""
    with open(LIST, "rb") as file:
        paths, patterns = json.decode(file.read(), type=tuple[list[str], list[tuple[str, int]]])
    places: dict[str, Place] = {}
    codes = bytearray()
    for name, path, code in (*_listed(paths), *_libraries()):
        stamp = size_and_time(path)
        if stamp is not None:
            data = b"" if code is None else marshal.dumps(code)
            is_package = os.path.basename(path).startswith("__init__.")
            places[name] = (path, *stamp, is_package, len(codes), len(data))
            codes += data
    index = marshal.dumps((file_key(), places, compiled_patterns(patterns)))
    return len(index).to_bytes(LENGTH, "little") + index + codes


def _listed(paths: Iterable[str]) -> Iterator[tuple[str, str, CodeType | None]]:
    """Yield the name, the path and the code of each module at some paths in the package."""
    for path in paths:
        source = os.path.join(PACKAGE, path)
        name = f"zr4lint/{path}".removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        yield name, source, SourceFileLoader(name, source).get_code(name)


def _libraries() -> Iterator[tuple[str, str, CodeType | None]]:
    """Yield the same for the imported modules of libraries; extension modules have no code.

    Modules in the first folder of the search path are left out, since with `python -m` that is the current folder.
    """
    for name, module in sys.modules.items():
        spec = getattr(module, "__spec__", None)  # an entry need not be a module
        if spec is None or spec.name != name or name.startswith("zr4lint") or spec.origin is None:
            continue
        folder = spec.origin
        for _ in range(name.count(".") + (2 if spec.submodule_search_locations is not None else 1)):
            folder = os.path.dirname(folder)
        if folder not in sys.path[1:]:
            continue
        if isinstance(spec.loader, SourceFileLoader):
            yield name, spec.origin, spec.loader.get_code(name)
        elif isinstance(spec.loader, ExtensionFileLoader):
            yield name, spec.origin, None


def compiled_patterns(patterns: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Sequence[Any]]:
    """Compile patterns, and return what Python's compiler passes to the engine for each of them."""
    compiler: Any = import_module("re._compiler")
    engine = compiler._sre  # noqa: SLF001
    found: dict[tuple[str, int], Sequence[Any]] = {}
    compiler._sre = SimpleNamespace(**{**vars(engine), "compile": lambda *arguments: arguments})  # noqa: SLF001
    try:
        for pattern, flags in patterns:
            with suppress(Exception):  # another version of Python may not know a pattern of its library
                _, set_flags, code, *groups = compiler.compile(pattern, flags)
                found[pattern, flags] = (int(set_flags), [int(word) for word in code], *groups)
    finally:
        compiler._sre = engine  # noqa: SLF001
    return found


def _replace(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
