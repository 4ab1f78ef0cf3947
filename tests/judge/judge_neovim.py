"""The language server with the real Neovim and the settings of docs/editors.md."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.installed import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NEOVIM = shutil.which("nvim")
GOOD = (ROOT / "docker" / "Dockerfile.zr4").read_text()
BROKEN = "# 😀 é\n" + GOOD.replace("torch==2.5.1", "torch==2.5.0").replace(
    "RUN pip install --no-cache-dir --upgrade", "RUN echo '😀é' && pip install --upgrade", 1
)
PAUSE = 60_000

pytestmark = pytest.mark.skipif(NEOVIM is None, reason="Neovim is not installed: apt-get install neovim")

DRIVE = """
local out = {}
local function save()
  local file = io.open(vim.env.OUT, "w")
  file:write(vim.json.encode(out))
  file:close()
  vim.cmd("qall!")
end
local function request(method, params)
  local found = vim.lsp.buf_request_sync(0, method, params, %(pause)d) or {}
  for _, answer in pairs(found) do return answer.result end
end
local function ends_with_diagnostics(wanted)
  return vim.wait(%(pause)d, function() return (#vim.diagnostic.get(0) > 0) == wanted end, 20)
end
local ok, why = pcall(function()
  assert(ends_with_diagnostics(true), "no diagnostics")
  out.diagnostics = vim.diagnostic.get(0)
  local text = { uri = vim.uri_from_bufnr(0) }
  for _, one in ipairs(out.diagnostics) do
    if one.code == "ZR0501" then out.torch = one end
  end
  local at = { line = out.torch.lnum, character = out.torch.col }
  out.words = vim.api.nvim_buf_get_text(0, out.torch.lnum, out.torch.col, out.torch.end_lnum, out.torch.end_col, {})
  out.hover = request("textDocument/hover", { textDocument = text, position = at })
  out.lenses = request("textDocument/codeLens", { textDocument = text })
  out.symbols = request("textDocument/documentSymbol", { textDocument = text })
  out.definition = request("textDocument/definition", { textDocument = text, position = at })
  local range = { start = { line = 0, character = 0 }, ["end"] = { line = 0, character = 0 } }
  local context = { diagnostics = {}, only = { "source.fixAll" } }
  local actions = request("textDocument/codeAction", { textDocument = text, range = range, context = context })
  vim.lsp.util.apply_workspace_edit(actions[1].edit, "utf-16")
  out.fixed = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\\n") .. "\\n"
  vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(vim.env.GOOD, "\\n"))
  out.clean = ends_with_diagnostics(false)
end)
if not ok then out.error = tostring(why) end
save()
"""


@pytest.fixture
def session(tmp_path: Path) -> dict[str, Any]:
    """Return what Neovim shows for a file that is broken, fixed and then good."""
    (tmp_path / "home").mkdir()
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "zr4lint"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m zr4lint "$@"\n')
    command.chmod(0o755)
    shutil.copytree(ROOT / "docker", tmp_path / "docker")
    (tmp_path / ".git").mkdir()
    (tmp_path / "docker" / "Dockerfile.zr4").write_text(BROKEN)
    (snippet,) = re.findall(r"```lua\n(.*?)```", (ROOT / "docs" / "editors.md").read_text(), re.DOTALL)
    (tmp_path / "init.lua").write_text(snippet)
    (tmp_path / "drive.lua").write_text(DRIVE % {"pause": PAUSE})
    variables = os.environ | {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "OUT": str(tmp_path / "out.json"),
        "GOOD": GOOD.removesuffix("\n"),
    }
    assert NEOVIM is not None
    arguments = ["--headless", "--clean", "-u", "init.lua", "docker/Dockerfile.zr4", "-c", "luafile drive.lua"]
    done = subprocess.run(
        [NEOVIM, *arguments], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False, timeout=300
    )
    assert (tmp_path / "out.json").exists(), done.stderr
    found: dict[str, Any] = json.loads((tmp_path / "out.json").read_text())
    assert "error" not in found, found["error"]
    call = subprocess.run(
        [str(command), "--fix", "docker/Dockerfile.zr4"], cwd=tmp_path, capture_output=True, check=False
    )
    assert call.returncode in (0, 1), call.stderr
    found["expected"] = (tmp_path / "docker" / "Dockerfile.zr4").read_text()
    return found


def test_neovim_shows_and_fixes_what_is_wrong(session: dict[str, Any]) -> None:
    assert session["words"] == ["torch==2.5.0"]
    assert {one["source"] for one in session["diagnostics"]} == {"zr4lint"}
    assert "**ZR0501 torch-pin** · error" in session["hover"]["contents"]["value"]
    assert len(session["lenses"]) == 10
    assert [one["name"] for one in session["symbols"]] == ["base"]
    assert session["definition"][0]["uri"].endswith("rules/zr4.toml")
    assert session["fixed"] == session["expected"] != BROKEN
    assert session["clean"]
