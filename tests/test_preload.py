"""An installed zr4lint loads its modules and patterns from one file, as long as their sources stay the same."""

from __future__ import annotations

import json
import marshal
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.installed import GROUP, build, environment, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, GROUP]
LOADER = """
import sys, zr4lint.__main__ as program
from zr4lint.preload import Preload
preload = Preload()
preload.use()
import zr4lint.linting.pipeline as module
print(type(module.__spec__.loader).__name__, module.__file__)
"""
"""Prints the class that loads a module, and the path of the module."""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of the wheel with Python's own bytecode, beside a Dockerfile."""
    folder = tmp_path_factory.mktemp("unpacked") / "site"
    with zipfile.ZipFile(build().wheel) as wheel:
        wheel.extractall(folder)
    folder.with_name("Dockerfile").write_text("FROM debian\nRUN apt-get install -y curl\n")
    lint(folder)
    file_of(folder).unlink()
    return folder


@pytest.fixture
def site(unpacked: Path, tmp_path: Path) -> Path:
    """A copy of `unpacked` and its Dockerfile, in which the file is missing."""
    shutil.copytree(unpacked.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / "site"


def python(site: Path, *words: str) -> str:
    variables = {**environment(), "PYTHONPATH": str(site)}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    return run(sys.executable, *words, cwd=site.parent, env=variables)


def lint(site: Path, *options: str) -> str:
    return python(site, *options, "-m", "zr4lint", "--exit-zero", "Dockerfile")


def file_of(site: Path) -> Path:
    return site / "zr4lint" / "__pycache__" / f"preload.{sys.implementation.cache_tag}.bin"


def test_the_second_run_writes_the_file_and_the_third_uses_it(site: Path) -> None:
    first = lint(site)
    assert file_of(site).read_bytes() == b""
    assert lint(site) == first
    assert " ZC101 " in first
    assert len(file_of(site).read_bytes()) > 1_000_000
    assert lint(site) == first
    path = site / "zr4lint" / "linting" / "pipeline.py"
    assert python(site, "-c", LOADER) == f"_Loader {path}\n"


def test_without_bytecode_no_file_is_written(site: Path) -> None:
    lint(site, "-B")
    assert not file_of(site).exists()


def test_a_changed_module_is_read_from_its_source(site: Path) -> None:
    lint(site)
    lint(site)
    path = site / "zr4lint" / "linting" / "pipeline.py"
    path.write_text(path.read_text() + "\nprint('changed')\n")
    assert "changed" in lint(site)
    assert "changed" in lint(site)
    assert python(site, "-c", LOADER) == f"changed\n_Loader {path}\n"


def truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


def of_another_python(data: bytes) -> bytes:
    (version, *rest), _, _ = marshal.loads(data)
    return marshal.dumps((("2." + version, *rest), {"zr4lint.cli.entry": None}, {}))


@pytest.mark.parametrize(
    "broken",
    [truncated, of_another_python, lambda _: b"\xffno code", lambda _: marshal.dumps(7)],
    ids=["truncated", "of another Python", "garbage", "of another shape"],
)
def test_a_file_that_is_unusable_is_written_anew(site: Path, broken: Callable[[bytes], bytes]) -> None:
    lint(site)
    expected = lint(site)
    good = file_of(site).read_bytes()
    file_of(site).write_bytes(broken(good))
    assert lint(site) == expected
    assert marshal.loads(file_of(site).read_bytes())[0] == marshal.loads(good)[0]


def test_a_new_list_makes_the_file_outdated(site: Path) -> None:
    lint(site)
    lint(site)
    listed = site / "zr4lint" / "preload.json"
    modules, patterns = json.loads(listed.read_text())
    listed.write_text(json.dumps([modules[:1], patterns[:1]]))
    lint(site)
    assert [len(part) for part in marshal.loads(file_of(site).read_bytes())[1:]] == [1, 1]


def test_a_file_that_cannot_be_written_is_left_out(site: Path) -> None:
    shutil.rmtree(site / "zr4lint" / "__pycache__", ignore_errors=True)
    (site / "zr4lint" / "__pycache__").write_text("")
    assert lint(site) == lint(site)


def test_the_patterns_are_the_ones_that_python_compiles(site: Path) -> None:
    listed = json.loads((site / "zr4lint" / "preload.json").read_text())[1]
    assert len(listed) > 100
    code = (
        "import json, re, _sre; from zr4lint.preload import _arguments;"
        f"listed = [tuple(pair) for pair in json.load(open({os.fspath(site / 'zr4lint' / 'preload.json')!r}))[1]];"
        "made = _arguments(listed); same = [_sre.compile(p, *made[p, f]) == re.compile(p, f) for p, f in listed];"
        "named = [_sre.compile(p, *made[p, f]).groupindex == re.compile(p, f).groupindex for p, f in listed];"
        "print(len(same), all(same), all(named))"
    )
    assert python(site, "-c", code) == f"{len(listed)} True True\n"
    assert re.compile("a") != re.compile("b"), "patterns are compared by their code"
