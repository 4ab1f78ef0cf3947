"""Write docs/architecture.md from the contract of pyproject.toml and the rooms' docstrings: `make docs`."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
TEXT = """\
<!-- Written by `make docs` from pyproject.toml and the docstrings; edits here are lost. -->

# Architecture

A Dockerfile goes one way through zr4lint, and passes each step once:

```text
text -> source -> instructions -> shell commands -> facts -> outcomes -> findings
     -> severity -> conflicts -> cascades -> suppressions -> selection -> merging -> causes -> baseline
     -> report | fixer
```

The packages below `zr4lint/` are its rooms, listed from top to bottom. A module imports only from rooms below its own;
import-linter checks that in `make check`.

| room | what is in it |
|---|---|
{rows}

[CONTRIBUTING.md](../CONTRIBUTING.md) shows where a rule, a kind of check, a fact, a program or a format is added.
"""


def rooms() -> list[str]:
    """Return the rooms from top to bottom, as in the layers contract."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract for contract in contracts["contracts"] if contract.get("containers") == ["zr4lint"])
    return [room for layer in layers["layers"] for room in layer.split(" | ")]


def sentence(room: str) -> str:
    """Return the first line of a room's docstring."""
    folder, module = ROOT / "zr4lint" / room / "__init__.py", ROOT / "zr4lint" / f"{room}.py"
    path = folder if folder.exists() else module
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def page() -> str:
    """Return the page."""
    return TEXT.format(rows="\n".join(f"| `{room}` | {sentence(room)} |" for room in rooms()))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
