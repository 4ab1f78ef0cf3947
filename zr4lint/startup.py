"""Modules of libraries by themselves: what their packages import beside them takes longer than a lint."""

from __future__ import annotations

from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType


def import_alone(name: str) -> ModuleType:
    """Import "package.module" without running the package, from which the module must import nothing.

    Raises ModuleNotFoundError if there is no such module.
    """
    package = PathFinder.find_spec(name.partition(".")[0])
    spec = PathFinder.find_spec(name, package.submodule_search_locations) if package is not None else None
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
