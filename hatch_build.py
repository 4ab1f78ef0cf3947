"""What is made of rules/ when a wheel is built, so that a process starts faster."""

from __future__ import annotations

import datetime
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledRules(BuildHookInterface[Any]):
    """Puts packs as their models, and tables as JSON, beside the TOML; an editable install reads the TOML."""

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


def _packs() -> Iterator[tuple[str, bytes]]:
    """The name and content of a file for each pack, validated, and of one for the modules of the kinds of check."""
    from zr4lint.checks.registry import KINDS, MODULES
    from zr4lint.packs.compiled import SUFFIX, compiled
    from zr4lint.packs.loading import pack_names, read_shipped

    for name in pack_names():
        yield f"{name}{SUFFIX}", compiled(read_shipped(name, KINDS))
    yield f"{MODULES}.json", json.dumps(KINDS.modules()).encode()


def _tables(rules: Path) -> Iterator[tuple[str, bytes]]:
    for source in sorted(rules.rglob("*/*.toml")):
        document = tomllib.loads(source.read_text(encoding="utf-8"))
        content = json.dumps(document, default=datetime.date.isoformat)
        yield source.relative_to(rules).with_suffix(".json").as_posix(), content.encode()
