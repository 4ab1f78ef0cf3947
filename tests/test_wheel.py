"""The wheel contains everything that zr4lint needs."""

from __future__ import annotations

import json
import shutil
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from msgspec import msgpack

from tests.installed import GROUP, ROOT, build, environment, programs, run
from zr4lint import __version__
from zr4lint.checks.registry import KINDS, MODULES
from zr4lint.packs.compiled import SUFFIX
from zr4lint.packs.loading import pack_names, read_shipped
from zr4lint.packs.model import Pack

pytestmark = [pytest.mark.slow, GROUP]
RULES = ROOT / "rules"
DATA = sorted(path.relative_to(RULES).as_posix() for path in RULES.rglob("*.*"))
TABLES = [name for name in DATA if name.endswith(".toml") and "/" in name]


def zr4lint(*args: str, cwd: Path) -> str:
    return run(programs() / "zr4lint", *args, cwd=cwd, env=environment())


def test_it_holds_the_package_its_packs_and_nothing_else() -> None:
    with zipfile.ZipFile(build().wheel) as wheel:
        names = wheel.namelist()
    assert "zr4.toml" in DATA
    tables = [name.replace(".toml", ".json") for name in TABLES]
    packs = [f"{name}{SUFFIX}" for name in pack_names()]
    held = sorted(name.removeprefix("zr4lint/rules/") for name in names if "/rules/" in name)
    assert held == sorted([*DATA, *tables, *packs, f"{MODULES}.json"])
    assert {name.partition("/")[0] for name in names} == {"zr4lint", f"zr4lint-{__version__}.dist-info"}
    assert "zr4lint/py.typed" in names
    assert f"zr4lint-{__version__}.dist-info/licenses/LICENSE" in names


def test_what_is_compiled_is_what_the_packs_say() -> None:
    with zipfile.ZipFile(build().wheel) as wheel:
        for name in TABLES:
            document = tomllib.loads((RULES / name).read_text())
            table = json.loads(wheel.read(f"zr4lint/rules/{name.replace('.toml', '.json')}"))
            assert table == json.loads(json.dumps(document, default=str))
        for name in pack_names():
            pack = msgpack.decode(wheel.read(f"zr4lint/rules/{name}{SUFFIX}"), type=Pack)
            assert pack == read_shipped(name, KINDS)
        assert json.loads(wheel.read(f"zr4lint/rules/{MODULES}.json")) == KINDS.modules()


def test_a_kind_is_imported_where_a_rule_needs_it(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    code = "import sys, zr4lint; zr4lint.lint_file('Dockerfile'); print(*sorted(sys.modules), sep='\\n')"
    imported = run(programs() / "python", "-c", code, cwd=tmp_path, env=environment()).splitlines()
    assert "zr4lint.checks.core.allowed_images" in imported
    assert "zr4lint.checks.spec.clones" not in imported


def test_the_source_holds_the_packs_too() -> None:
    with tarfile.open(build().sdist) as sdist:
        names = sdist.getnames()
    for name in DATA:
        assert f"zr4lint-{__version__}/rules/{name}" in names
    assert not [name for name in names if "/.venv/" in name or "__pycache__" in name]


def test_it_lints_from_another_folder(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docker", tmp_path / "docker")
    assert zr4lint("docker", cwd=tmp_path).endswith("All 52 requirements met, 12 conflicts. Score 60/60.\n")
    assert zr4lint(str(tmp_path), cwd=Path("/")).endswith("All 52 requirements met, 12 conflicts. Score 60/60.\n")


def test_it_knows_its_packs_and_rules(tmp_path: Path) -> None:
    assert "\nzr4 " in "\n" + zr4lint("packs", cwd=tmp_path)
    assert "ZR0501  torch-pin" in zr4lint("rules", cwd=tmp_path)
    assert zr4lint("--version", cwd=tmp_path) == f"zr4lint {__version__}\n"


def test_it_is_the_installed_one_that_runs(tmp_path: Path) -> None:
    code = "import zr4lint, zr4lint.filesystem.shipped as s; print(zr4lint.__file__, s.rules_folder(), sep='\\n')"
    for line in run(programs() / "python", "-c", code, cwd=tmp_path, env=environment()).splitlines():
        assert line.startswith(str(programs().parent))


def test_python_m_is_the_same(tmp_path: Path) -> None:
    found = run(programs() / "python", "-m", "zr4lint", "packs", cwd=tmp_path, env=environment())
    assert found == zr4lint("packs", cwd=tmp_path)
