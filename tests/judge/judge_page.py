"""The HTML page in headless Chromium: axe-core's findings, network requests and hostile content."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.installed import ROOT
from tests.report.sample import HOSTILE_WORDS

SCRIPT = Path(__file__).with_name("browser.mjs")
CONFORMING = (ROOT / "docker" / "Dockerfile.zr4").read_text(encoding="utf-8")
VIEWS = {"light", "dark", "narrow", "print"}


@cache
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found is not None, "run `make judge`, which installs Chromium"
    return found


def look(*pages: Path) -> list[dict[str, Any]]:
    """Return what the browser reports for each page in each view."""
    command = ["node", str(SCRIPT), chromium(), "-", *map(str, pages)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def page(folder: Path, *args: str) -> Path:
    command = [sys.executable, "-m", "zr4lint", "--format", "html", "--output", "page.html", *args]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode in (0, 1), done.stderr
    return folder / "page.html"


def conforming(folder: Path) -> Path:
    shutil.copytree(ROOT / "docker", folder / "docker")
    return page(folder, "docker/Dockerfile.zr4")


def wrong(folder: Path) -> Path:
    text = CONFORMING.replace("whl/cu124", "whl/cu121").replace(" --no-cache-dir --upgrade ", " --upgrade ")
    (folder / "Dockerfile.zr4").write_text(text, encoding="utf-8")
    return page(folder, "Dockerfile.zr4", "--conflicts", "warning")


def many(folder: Path) -> Path:
    for number in range(5):
        file = folder / f"service{number}" / "Dockerfile.zr4"
        file.parent.mkdir()
        file.write_text(CONFORMING.replace("torch==2.5.1", f"torch==2.5.{number + 2}"), encoding="utf-8")
    return page(folder)


def hostile(folder: Path) -> Path:
    words = " ".join(word.replace("\n", " ") for word in HOSTILE_WORDS)
    body = "<script>alert(1)</script><img src=//example.org/x onerror=alert(2)><style>*{display:none}</style>"
    text = f"FROM ubuntu\nRUN pip install '{body}' {words}\nENV X='\"><svg onload=alert(3)>'\n"
    (folder / "Dockerfile").write_text(text, encoding="utf-8", errors="surrogateescape")
    return page(folder, "Dockerfile", "--pack", "core", "--pack", "ml")


@pytest.mark.parametrize("make", [conforming, wrong, many, hostile], ids=lambda make: str(make.__name__))
def test_nothing_is_held_against_the_page(make: Callable[[Path], Path], tmp_path: Path) -> None:
    views = look(make(tmp_path))
    assert {view["view"] for view in views} == VIEWS
    for view in views:
        assert [found for found in view["axe"] if found["impact"] in ("serious", "critical")] == [], view["view"]
        assert view["requests"] == []
        assert view["complaints"] == []
        assert view["duplicates"] == []
        assert view["dangling"] == []
        assert view["wide"] <= 0, f"{view['view']}: the page is wider than the window"


def test_what_is_wrong_with_a_page_is_found(tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<p id="a" style="color:#ccc;background:#fff">some words<img src="https://example.org/x.png"><a href="#b">',
        "utf-8",
    )
    light = look(bad)[0]
    assert {"color-contrast", "image-alt"} <= {found["id"] for found in light["axe"]}
    assert light["requests"]
    assert light["dangling"] == ["b"]


def test_the_policy_stops_what_would_be_loaded(tmp_path: Path) -> None:
    text = conforming(tmp_path).read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(
        text.replace("</main>", '<img alt="" src="https://example.org/x.png"><script>alert(1)</script></main>')
    )
    light = look(broken)[0]
    assert [words for words in light["complaints"] if "Content Security Policy" in words]
    assert not [words for words in light["complaints"] if words.startswith("dialog")]
