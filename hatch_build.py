"""Builds the files of a wheel that make a process start faster, from rules/ and the package."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FilesForStart(BuildHookInterface[Any]):
    """Adds packs as their models and tables as JSON beside the TOML, and the list of `zr4lint.preload`.

    An editable install has none of them, and reads the TOML.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files to a folder of the build, and have them included."""
        if version == "editable":
            return
        root, folder = Path(self.root), Path(self.directory) / "compiled"
        sys.path.insert(0, str(root))  # the package that is built compiles its packs
        for name, content in (*_packs(), *_tables(root / "rules")):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            build_data["force_include"][str(target)] = f"zr4lint/rules/{name}"
        listed = Path(self.directory) / "preload.json"
        listed.write_bytes(_preload(root, folder))
        build_data["force_include"][str(listed)] = "zr4lint/preload.json"


def _packs() -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of a file for each validated pack, and of one for the modules of kinds."""
    from zr4lint.checks.registry import KINDS, MODULES
    from zr4lint.packs.compiled import SUFFIX, compiled
    from zr4lint.packs.loading import pack_names, read_shipped

    for name in pack_names():
        yield f"{name}{SUFFIX}", compiled(read_shipped(name, KINDS))
    yield f"{MODULES}.json", json.dumps(KINDS.modules()).encode()


def _tables(rules: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of a file for each table."""
    for source in sorted(rules.rglob("*/*.toml")):
        document = tomllib.loads(source.read_text(encoding="utf-8"))
        content = json.dumps(document, default=datetime.date.isoformat)
        yield source.relative_to(rules).with_suffix(".json").as_posix(), content.encode()


def _preload(root: Path, compiled: Path) -> bytes:
    """Return the list of what lints with findings load, from runs on a copy of the package as in the wheel."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "zr4lint"
        shutil.copytree(root / "zr4lint", package, ignore=shutil.ignore_patterns("__pycache__"))
        for rules in (root / "rules", compiled):
            shutil.copytree(rules, package / "rules", dirs_exist_ok=True)
        paths = [Path(folder) / "Dockerfile", Path(folder) / "Dockerfile.zr4"]
        paths[0].write_text("FROM debian\nRUN cd /opt && apt-get install curl | true\n")
        shutil.copy(root / "docker" / "Dockerfile.zr4", paths[1])  # without what it copies into the image
        command = [sys.executable, root / "scripts" / "list_preload.py", *paths]
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join((folder, os.environ.get("PYTHONPATH", "")))}
        return subprocess.run(command, cwd=folder, env=variables, stdout=subprocess.PIPE, check=True).stdout
