"""Lints files as `zr4lint` does, and prints the list of modules and patterns for `zr4lint.preload` as JSON.

Usage: python scripts/list_preload.py FILE... (the build of a wheel runs it on a copy of the package)
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any

compiler: Any = import_module("re._compiler")
patterns: set[tuple[str, int]] = set()
original = compiler.compile


def recorded(pattern: Any, flags: int = 0) -> Any:
    """Compile a regular expression, and note it."""
    if isinstance(pattern, str):
        patterns.add((pattern, int(flags)))
    return original(pattern, flags)


def main() -> None:
    """Lint each file in a run of its own."""
    compiler.compile = recorded
    from zr4lint.cli.entry import run

    for path in sys.argv[1:]:
        sys.argv = ["zr4lint", path]
        with redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8")):
            run()
    files = [str(module.__file__) for name, module in sys.modules.items() if name.split(".")[0] == "zr4lint"]
    package = os.path.dirname(str(sys.modules["zr4lint"].__file__))
    modules = sorted(os.path.relpath(file, package).replace(os.sep, "/") for file in files)
    print(json.dumps([modules, sorted(patterns)]))


if __name__ == "__main__":
    main()
