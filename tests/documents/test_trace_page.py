"""docs/trace.md: its commands give the output shown, and its pack is the output of compile."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from tests.trace_page import PAGE, played

if TYPE_CHECKING:
    from pathlib import Path


def test_the_page_shows_what_is_printed(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert played(page, tmp_path) == page, "run `make docs`"


def test_the_keys_on_the_page_are_those_of_a_compiled_pack(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    played(page, tmp_path)
    pack = tomllib.loads((tmp_path / "relay.toml").read_text())
    (shown,) = re.findall(r"```toml\n((?:.|\n)*?)```", page)
    said = tomllib.loads(shown)
    assert said["trace"].keys() == pack["trace"].keys()
    assert said["trace"]["file"] == pack["trace"]["file"]
    (rule,) = (rule for rule in pack["rule"] if rule["code"] == said["rule"][0]["code"])
    assert rule["trace"] == said["rule"][0]["trace"]
