"""What is made of rules/ when a wheel is built: each TOML document also as JSON, which is read five times as fast."""

from __future__ import annotations

import datetime
import json
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledRules(BuildHookInterface[Any]):
    """Puts rules/NAME.json beside rules/NAME.toml in wheels; an editable install reads the TOML."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the JSON to a folder of the build, and have it included."""
        if version == "editable":
            return
        rules, compiled = Path(self.root) / "rules", Path(self.directory) / "compiled"
        for source in sorted(rules.rglob("*.toml")):
            target = compiled / source.relative_to(rules).with_suffix(".json")
            target.parent.mkdir(parents=True, exist_ok=True)
            document = tomllib.loads(source.read_text(encoding="utf-8"))
            target.write_text(json.dumps(document, default=datetime.date.isoformat), encoding="utf-8")
            name = target.relative_to(compiled).as_posix()
            build_data["force_include"][str(target)] = f"zr4lint/rules/{name}"
