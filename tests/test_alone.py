"""A library module that is imported without its package is the same module as in the package."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zr4lint.startup import import_alone

PARTS = ["dockerfile_parse.util", "tree_sitter_bash._binding"]


@pytest.mark.parametrize("name", PARTS)
def test_it_has_what_the_whole_has(name: str) -> None:
    script = f"import {name} as whole; print(*sorted(n for n in vars(whole) if not n.startswith('__')))"
    whole = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert sorted(n for n in vars(import_alone(name)) if not n.startswith("__")) == whole != []


@pytest.mark.parametrize("name", PARTS)
def test_it_leaves_the_package_out(name: str) -> None:
    package = name.partition(".")[0]
    imported = f"from zr4lint.startup import import_alone; import_alone({name!r})"
    script = f"{imported}; import sys; print({package!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("name", ["no_such_package.part", "dockerfile_parse.no_such_part"])
def test_a_missing_one_is_named(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=name):
        import_alone(name)
