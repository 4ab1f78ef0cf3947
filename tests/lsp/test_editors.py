"""docs/editors.md and the extension for VS Code are correct."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from tests.lsp.client import ROOT
from zr4lint import __version__

PAGE = (ROOT / "docs" / "editors.md").read_text()
EXTENSION = ROOT / "editors" / "vscode"
MANIFEST = json.loads((EXTENSION / "package.json").read_text())


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_every_editor_starts_the_server() -> None:
    for editor in ("VS Code", "Neovim", "Helix", "Emacs", "Zed"):
        section = PAGE.partition(f"\n## {editor}\n")[2].partition("\n## ")[0]
        assert re.search(r"\blsp\b", section), editor
        assert "zr4lint" in section


def test_the_settings_can_be_read() -> None:
    (helix,) = map(tomllib.loads, blocks("toml"))
    vscode, zed = map(json.loads, blocks("json"))
    server = helix["language-server"]["zr4lint"]
    assert [server["command"], *server["args"]] == vscode["zr4lint.command"] == ["zr4lint", "lsp"]
    assert [zed["lsp"]["zr4lint"]["binary"]["path"], *zed["lsp"]["zr4lint"]["binary"]["arguments"]] == [
        "zr4lint",
        "lsp",
    ]
    known = MANIFEST["contributes"]["configuration"]["properties"]
    assert {name: value for name, value in vscode.items() if name.startswith("zr4lint.")} == {
        name: setting["default"] for name, setting in known.items()
    }


def test_the_extension_has_the_version_of_the_linter() -> None:
    lock = json.loads((EXTENSION / "package-lock.json").read_text())
    assert MANIFEST["version"] == lock["version"] == __version__


def test_its_packages_are_pinned_and_the_lock_names_no_machine() -> None:
    text = (EXTENSION / "package-lock.json").read_text()
    for name, version in MANIFEST["devDependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
    hosts = {address.split("/")[2] for address in re.findall(r'"resolved": "(https?://[^"]+)"', text)}
    assert hosts <= {"registry.npmjs.org"}
    assert text.count('"integrity"') > 100


@pytest.mark.parametrize("command", ["npm ci", "npm run package", "code --install-extension zr4lint.vsix"])
def test_the_extension_is_built_as_the_page_says(command: str) -> None:
    assert command in "\n".join(blocks("sh"))
    if command.startswith("npm run "):
        assert command.removeprefix("npm run ") in MANIFEST["scripts"]
