"""docs/trace.md: its commands print what the page shows, and its pack is one that compile writes."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from pathlib import Path

from tests.documents.support import FIXTURES
from tests.inprocess import call

PAGE = Path(__file__).resolve().parents[2] / "docs" / "trace.md"


def played(page: str, folder: Path) -> str:
    """The page with what its commands print, called in a copy of the fixture."""
    for name in ("relay.prd.md", "Dockerfile"):
        shutil.copy(FIXTURES / "relay" / name, folder)
    (folder / "zr4lint.toml").write_text('packs = ["relay.toml"]\n')

    def play(block: re.Match[str]) -> str:
        lines = [line for line in block[1].split("\n") if line.startswith("$ ")]
        printed = []
        for line in lines:
            done = call(*shlex.split(line)[2:], cwd=folder)
            assert done.code in (0, 1), done.err
            printed.append(f"{line}\n{done.out}{done.err}")
        return f"```console\n{chr(10).join(printed)}```"

    return re.sub(r"```console\n((?:.|\n)*?)```", play, page)


def test_the_page_shows_what_is_printed(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert played(page, tmp_path) == page


def test_the_keys_on_the_page_are_those_of_a_compiled_pack(tmp_path: Path) -> None:
    played(PAGE.read_text(encoding="utf-8"), tmp_path)
    pack = tomllib.loads((tmp_path / "relay.toml").read_text())
    (shown,) = re.findall(r"```toml\n((?:.|\n)*?)```", PAGE.read_text(encoding="utf-8"))
    said = tomllib.loads(shown)
    assert said["trace"].keys() == pack["trace"].keys()
    assert said["trace"]["file"] == pack["trace"]["file"]
    (rule,) = (rule for rule in pack["rule"] if rule["code"] == said["rule"][0]["code"])
    assert rule["trace"] == said["rule"][0]["trace"]
