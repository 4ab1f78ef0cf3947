"""An installed zr4lint loads its modules and patterns from one file, as long as their sources stay the same."""

from __future__ import annotations

import bisect
import json
import marshal
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from tests.installed import GROUP, build, environment, run
from zr4lint.preload import LENGTH

pytestmark = [pytest.mark.slow, GROUP]
LOADER = """
import sys
from importlib import import_module
from zr4lint.preload import Preload
Preload().use()
module = import_module(sys.argv[1])
print(type(module.__spec__.loader).__name__, module.__file__)
"""
"""Prints the class that loads a module, and the path of the module."""
PIPELINE = "zr4lint.linting.pipeline"


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


def loader(site: Path, module: str) -> str:
    return python(site, "-c", LOADER, module)


def content_of(site: Path) -> tuple[Any, ...]:
    """The key, the modules and the patterns of the file."""
    data = file_of(site).read_bytes()
    return cast("tuple[Any, ...]", marshal.loads(data[LENGTH:]))


def replace_index(site: Path, *index: Any) -> None:
    data = file_of(site).read_bytes()
    codes = data[LENGTH + int.from_bytes(data[:LENGTH], "little") :]
    made = marshal.dumps(index)
    file_of(site).write_bytes(len(made).to_bytes(LENGTH, "little") + made + codes)


def test_the_second_run_writes_the_file_and_the_third_uses_it(site: Path) -> None:
    first = lint(site)
    assert file_of(site).read_bytes() == b""
    assert lint(site) == first
    assert " ZC101 " in first
    assert len(file_of(site).read_bytes()) > 1_000_000
    assert lint(site) == first
    path = site / "zr4lint" / "linting" / "pipeline.py"
    assert loader(site, PIPELINE) == f"_Loader {path}\n"


def test_libraries_are_loaded_from_the_file_too(site: Path) -> None:
    lint(site)
    lint(site)
    assert loader(site, "msgspec.structs") == f"_Loader {msgspec.structs.__file__}\n"
    assert loader(site, "msgspec._core") == f"ExtensionFileLoader {msgspec._core.__file__}\n"


def test_modules_of_the_current_folder_are_not_kept_for_other_runs(site: Path) -> None:
    source = Path(bisect.__file__).read_text(encoding="utf-8")
    (site.parent / "bisect.py").write_text(f"print('of this folder')\n{source}")
    for _ in range(3):
        assert "of this folder" in lint(site)
    _, modules, _ = content_of(site)
    assert "bisect" not in modules
    assert "fnmatch" in modules


def test_a_system_without_positioned_reads_uses_no_file(site: Path) -> None:
    lint(site)
    lint(site)
    command = "import os; del os.pread; from zr4lint.__main__ import main; main()"
    assert "Found" in python(site, "-c", command, "--exit-zero", "Dockerfile")
    file_of(site).unlink()
    python(site, "-c", command, "--exit-zero", "Dockerfile")
    assert not file_of(site).exists()


def test_with_another_search_path_the_file_is_not_used(site: Path) -> None:
    lint(site)
    expected = lint(site)
    other = site.with_name("other")
    (other / "msgspec").mkdir(parents=True)
    (other / "msgspec" / "__init__.py").write_text("raise SystemExit('the other msgspec')\n")
    command = [sys.executable, "-m", "zr4lint", "--exit-zero", "Dockerfile"]
    variables = {**environment(), "PYTHONPATH": os.pathsep.join(map(os.fspath, (other, site)))}
    done = subprocess.run(command, cwd=site.parent, env=variables, capture_output=True, text=True, check=False)
    assert done.stderr == "the other msgspec\n"
    assert lint(site) == expected


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
    assert loader(site, PIPELINE) == f"changed\n_Loader {path}\n"


@pytest.mark.parametrize(
    "broken",
    [
        lambda data: data[: len(data) // 100],
        lambda data: data[: len(data) // 2],
        lambda data: data[:LENGTH] + marshal.dumps(7),
        lambda data: b"\xff" * len(data),
        lambda _: b"\0" * 100,
    ],
    ids=["truncated index", "truncated code", "index of another shape", "garbage", "zeros"],
)
def test_a_file_that_is_unusable_is_written_anew(site: Path, broken: Callable[[bytes], bytes]) -> None:
    lint(site)
    expected = lint(site)
    good = content_of(site)
    file_of(site).write_bytes(broken(file_of(site).read_bytes()))
    assert lint(site) == expected
    assert content_of(site)[0] == good[0]
    assert loader(site, PIPELINE).startswith("_Loader ")


def test_a_file_of_another_python_is_written_anew(site: Path) -> None:
    lint(site)
    expected = lint(site)
    good = content_of(site)
    (version, *rest), _, _ = good
    replace_index(site, ("2." + version, *rest), {"zr4lint.cli.entry": None}, {})
    assert lint(site) == expected
    assert content_of(site)[0] == good[0]


def test_a_new_list_makes_the_file_outdated(site: Path) -> None:
    lint(site)
    lint(site)
    listed = site / "zr4lint" / "preload.json"
    modules, patterns = json.loads(listed.read_text())
    listed.write_text(json.dumps([modules[:1], patterns[:1]]))
    lint(site)
    _, found, compiled = content_of(site)
    assert [name for name in found if name.startswith("zr4lint")] == ["zr4lint"]
    assert len(compiled) == 1


def test_a_file_that_cannot_be_written_is_left_out(site: Path) -> None:
    shutil.rmtree(site / "zr4lint" / "__pycache__", ignore_errors=True)
    (site / "zr4lint" / "__pycache__").write_text("")
    assert lint(site) == lint(site)


def test_the_patterns_are_the_ones_that_python_compiles(site: Path) -> None:
    listed = json.loads((site / "zr4lint" / "preload.json").read_text())[1]
    assert len(listed) > 100
    code = (
        "import json, re, _sre; from zr4lint.preload_writer import compiled_patterns;"
        f"listed = [tuple(pair) for pair in json.load(open({os.fspath(site / 'zr4lint' / 'preload.json')!r}))[1]];"
        "made = compiled_patterns(listed);"
        "same = [_sre.compile(p, *made[p, f]) == re.compile(p, f) for p, f in listed];"
        "named = [_sre.compile(p, *made[p, f]).groupindex == re.compile(p, f).groupindex for p, f in listed];"
        "print(len(same), all(same), all(named))"
    )
    assert python(site, "-c", code) == f"{len(listed)} True True\n"
    assert re.compile("a") != re.compile("b"), "patterns are compared by their code"
