"""Tricks that make a process start and end faster, each with its gain."""

from __future__ import annotations

import gc
import os
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import NoReturn


def collect_nothing() -> None:
    """Turn the garbage collector off.

    A lint makes many small objects and next to no cycles of them. Gain: about a tenth of a lint.
    """
    gc.disable()


def leave(code: int) -> NoReturn:
    """End the process without taking its objects apart; everything must be written.

    Gain: about 5 ms of a run on one file.
    """
    os._exit(code)


def import_alone(name: str) -> ModuleType:
    """Import "package.module" without running the package, from which the module must import nothing.

    `dockerfile_parse` imports logging, json and tempfile, `tree_sitter_bash` imports importlib.resources. Gain: about
    12 ms and 11 ms of a run on one file.

    Raises ModuleNotFoundError if there is no such module.
    """
    package = PathFinder.find_spec(name.partition(".")[0])
    spec = PathFinder.find_spec(name, package.submodule_search_locations) if package is not None else None
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
